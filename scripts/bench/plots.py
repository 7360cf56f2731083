#!/usr/bin/env python3
"""Draw the plots of a recorded run: plots.py RESULTS_DIR, which holds its raw.json.

One colour stands for spendfold in every plot and every other line or mark is quieter; names stand
at what they name instead of in a legend. Colours are Okabe and Ito's, which readers who see fewer
colours can tell apart. Runs in the peers' environment, where matplotlib is.
"""

import json
import math
import sys
from functools import partial
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import font_manager  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.table import Section, median, ratio  # noqa: E402

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
INK, QUIET, GRID = "#1f2933", "#5f6c7b", "#e4e8ec"
OURS, PEER, LIMIT = "#d55e00", "#8596a8", "#1f2933"
LINES = {"spendfold": OURS, "Polars": "#0072b2", "DuckDB": "#b58900", "DataFusion": "#009e73"}
STAGES = ["#6d7f92", "#0072b2", "#d55e00", "#cfd6dd"]


def style() -> None:
    for font in ASSETS.glob("*.ttf"):
        font_manager.fontManager.addfont(str(font))
    plt.rcParams.update({
        "font.family": "Open Sans",
        "font.size": 10.5,
        "text.color": INK,
        "axes.edgecolor": QUIET,
        "axes.labelcolor": QUIET,
        "xtick.color": QUIET,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "white",
        "svg.hashsalt": "spendfold",
    })  # fmt: skip


def seconds(value: float) -> str:
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def mebibytes(value: float) -> str:
    return f"{value:.0f} MiB" if value < 1000 else f"{value / 1024:.2f} GiB"


def tick(value: float, what: str) -> str:
    """A round number on an axis."""
    if what == "peak_kib":
        return f"{value:g} MiB"
    return f"{value * 1000:g} ms" if value < 0.1 else f"{value:g} s"


def count(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value >= 1000 else f"{value:g}"


def titled(figure, title: str, subtitle: str) -> None:
    height = figure.get_figheight()
    figure.text(0.02, 1 - 0.16 / height, title, size=15, weight="semibold", va="top")
    figure.text(0.02, 1 - 0.52 / height, subtitle, size=10, color=QUIET, va="top")


def save(figure, path: Path) -> None:
    figure.savefig(path, dpi=160)
    plt.close(figure)


def job_of(section: Section) -> str:
    first = section.entries[0][0]
    customers = int(first["data"].split("x")[0])
    return f"{customers:,} customers × {first['purchases']:,} purchases"


def log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if high / low > 60 else (1, 2, 5)
    places = [factor * 10.0**power for power in powers for factor in factors]
    return [place for place in places if low <= place <= high]


def ranking(section: Section, path: Path, what: str, title: str, show, subtitle: str) -> None:
    """A mark for each contestant on a logarithmic scale, the least at the top."""
    scale = 1 / 1024 if what == "peak_kib" else 1
    left_out = ("limit",) if what == "peak_kib" else ()
    entries = [runs for runs in section.entries if runs[0]["kind"] not in left_out]
    entries.sort(key=lambda runs: median(runs, what), reverse=True)
    ours = section.of("spendfold")
    figure, axes = plt.subplots(figsize=(9.2, 1.55 + 0.36 * len(entries)))
    values = [run[what] * scale for runs in entries for run in runs]
    low, high = min(values) / 1.25, max(values) * 1.05
    for place, runs in enumerate(entries):
        kind = runs[0]["kind"]
        colour = {"spendfold": OURS, "peer": PEER, "limit": LIMIT}[kind]
        middle = median(runs, what) * scale
        spread = [run[what] * scale for run in runs]
        axes.plot([low, middle], [place, place], color=colour, lw=1.2, alpha=0.35, zorder=2)
        axes.plot([min(spread), max(spread)], [place, place], color=colour, lw=5, alpha=0.3,
                  solid_capstyle="round", zorder=3)  # fmt: skip
        face = "white" if kind == "limit" else colour
        axes.plot(middle, place, "o", ms=10, mfc=face, mec=colour, mew=1.8, zorder=4)
        label = show(middle)
        if kind == "peer":
            label += f"   {ratio(runs, ours, what):.1f}×"
        weight = "semibold" if kind == "spendfold" else "normal"
        axes.annotate(label, (max(middle, max(spread)), place), xytext=(11, 0), va="center",
                      textcoords="offset points", weight=weight, color=colour if kind == "spendfold" else INK)  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(low, high * (high / low) ** 0.2)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, what)))
    axes.grid(axis="x", color=GRID, zorder=0)
    axes.set_axisbelow(True)
    axes.set_ylim(-0.7, len(entries) - 0.3)
    axes.set_yticks(range(len(entries)), [runs[0]["name"] for runs in entries])
    for label, runs in zip(axes.get_yticklabels(), entries):
        if runs[0]["kind"] == "spendfold":
            label.set(weight="semibold", color=OURS)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    titled(figure, title, subtitle)
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.255, right=0.985, top=1 - 0.98 / height, bottom=0.42 / height)
    save(figure, path)


def spread_labels(places: list[float], least: float) -> list[float]:
    """Moves places apart until neighbours are at least so far from each other."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, after in zip(order, order[1:]):
        moved[after] = max(moved[after], moved[before] + least)
    return moved


def lines(axes, curves: dict[str, list[tuple[float, float]]], show) -> None:
    """Curves from zero, each named at its end."""
    top = max(y for points in curves.values() for _, y in points) * 1.06
    right = max(x for points in curves.values() for x, _ in points)
    ends = {name: points[-1][1] for name, points in curves.items()}
    places = dict(zip(ends, spread_labels(list(ends.values()), top * 0.068)))
    for name, points in curves.items():
        colour = LINES.get(name.split(",")[0], PEER)
        ours = name.startswith("spendfold")
        axes.plot(*zip(*points), color=colour, lw=3 if ours else 1.8, marker="o", ms=6 if ours else 4.5,
                  zorder=4 if ours else 3, clip_on=False)  # fmt: skip
        axes.annotate(f"{name.split(',')[0]}  {show(ends[name])}", (right, places[name]), xytext=(10, 0),
                      textcoords="offset points", va="center", color=colour, annotation_clip=False,
                      weight="semibold" if ours else "normal")  # fmt: skip
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def curve(section: Section, name: str, what: str = "wall", scale: float = 1) -> list[tuple[float, float]]:
    return [(runs[0]["purchases"], median(runs, what) * scale) for runs in section.all_of(name)]


def two_panels():
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.6), width_ratios=(1.12, 1))
    figure.subplots_adjust(left=0.055, right=0.87, top=0.73, bottom=0.12, wspace=0.62)
    return figure, panels


def over_purchases(section: Section, totals_of: Section, path: Path, what: str, title: str, said: str) -> None:
    """A curve for each contestant, rows written, and beside it the totals alone, which no peer runs here."""
    show, unit, factor = (seconds, "seconds", 1.0) if what == "wall" else (mebibytes, "MiB", 1 / 1024)
    figure, (written, totals) = two_panels()
    names = [name for name in LINES if section.all_of(name)]
    lines(written, {name: curve(section, name, what, factor) for name in names}, show)
    lines(totals, {"spendfold": curve(totals_of, "spendfold, totals only", what, factor)}, show)
    if what == "peak_kib":
        file = section.entries[0][0]["customers_bytes"] / 2**20
        totals.axhline(file, color=LIMIT, lw=1, ls=(0, (4, 3)))
        totals.annotate("size of customers.csv", (0, file), xytext=(6, 5), textcoords="offset points", size=9.5)
    for axes, head in ((written, "every combined row written"), (totals, "totals only")):
        axes.set_title(f"{head}, {unit}", loc="left", size=10.5, color=INK, pad=10)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
        axes.set_xlabel("purchases")
    customers = int(section.entries[0][0]["data"].split("x")[0])
    titled(figure, title, f"{customers:,} customers, {said}")
    save(figure, path)


def scaling(section: Section, path: Path, marginal: Section) -> None:
    """The totals alone are in section `marginal` too, many times."""
    often = marginal if marginal.entries else section
    over_purchases(section, often, path, "wall", "Time over purchases", "medians of whole processes")


def memory_over_rows(section: Section, path: Path) -> None:
    over_purchases(section, section, path, "peak_kib", "Memory over purchases", "peak resident memory")


def threads(section: Section, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7.6, 4.4))
    figure.subplots_adjust(left=0.07, right=0.78, top=0.77, bottom=0.12)
    curves = {
        name: [(runs[0]["threads"], median(runs)) for runs in section.all_of(name)]
        for name in LINES
        if section.all_of(name)
    }
    lines(axes, curves, seconds)
    counts = sorted({int(x) for points in curves.values() for x, _ in points})
    axes.set_xlim(min(counts) - 0.06, max(counts))
    axes.set_xticks(counts)
    axes.set_xlabel("threads")
    titled(figure, "Seconds over threads", f"{job_of(section)}, every combined row written")
    save(figure, path)


def stages(section: Section, path: Path) -> None:
    """Each stage is what the job takes longer when it has that stage too."""
    names = ["load", "load, fold", "load, fold, write", "load, fold, write, sync"]
    shown = ["start, load customers, chart", "parse, look up, add up", "fetch entries, write rows", "sync to the disk"]
    figure, axes = plt.subplots(figsize=(9.2, 3.1))
    figure.subplots_adjust(left=0.135, right=0.965, top=0.66, bottom=0.15)
    for place, (label, parts) in enumerate((("processor", ("user", "system")), ("wall clock", ("wall",)))):
        takes = [sum(median(section.of(name), part) for part in parts) for name in names]
        start = 0.0
        for number, (before, after) in enumerate(zip([0.0, *takes], takes)):
            length = max(after - before, 0.0)
            axes.barh(place, length, left=start, height=0.52, color=STAGES[number], edgecolor="white", lw=2)
            if length > 0.055 * max(takes[-1], 1e-9):
                light = number != 3
                axes.text(start + length / 2, place, seconds(length), ha="center", va="center",
                          color="white" if light else INK, weight="semibold")  # fmt: skip
            start += length
        axes.text(start, place, f"  {seconds(start)}", va="center", color=QUIET)
    x = 0.135
    height = 0.715
    for name, colour in zip(shown, STAGES):
        figure.text(x, height, "■", color=colour, size=13, va="center", family="DejaVu Sans", weight="normal")
        text = figure.text(x + 0.021, height, name, va="center", size=10)
        x += 0.04 + text.get_window_extent(figure.canvas.get_renderer()).width / figure.bbox.width
    axes.set_yticks([0, 1], ["processor", "wall clock"])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: seconds(value) if value else "0"))
    axes.tick_params(length=0)
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    axes.set_xlim(0, axes.dataLim.x1 * 1.09)
    axes.spines[["left", "bottom"]].set_visible(False)
    titled(figure, "Where the time goes", f"spendfold, {job_of(section)}, {section.entries[0][0]['threads']} threads")
    save(figure, path)


def main() -> None:
    out = Path(sys.argv[1])
    record = json.loads((out / "raw.json").read_text())
    style()
    cores = record["machine"]["cores"]
    wall, peak = "wall-clock seconds", "peak resident memory"
    for name, title in (
        ("join", "The whole job"),
        ("totals", "Totals only"),
        ("quoted", "Every field quoted"),
        ("dirty", "5 % of the records dirty"),
        ("large", "Ten times the customers"),
        ("small", "As much data as the challenge has"),
    ):
        section = Section(record, name)
        if not section.entries:
            continue
        job = f"{job_of(section)}, {cores} cores, {{}} on a logarithmic scale; × is against spendfold"
        ranking(section, out / f"{name}-time.png", "wall", f"{title}: time", seconds, job.format(wall))
        if name in ("join", "totals", "large"):
            ranking(section, out / f"{name}-memory.png", "peak_kib", f"{title}: memory", mebibytes, job.format(peak))
    for name, draw, file in (
        ("scaling", partial(scaling, marginal=Section(record, "marginal")), "scaling-time.png"),
        ("scaling", memory_over_rows, "scaling-memory.png"),
        ("threads", threads, "threads.png"),
        ("stages", stages, "stages.png"),
    ):
        section = Section(record, name)
        if section.entries:
            draw(section, out / file)


if __name__ == "__main__":
    main()

"""The figures of a run as Markdown: what is asked of spendfold, then every section."""

import math
import statistics
from collections.abc import Callable, Iterable

from .machine import COMMIT

Run = dict
MIB = 1024 * 1024


def machine(record: dict) -> str:
    lines = [f"| {name} | {value} |" for name, value in record["machine"].items()]
    for commit in sorted(set(record["commits"].values()) - {record["machine"][COMMIT]}):
        sections = ", ".join(section for section, by in record["commits"].items() if by == commit)
        lines.append(f"| measured by the scripts of {commit} | {sections} |")
    return "\n".join(["# The machine", "", "| | |", "|---|---|", *lines, ""])


def by_entry(runs: Iterable[Run]) -> dict[tuple, list[Run]]:
    """Runs of the same contestant at the same job, in order of first appearance in a round."""
    entries: dict[tuple, list[Run]] = {}
    for run in runs:
        key = (run["section"], run["name"], run["data"], run["purchases"], run["threads"])
        entries.setdefault(key, []).append(run)
    return entries


def median(runs: list[Run], what: str = "wall") -> float:
    return statistics.median(run[what] for run in runs)


def fastest(runs: list[Run]) -> float:
    return min(run["wall"] for run in runs)


def ratio(slow: list[Run], fast: list[Run], what: str = "wall") -> float:
    """Median of the rounds' ratios: what ran side by side is compared."""
    pairs = zip(sorted(slow, key=lambda run: run["round"]), sorted(fast, key=lambda run: run["round"]))
    return statistics.median(a[what] / b[what] for a, b in pairs)


class Section:
    """The runs of a section, by contestant."""

    def __init__(self, record: dict, name: str) -> None:
        self.entries = [runs for key, runs in by_entry(record["runs"]).items() if key[0] == name]

    def of(self, name: str) -> list[Run]:
        return next((runs for runs in self.entries if runs[0]["name"] == name), [])

    def all_of(self, name: str) -> list[list[Run]]:
        found = [runs for runs in self.entries if runs[0]["name"] == name]
        return sorted(found, key=lambda runs: (runs[0]["purchases"], runs[0]["threads"]))

    def fastest_peer(self) -> list[Run]:
        peers = [runs for runs in self.entries if runs[0]["kind"] == "peer"]
        return min(peers, key=median, default=[])


def stray(points: list[list[Run]], time: Callable[[list[Run]], float]) -> tuple[float, float]:
    """How far the time per further row between two sizes strays from that over the whole range, and how far the time
    of a size is from the straight line between the smallest and the largest, as shares.

    At sizes so small that the time does not grow with the rows there is nothing to hold it against: NaN.
    """
    xs = [runs[0]["purchases"] for runs in points]
    ys = [time(runs) for runs in points]
    slope = (ys[-1] - ys[0]) / (xs[-1] - xs[0])
    if slope <= 0:
        return math.nan, math.nan
    parts = [(y2 - y1) / (x2 - x1) for x1, x2, y1, y2 in zip(xs, xs[1:], ys, ys[1:])]
    furthest = max(abs(part / slope - 1) for part in parts)
    off = max(abs(y / (ys[0] + slope * (x - xs[0])) - 1) for x, y in zip(xs, ys))
    return furthest, off


def straightness(points: list[list[Run]]) -> str:
    """Of each size the fastest run counts: what disturbs a run makes it slower, and a difference of two times has the
    disturbances of both. What the medians give stands beside it."""
    (furthest, off), (of_medians, _) = stray(points, fastest), stray(points, median)
    if math.isnan(furthest):
        return "no growth to measure"
    medians = "none" if math.isnan(of_medians) else f"{of_medians * 100:.1f} %"
    return f"{furthest * 100:.1f} % (a size off the line: {off * 100:.1f} %; of medians: {medians})"


def within_one_run(runs: list[Run]) -> str:
    """How far the time per purchase between two marks is from that between the first and the last, as a share: of
    each part the median of the runs, each of which is held against itself."""
    rows = runs[0]["marks"]
    parts = []
    for run in runs:
        seconds = run["seconds_at"]
        usual = (seconds[-1] - seconds[0]) / (rows[-1] - rows[0])
        if usual <= 0:
            return "no growth to measure"
        steps = zip(rows, rows[1:], seconds, seconds[1:])
        parts.append([(s2 - s1) / (r2 - r1) / usual - 1 for r1, r2, s1, s2 in steps])
    off = [statistics.median(part) for part in zip(*parts)]
    named = ", ".join(f"to {to:,} {part * 100:+.1f}" for to, part in zip(rows[1:], off))
    return f"{max(map(abs, off)) * 100:.1f} % ({named})"


def further_rows_within(within: Section) -> list[tuple[str, str, str, str]]:
    """Whether a further row always takes the same, within one run. There is no floor for rows that the system writes to
    the disk meanwhile: that it does so from some size on is not ours."""
    rows = []
    for runs in within.entries:
        marks, written, held = runs[0]["marks"], runs[0]["combined"], runs[0]["held"]
        what = "rows written" if written else "totals only"
        if written:
            what += ", none to the disk meanwhile" if held else ", to the disk too meanwhile"
        what = f"time per further row, {what}, parts of one run from {marks[0]:,} on: largest deviation"
        rows.append((what, within_one_run(runs), "≤ 10 %" if held or not written else "", ""))
    return rows


def further_rows(marginal: Section) -> list[tuple[str, str, str, str]]:
    """Whether a further row always takes the same; and `cp`, for what the machine itself makes of more data."""
    rows = []
    for name, what, floor in (
        ("spendfold", "rows written", "≤ 10 %"),
        ("cp", "`cp` of the rows", ""),
        ("spendfold, totals only", "totals only", "≤ 10 %"),
    ):
        points = marginal.all_of(name)
        if len(points) < 3:
            continue
        span = f"{points[0][0]['purchases']:,} → {points[-1][0]['purchases']:,}"
        held = ", none to the disk meanwhile" if points[0][0].get("held") else ""
        rows.append((f"time per further row, {what}{held}, {span}: largest deviation, fastest runs", straightness(points), floor, ""))
        # What the system's own limit of unwritten data makes of it: below the largest size it is not reached.
        if most := marginal.of(f"{name}, written back meanwhile"):
            what = f"the same, {most[0]['purchases']:,} as the system writes them back meanwhile"
            rows.append((what, straightness([*points[:-1], most]), floor, ""))
    return rows


def asked(record: dict) -> list[tuple[str, str, str, str]]:
    """What is asked of spendfold: what, figure, floor, goal."""
    rows = []
    join, totals, large = (Section(record, name) for name in ("join", "totals", "large"))
    quoted, dirty, small = (Section(record, name) for name in ("quoted", "dirty", "small"))
    for section, what, floor, goal in (
        (join, "full join, rows written: times as fast as the fastest peer", "6", "8"),
        (totals, "totals only: times as fast as the fastest peer", "3", "5"),
        (large, "ten times the customers: times as fast as the fastest peer", "4", "6"),
    ):
        if section.entries:
            peer = section.fastest_peer()
            figure = f"{ratio(peer, section.of('spendfold')):.2f} ({peer[0]['name']})"
            rows.append((what, figure, f"≥ {floor}", f"≥ {goal}"))
    if join.entries:
        figure = f"{ratio(join.of('spendfold'), join.of('cp')):.2f}"
        rows.append(("full join: our time over `cp` of the combined data", figure, "≤ 2.5", "≤ 2.0"))
        figure = f"{ratio(join.of('spendfold, synced'), join.of('cp, synced')):.2f}"
        rows.append(("the same, both synced to the disk", figure, "≤ 2.0", "≤ 1.5"))
    if quoted.entries:
        ours, plain = quoted.of("spendfold"), quoted.of("spendfold, plain")
        bytes_ratio = ours[0]["input_bytes"] / plain[0]["input_bytes"]
        figure = f"{ratio(plain, ours) * bytes_ratio:.2f}"
        rows.append(("every field quoted: bytes/s over the plain rate", figure, "≥ 0.5", "≥ 0.8"))
    if dirty.entries:
        figure = f"{ratio(dirty.of('spendfold, clean'), dirty.of('spendfold')):.2f}"
        rows.append(("5 % dirty records: records/s over the clean rate", figure, "≥ 0.7", "≥ 0.9"))
    rows += further_rows_within(Section(record, "within"))
    rows += further_rows(Section(record, "marginal"))
    for most in [max(runs, key=lambda run: run["peak_kib"]) for runs in Section(record, "memory").entries]:
        customers = most["customers_bytes"] / MIB
        kind = "rows written" if most["combined"] else "totals only"
        rows.append((
            f"peak memory, {most['purchases']:,} purchases, {kind}",
            f"{most['peak_kib'] / 1024:.0f} MiB",
            f"≤ {2.5 * customers + 128:.0f} MiB",
            f"≤ {2 * customers + 64:.0f} MiB",
        ))  # fmt: skip
    if small.entries:
        figure = f"{median(small.of('spendfold')) * 1000:.0f} ms"
        rows.append(("as much data as the challenge has, whole process", figure, "≤ 60 ms", "≤ 40 ms"))
    return rows


def asked_table(record: dict) -> list[str]:
    """Floors and goals stand for the full size alone; elsewhere they would say nothing."""
    full = record["settings"]["size"] == "full"
    head = ["what", "figure", "floor", "goal"] if full else ["what", "figure"]
    rows = [row[: len(head)] for row in asked(record)]
    rule = "|---|" + "--:|" * (len(head) - 1)
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


def entry_row(runs: list[Run], ours: list[Run]) -> str:
    first = runs[0]
    walls = [run["wall"] for run in runs]
    cpu = median(runs, "user") + median(runs, "system")
    peak = max(run["peak_kib"] for run in runs) / 1024
    against = f"{ratio(runs, ours):.2f}" if ours else ""
    job = f"{median(runs, 'job_seconds'):.3f}" if "job_seconds" in first else ""
    off = f"{first['sums_off_by']:.0e}" if first["sums_off_by"] else ""
    return (
        f"| {first['name']} | {first['data']} | {first['purchases']:,} | {first['threads'] or ''} "
        f"| {median(runs):.3f} | {min(walls):.3f}–{max(walls):.3f} | {against} | {job} "
        f"| {cpu:.2f} | {peak:,.0f} | {off} |"
    )


SECTION_HEAD = [
    "| contestant | data | purchases | threads | seconds | min–max | × spendfold | of them the job "
    "| CPU s | peak MiB | sums off by |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
]


def results(record: dict) -> str:
    settings = record["settings"]
    lines = [
        "# Results",
        "",
        f"Size `{settings['size']}`, {settings['threads']} threads, {settings['rounds']} rounds (of some sections more or "
        "fewer); "
        "medians of whole processes where nothing else is said, warm cache, answers checked before. See `machine.md`.",
        "",
        *asked_table(record),
    ]
    for name in dict.fromkeys(run["section"] for run in record["runs"]):
        section = Section(record, name)
        lines += ["", f"## {name}", "", *SECTION_HEAD]
        for runs in section.entries:
            peers_of = (runs[0]["data"], runs[0]["purchases"], runs[0]["threads"])
            ours = [
                other
                for other in section.all_of("spendfold")
                if (other[0]["data"], other[0]["purchases"]) == peers_of[:2]
                and other[0].get("held") == runs[0].get("held")
                and (not peers_of[2] or other[0]["threads"] == peers_of[2])
            ]
            lines.append(entry_row(runs, ours[0] if ours else []))
    lines += [
        "",
        "“× spendfold” is the median of the rounds' ratios. “Of them the job” leaves out what a Python "
        "peer takes to start and to import its modules. “Sums off by” is the furthest a total is from "
        "the exact one. No peak is seen below "
        f"{settings['least_peak_kib'] / 1024:.0f} MiB, the measuring script's own.",
        "",
    ]
    return "\n".join(lines)

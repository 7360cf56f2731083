#!/usr/bin/env python3
"""Measure spendfold against its peers, and keep the evidence.

    scripts/bench.py --size tiny|small|full [--only SECTION,...] [--rounds N]
                     [--spendfold PATH] [--over-rows PATH] [--venv DIR] [--data DIR] [--out DIR] [--hold-writeback]

Makes the inputs, holds every contestant's output against an answer worked out independently, and
only then times it: all contestants of a section in turns, round after round, the output removed
and the disk quiet before each run. A wrong answer ends it with status 1; a slow one never does.

Writes results/bench/<date>-<machine>/: raw.json (every run), table.md, machine.md and plots.
How it is measured, and what each contestant does, is in scripts/bench/README.md.

Standard library only; the peers and matplotlib live in a virtual environment of their own, made on
the first run from scripts/bench/requirements.txt.
"""

import argparse
import atexit
import datetime
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

from bench import machine, table
from bench.contestants import Cast, Entry
from bench.data import ANSWER, SIZES, Inputs
from bench.measure import Failed, clean, keep, may_hold, quiet, run, touch, writeback_held
from bench.sections import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
PARTS = Path(__file__).resolve().parent / "bench"
ROUNDS = {"tiny": 1, "small": 3, "full": 5}
# Seconds before each run, for the system to begin to clear away the memory of the one before.
SETTLE = {"tiny": 0.0, "small": 0.0, "full": 1.0}
# MiB of memory that the system keeps at hand: as much as files in the cache and any contestant need together; at size tiny
# some, so that it is seen to work.
KEEP = {"tiny": 64, "small": 0, "full": 14 * 1024}
# MiB of huge pages made sure of before each run: enough for spendfold's customers, which are the only ones known to ask.
TOUCH = 256
TOUCH_LARGE = 1024
# Times as many: for jobs of less than a second, for differences; fewer where plots are drawn that floors do not hang on.
MORE_ROUNDS = {"small": 4, "totals": 3, "marginal": 10, "within": 10, "scaling": 0.5, "threads": 0.5}


def environment(path: Path) -> Path:
    """The peers' Python, with exactly the pinned versions."""
    python = path / "bin" / "python"
    stamp = path / "requirements.txt"
    wanted = (PARTS / "requirements.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making the peers' environment in {path}", file=sys.stderr)
    venv.create(path, with_pip=True, symlinks=os.name == "posix")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(PARTS / "requirements.txt")], check=True)
    stamp.write_text(wanted)
    return python


def release_binary(*what: str) -> Path:
    build = ["cargo", "build", "--release", "--locked", "--message-format", "json", *what]
    done = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, done.stdout.splitlines())
    return next(Path(message["executable"]) for message in messages if message.get("executable"))


def check(entry: Entry, out: Path, *, rows: bool) -> float:
    """Holds an output against the answer; how far the sums are off."""
    argv = [sys.executable, str(ANSWER), "check", str(entry.data.answer), str(out)]
    argv += ["--times", str(entry.times)] + ["--no-combined"] * (not rows)
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{entry.section}: {entry.name}: wrong answer: {done.stderr.strip()}")
    return json.loads(done.stdout)["furthest_off"]


def once(entry: Entry, cast: Cast, log: Path) -> dict[str, float]:
    clean(cast.out)
    if not quiet(cast.settle):
        print("the disk is not quiet: what follows is disturbed", file=sys.stderr)
    if cast.kept:
        touch(TOUCH_LARGE if entry.section == "large" else TOUCH)
    with writeback_held(entry.held):
        return run(entry.argv, log)


def warm_up(entry: Entry, cast: Cast, log: Path, *, copied: bool) -> float:
    """The first run, not timed: the answer is checked, and the combined data kept where cp needs it."""
    once(entry, cast, log)
    if not entry.checked:
        return 0.0
    off = check(entry, cast.out, rows=entry.combined)
    if copied and entry.kind == "spendfold" and entry.combined:
        (cast.out / "combined_data.csv").replace(entry.data.reference)
    return off


def run_section(entries: list[Entry], cast: Cast, rounds: int, log: Path) -> list[dict]:
    """Warms all up and checks them, then times them in turns; one record for each timed run."""
    runs = [[] for _ in entries]
    copied = {entry.data for entry in entries if entry.kind == "limit"}
    off = [warm_up(entry, cast, log, copied=entry.data in copied) for entry in entries]
    for number in range(rounds):
        # In another order each round, the same for all machines: nobody always runs after the same neighbour, who may
        # leave gigabytes of memory behind that the system has yet to clear away.
        turns = [*enumerate(zip(entries, off))]
        random.Random(number).shuffle(turns)
        for place, (entry, furthest) in turns:
            taken = once(entry, cast, log)
            if entry.checked:
                check(entry, cast.out, rows=False)
            print(f"{entry.section} {number + 1}/{rounds}  {entry.data.name} x{entry.times}"
                  f"  {entry.name}: {taken['wall']:.3f} s", file=sys.stderr)
            runs[place].append({
                "section": entry.section,
                "name": entry.name,
                "kind": entry.kind,
                "data": entry.data.name,
                "purchases": entry.rows,
                "input_bytes": entry.input_bytes,
                "customers_bytes": entry.data.customers.stat().st_size,
                "combined": entry.combined,
                "threads": entry.threads,
                "held": entry.held,
                **({"marks": entry.marks, "program": machine.digest(Path(entry.argv[0]))} if entry.marks else {}),
                "round": number,
                "sums_off_by": furthest,
                **taken,
            })  # fmt: skip
    for entry in entries:
        entry.data.reference.unlink(missing_ok=True)
    clean(cast.out)
    return [run for of_entry in runs for run in of_entry]


def same_but_commit(one: dict, other: dict) -> bool:
    return {**one, machine.COMMIT: ""} == {**other, machine.COMMIT: ""}


def continued(path: Path, record: dict) -> dict:
    """The record that stands there already, where it is of the same machine, binary and settings: sections
    measured now replace those in it. Otherwise a new one. The same binary may have been measured by the scripts of
    another commit; which, is told for each section."""
    record = {**record, "runs": [], "commits": {}}
    if path.exists():
        old = json.loads(path.read_text())
        settings = {name: old["settings"].get(name) for name in record["settings"]}
        if same_but_commit(old["machine"], record["machine"]) and settings == record["settings"]:
            return {"commits": {}, **old}
        aside = path.with_suffix(f".{int(path.stat().st_mtime)}.json")
        path.rename(aside)
        print(f"{path}: of another machine, binary or with other settings; begun anew, kept as {aside.name}", file=sys.stderr)
    return record


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--only", default=",".join(SECTIONS), metavar="SECTION,...")
    parser.add_argument("--rounds", type=int, metavar="N", help="timed runs of each contestant")
    parser.add_argument("--spendfold", type=Path, metavar="PATH", help="built when not given")
    parser.add_argument("--over-rows", type=Path, metavar="PATH", help="the example of that name; built when not given")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", metavar="DIR")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: results/bench/...")
    parser.add_argument("--machine", metavar="NAME", help="the machine's name in the results")
    parser.add_argument("--threads", type=int, default=machine.cores(), metavar="N")
    parser.add_argument(
        "--hold-writeback",
        action="store_true",
        help="as root: in sections marginal and within, raise the system's limit of unwritten data during each run",
    )
    args = parser.parse_args()
    args.only = args.only.split(",")
    unknown = set(args.only) - set(SECTIONS)
    if unknown:
        parser.error(f"--only: no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if args.hold_writeback and not may_hold():
        parser.error("--hold-writeback: needs Linux, root, and limits of unwritten data that are not in bytes")
    args.rounds = args.rounds or ROUNDS[args.size]
    return args


def main() -> None:
    args = parse()
    python = environment(args.venv.absolute())
    spendfold = args.spendfold.absolute() if args.spendfold else release_binary()
    over_rows = args.over_rows.absolute() if args.over_rows else None
    if over_rows is None and "within" in args.only:
        over_rows = release_binary("--example", "over_rows")
    data = args.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    described = machine.describe(spendfold, python, data)
    name = args.machine or machine.slug(described)
    out = args.out or ROOT / "results" / "bench" / f"{datetime.date.today()}-{name}"
    out.mkdir(parents=True, exist_ok=True)

    # An end by a signal is an end like any other: what was changed is put back.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    work = data / f"run-{os.getpid()}"  # its own, whatever else runs on these inputs
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    work.mkdir()
    kept = keep(KEEP[args.size])
    if KEEP[args.size] and not kept:
        print("no memory is kept at hand: too little is free, or the system cannot", file=sys.stderr)
    cast = Cast(spendfold, over_rows, python, work / "out", args.threads, SETTLE[args.size], kept, args.hold_writeback)
    settings = {"size": args.size, "rounds": args.rounds, "threads": args.threads, "kept": kept}
    record = continued(out / "raw.json", {"machine": described, "settings": settings})
    for section in args.only:
        rounds = max(1, int(args.rounds * MORE_ROUNDS.get(section, 1)))
        entries = SECTIONS[section](cast, SIZES[args.size], Inputs(data, spendfold))
        runs = run_section(entries, cast, rounds, work / "log.txt")
        record["commits"][section] = described[machine.COMMIT]
        record["runs"] = [run for run in record["runs"] if run["section"] != section] + runs
        # A child is never seen to have had less memory than this process.
        least = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        record["settings"]["least_peak_kib"] = max(least, record["settings"].get("least_peak_kib", 0))
        # After each section, so that what was measured is there whatever comes next.
        (out / "raw.json").write_text(json.dumps(record, indent=1) + "\n")
        (out / "machine.md").write_text(table.machine(record))
        (out / "table.md").write_text(table.results(record))
    subprocess.run([str(python), str(PARTS / "plots.py"), str(out)], check=True)
    print(out)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))

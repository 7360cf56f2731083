#!/usr/bin/env python3
"""Measures the accuracy of the time left that spendfold shows while it runs.

    scripts/progress_accuracy.py target/release/spendfold [--work DIR] [--out DIR] [--only SHAPE ...]

Runs each shape of inputs with `--progress json`, and compares `seconds_left` of each line with the time that was really
left. Prints a Markdown table, as in docs/performance.md, and exits with 1 if a run exceeded its limit.

The error of a line is |seconds_left - true| / true, where true is the time from this line to the last one. The first
tenth of a run is left out, and so is its last second, because a line appears about once a second and the time left is
shown in whole seconds. A line without an estimate counts as an error of 100 %, unless the size of an input is unknown.

    scripts/progress_accuracy.py target/release/spendfold --costs

measures the costs per byte from which the work of a run is planned (src/run/expected_work.rs): the fastest of five runs
on parts of the job, with the outputs in memory.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

LIMIT = 0.20


def generate(program, work, name, customers, purchases):
    """A generated pair; made once."""
    pair = work / name
    if not (pair / "expected.json").exists():
        command = [program, "generate", "-q", "--seed", "1", "-o", pair, "--customers", str(customers),
                   "--purchases", str(purchases)]
        subprocess.run(command, check=True)
    return pair / "customers.csv", pair / "purchases.csv"


def feed(source, target, rate):
    """Copies a file into a FIFO at `rate` bytes per second."""
    with open(source, "rb") as file, open(target, "wb", buffering=0) as pipe:
        start, sent = time.monotonic(), 0
        while block := file.read(64 << 10):
            pipe.write(block)
            sent += len(block)
            time.sleep(max(0.0, start + sent / rate - time.monotonic()))


def run(program, arguments, out):
    """The progress lines of a run, each with the time at which it was read."""
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "run", "--progress", "json", "-o", out, *arguments]
    lines = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            lines.append((time.monotonic(), json.loads(line)))
    if child.returncode != 0:
        sys.exit(f"status {child.returncode}: {lines[-1][1]}")
    shutil.rmtree(out, ignore_errors=True)
    return lines


def errors(lines):
    """The duration of a run, its relative errors of the time left, and its lines without an estimate."""
    first, done = lines[0], lines[-1]
    start = first[0] - first[1]["seconds"]
    duration = done[0] - start
    found, missing = [], 0
    for at, line in lines:
        true = done[0] - at
        if "seconds_left" not in line or at - start < duration / 10 or true < 1:
            continue
        if line["seconds_left"] is None:
            missing += line["total_bytes"] is not None
            continue
        found.append(abs(line["seconds_left"] - true) / true)
    return duration, found, missing


def shapes(program, work):
    """Name → (arguments, the input that a slow pipe feeds, its bytes per second)."""
    one = ["-t", "1"]
    rows = lambda pair, times=1: ["-c", pair[0], "-p", *[pair[1]] * times]
    long = generate(program, work, "1m-100m", 1_000_000, 100_000_000)
    wide = generate(program, work, "40m-4m", 40_000_000, 4_000_000)
    small = generate(program, work, "1m-2m", 1_000_000, 2_000_000)
    return {
        "1 M × 100 M": ([*one, *rows(long)], None, 0),
        "40 M × 4 M": ([*one, *rows(wide)], None, 0),
        "40 M × 4 M, left join": ([*one, "--join", "left", *rows(wide)], None, 0),
        "1 M × 300 M, totals only": ([*one, "--no-combined", *rows(long, 3)], None, 0),
        "1 M × 100 M, `--sync`": (["--sync", *rows(long)], None, 0),
        "customers from a slow pipe, 1 M × 100 M": ([*one, "-c", "PIPE", "-p", long[1]], long[0], 15e6),
        "purchases from a slow pipe, 1 M × 2 M": ([*one, "-c", small[0], "-p", "PIPE"], small[1], 6e6),
    }


def accuracy(program, work, out, only):
    print("| shape | seconds | lines | error: median | 90 % | largest |")
    print("|---|--:|--:|--:|--:|--:|")
    failed = False
    for name, (arguments, piped, rate) in shapes(program, work).items():
        if only and not any(text in name for text in only):
            continue
        if piped:
            pipe = work / "pipe"
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
            arguments = [pipe if argument == "PIPE" else argument for argument in arguments]
            threading.Thread(target=feed, args=(piped, pipe, rate), daemon=True).start()
        duration, found, missing = errors(run(program, arguments, out))
        found.sort()
        if not found:
            print(f"| {name} | {duration:.1f} | 0 | no estimate, no percentage | | |", flush=True)
            continue
        found += [1.0] * missing
        at = lambda share: f"{100 * found[min(len(found) - 1, int(share * len(found)))]:.0f} %"
        print(f"| {name} | {duration:.1f} | {len(found)} | {at(0.5)} | {at(0.9)} | {at(1)} |", flush=True)
        failed |= duration > 5 and found[-1] > LIMIT
    return failed


def costs(program, work):
    many = generate(program, work, "10m-1m", 10_000_000, 1_000_000)
    balanced = generate(program, work, "1m-20m", 1_000_000, 20_000_000)
    empty = work / "empty.csv"
    with open(many[1], "rb") as file:
        empty.write_bytes(file.readline())
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        def fastest(*arguments):
            return min(run(program, arguments, f"{memory}/out")[-1][1]["seconds"] for _ in range(5))

        print("| threads | mode | customers | purchases | appended |")
        print("|--:|---|--:|--:|--:|")
        for threads in ("1", "2"):
            for mode, options in (("rows", []), ("totals", ["--no-combined"])):
                base = ["-t", threads, *options]
                size = [path.stat().st_size for path in (*many, *balanced)]
                load = fastest(*base, "--join", "inner", "-c", many[0], "-p", empty)
                full = fastest(*base, "--join", "full", "-c", many[0], "-p", empty) if not options else load
                few = fastest(*base, "--join", "inner", "-c", balanced[0], "-p", empty)
                join = fastest(*base, "--join", "inner", "-c", balanced[0], "-p", balanced[1])
                picoseconds = [seconds * 1e12 / bytes for seconds, bytes in
                               ((load, size[0]), (join - few, size[3]), (full - load, size[0]))]
                print(f"| {threads} | {mode} | " + " | ".join(f"{cost:.0f}" for cost in picoseconds) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "spendfold-progress",
                        help="keeps the generated inputs (about 6 GB)")
    parser.add_argument("--out", type=pathlib.Path, help="the output directory, removed before and after each run")
    parser.add_argument("--only", nargs="+", help="only shapes whose name contains one of these texts")
    parser.add_argument("--costs", action="store_true", help="measure the costs instead")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    program = options.program.resolve()
    if options.costs:
        return costs(program, options.work)
    sys.exit(accuracy(program, options.work, options.out or options.work / "out", options.only))


if __name__ == "__main__":
    main()

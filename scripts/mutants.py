#!/usr/bin/env python3
"""Run the fast tests against a seeded random sample of mutants.

    scripts/mutants.py [--seed 1] [--count 120] [--file GLOB]... [--out target/mutants] [--list]

A mutant is the program with one small change that a test should notice: a comparison reversed, the body of a function
replaced by a constant. cargo-mutants (`cargo install cargo-mutants --locked`) makes the changes in a copy of the
source tree, so the working tree does not change. `.cargo/mutants.toml` says which tests run.

The same seed and source give the same sample. The sample is stratified: each file gets its share of
the mutants, to within one. ``--file`` replaces the default files (FILES below); ``--list`` prints the sample and exits.

The tests are first run without a mutant and must pass. The output ends with a table of outcomes by file and a list of
the survivors. The exit status is 0 if none survived, 2 if some did, 1 if the sample could not be run. Logs and diffs are
in OUT/mutants.out. Standard library only; Linux.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The files that decide what is read, published and accepted in a verification.
FILES = [
    "src/fs/*.rs",
    "src/output/**/*.rs",
    "src/input/**/*.rs",
    "src/verify/**/*.rs",
    "src/ledger/*.rs",
    "src/exec/*.rs",
]
# The outcomes of cargo-mutants, and their columns in the table.
OUTCOMES = {"CaughtMutant": "caught", "MissedMutant": "missed", "Timeout": "timeout", "Unviable": "unviable"}
# A mutant may allocate or write without bound. The compiler and the tests need less than this.
MAX_BYTES = 8 << 30

Mutant = dict


def candidates(globs: list[str]) -> list[Mutant]:
    """All mutants of the files that match."""
    command = ["cargo", "mutants", "--list", "--json", *(f"--file={glob}" for glob in globs)]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return json.loads(listed.stdout)


def sample(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """A stratified sample: every n-th mutant of a list that is sorted by file and shuffled within each file.

    Mutants that delete a field of a struct expression are added to it: cargo-mutants 27.1 ignores ``--re`` for these few
    and runs them all.
    """
    dice = random.Random(seed)
    always = [mutant for mutant in mutants if mutant["genre"] == "StructField"]
    shuffled = sorted((mutant for mutant in mutants if mutant not in always), key=lambda mutant: mutant["name"])
    dice.shuffle(shuffled)
    shuffled.sort(key=lambda mutant: mutant["file"])
    count = min(count, len(shuffled))
    start = dice.random()
    return [shuffled[int((number + start) * len(shuffled) / count)] for number in range(count)] + always


def run(chosen: list[Mutant], globs: list[str], out: Path) -> None:
    """Runs cargo-mutants on these mutants and passes its output through."""
    scratch = out / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    command = ["cargo", "mutants", "--jobs", "1", "--output", str(out), "--no-shuffle", "--colors", "never"]
    command += [f"--file={glob}" for glob in globs]
    command += [f"--re=^{re.escape(mutant['name'])}$" for mutant in chosen]
    # Killed tests leave their temporary directories behind; they are removed with `scratch`. The build is kept for the
    # next sample. The contract tests run only a few of their random cases.
    settings = {
        "TMPDIR": str(scratch),
        "CARGO_TARGET_DIR": str(out / "build"),
        "CARGO_INCREMENTAL": "1",
        "SPENDFOLD_SEEDS": "0-40",
    }

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_BYTES, MAX_BYTES))

    try:
        status = subprocess.run(command, cwd=ROOT, env=os.environ | settings, preexec_fn=limits).returncode
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    # 2: some were missed. 3: some timed out.
    if status not in (0, 2, 3):
        sys.exit("the tests do not pass without a mutant, or cargo-mutants failed; see above")


def show(out: Path, wanted: int) -> int:
    """Prints the table and the survivors, and returns the number of survivors."""
    outcomes = json.loads((out / "mutants.out" / "outcomes.json").read_text())["outcomes"]
    by_file: dict[str, Counter] = defaultdict(Counter)
    survivors, seconds = [], []
    for outcome in outcomes:
        if outcome["scenario"] == "Baseline":
            continue
        mutant, became = outcome["scenario"]["Mutant"], OUTCOMES[outcome["summary"]]
        by_file[mutant["file"]][became] += 1
        seconds.append(sum(phase["duration"] for phase in outcome["phase_results"]))
        if became == "missed":
            survivors.append(mutant["name"])
    total = sum(by_file.values(), Counter())
    width = max(map(len, by_file), default=5)
    print(f"\n{'file':{width}}" + "".join(f"{name:>10}" for name in OUTCOMES.values()))
    for name, counts in [*sorted(by_file.items()), ("all", total)]:
        print(f"{name:{width}}" + "".join(f"{counts[column]:>10}" for column in OUTCOMES.values()))
    print(f"{sum(seconds) / max(len(seconds), 1):.0f} seconds a mutant")
    for name in sorted(survivors):
        print(f"survived: {name}")
    if total.total() != wanted:
        sys.exit(f"{wanted} mutants were chosen, but {total.total()} ran")
    return len(survivors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--file", action="append", default=[], metavar="GLOB")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "mutants")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    files = args.file or FILES
    mutants = candidates(files)
    chosen = sample(mutants, args.count, args.seed)
    print(f"seed {args.seed}: {len(chosen)} of {len(mutants)} mutants", flush=True)
    if args.list:
        print("\n".join(mutant["name"] for mutant in chosen))
        return
    run(chosen, files, args.out.resolve())
    sys.exit(2 if show(args.out, len(chosen)) else 0)


if __name__ == "__main__":
    main()

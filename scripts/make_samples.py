#!/usr/bin/env python3
"""Make the committed samples in data/ with `spendfold generate`, and results/ from them.

    scripts/make_samples.py [PROGRAM]            write data/, results/ and their README files anew
    scripts/make_samples.py --check [PROGRAM]    exit 1 when data/ is not what this script makes

PROGRAM is a spendfold binary, target/release/spendfold unless given. Two pairs are made, each from
the seed and the options in SAMPLES:

* data/, a realistic sample without a rejected record;
* data/dirty/, a short pair in which every reason of rejection occurs in each file that can have it.

What spendfold answers to the sample is held against sample_answer.py, which reads the files with
Python's csv and decimal modules and shares nothing with spendfold, and what it answers to either
against the key that `generate` wrote beside it.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sample_answer

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Sample:
    data: str
    results: str
    """The output directory of `spendfold run`."""
    set: str
    """The directory that holds the set after the run."""
    status: int
    """What `spendfold run` ends with."""
    options: str

    def generate(self) -> list[str]:
        return ["generate", *self.options.split(), "-o", self.data]

    def run(self) -> list[str]:
        paths = ["-c", f"{self.data}/customers.csv", "-p", f"{self.data}/purchases.csv"]
        return ["run", *paths, "-o", self.results]


CLEAN = Sample(
    "data",
    "results",
    "results",
    0,
    "--seed 2025 --customers 1000 --purchases 5000 --habits by-age --prices by-product --price-sigma 0.25"
    " --orphans 0.015 --without-purchases 0.15 --refunds 0.02 --missing-keys 0.003 --missing-ages 0.015"
    " --invalid-ages 0.004 --missing-amounts 0.004 --awkward 0.02 --quoted 0.01 --quoted-newlines 0.03",
)
DIRTY = Sample(
    "data/dirty",
    "results/dirty",
    "results/dirty/held",
    3,
    "--seed 1459 --customers 40 --purchases 60 --dirt 0.6 --habits by-age --prices by-product"
    " --price-sigma 0.25 --quoted 0.1 --quoted-newlines 0.05 --crlf --bom",
)
SAMPLES = [CLEAN, DIRTY]
# A test compares these figures with those of sample_answer.py.
OBSERVATIONS = """\
## Observations

`results/` holds the output set of this sample, and `results/dirty/held/` that of `dirty/`. The data is synthetic, so
the figures say nothing about real customers. If the data were real, one could conclude:

- **The middle-aged spend most**: 29 % of the customers, 50 % of the spending. They buy more often (7.0 purchases per
  customer; the young 4.5, the seniors 3.8) and more expensive products (median 27.08; the young 21.54, the seniors
  19.55). On average, a middle-aged customer spends 688, a young one 279, a senior 240.
- **They choose other products, not other prices.** Every group pays the usual price for a product (median 100 % of it). The
  middle-aged and the young spend most on laptops, 12 % of their money; the seniors on cameras, 7 %. So a change of
  prices would change every bar, and a change of products only some bars.
- **The seniors are half of the customers, but not of the spending**: 50 % and 30 %. Their bar is the second highest
  because there are many of them; each spends least. The young are 19 % of the customers and 13 % of the spending.
- **The bounds of the groups matter.** Customers who are exactly 30 spend 9,129.28. If "18–30" includes 30
  (`--age-groups "Young=18-31,Middle-aged=31-46,Senior=46+"`), Young grows by 18 %. A quoted figure should state the
  bounds; the report contains them.
- **5.7 % of the spending has no known age**: 12,223.45 was spent under keys that no customer has, and 10,143.45 by the
  19 customers whose age is missing or unreadable. These customers spend 534 each, more than twice as much as a senior.
  With 19 people that may be chance, but it is a reason not to divide their bar among the others. The order of the groups
  would not change: even with all of this spending, Young would have only 74,239.03.
- **Refunds are included**: 90 negative amounts, 5,218.80 in total, 1.3 % of what was sold. These are net figures.
"""
FILES = ["customers.csv", "purchases.csv", "expected.json", "README.md"]


class Failed(Exception):
    """Something is not as it must be; the text says what."""


def spendfold(program: str, arguments: list[str], directory: Path, status: int) -> None:
    # No setting of the caller's may find its way into what is made.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPENDFOLD_")}
    try:
        done = subprocess.run([program, *arguments, "-q"], cwd=directory, env=environment, stderr=subprocess.PIPE)
    except OSError as error:
        raise Failed(f"{program}: cannot be run: {error.strerror}") from error
    if done.returncode != status:
        line = " ".join(["spendfold", *arguments])
        raise Failed(f"{line}: status {done.returncode}, expected {status}\n{done.stderr.decode(errors='replace')}")


def make(program: str, directory: Path) -> None:
    """Makes both samples, the answers to them and their README files below a directory."""
    for sample in SAMPLES:
        spendfold(program, sample.generate(), directory, 0)
        spendfold(program, sample.run(), directory, sample.status)
        expected = f"{sample.data}/expected.json"
        spendfold(program, ["verify", sample.set, "--expected", expected], directory, 0)
    hold_against_the_answer(directory)
    (directory / "data/README.md").write_text(sample_readme(directory), encoding="utf-8")
    (directory / "data/dirty/README.md").write_text(dirty_readme(directory), encoding="utf-8")


def hold_against_the_answer(directory: Path) -> None:
    answer = sample_answer.work_out(sample_answer.read(directory / "data"))
    results = directory / "results"
    faults = []
    if (results / "age_group_spending.csv").read_bytes() != answer.spending_csv().encode():
        faults.append("age_group_spending.csv: not what sample_answer.py works out")
    report = json.loads((results / "report.json").read_bytes())
    for name, wanted in answer.ledger.items():
        found = report
        for step in name.split("."):
            found = found[step]
        if str(found) != str(wanted):
            faults.append(f"report.json: {name} is {found}, sample_answer.py says {wanted}")
    if report["rejects"]:
        faults.append("report.json: a record of the sample was rejected")
    if faults:
        raise Failed("\n".join(f"results/{fault}" for fault in faults))


def check(program: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        make(program, fresh)
        for name in [f"{sample.data}/{file}" for sample in SAMPLES for file in FILES]:
            committed = ROOT / name
            if not committed.is_file() or committed.read_bytes() != (fresh / name).read_bytes():
                raise Failed(f"{name}: not what scripts/make_samples.py makes; run it and look at the difference")


def shown(sample: Sample) -> str:
    """The command that makes a sample, as a reader can type it: an option and its value stay together."""
    options = re.split(r" (?=-)", " ".join(["spendfold", *sample.generate()]))
    lines = textwrap.wrap(" ".join(option.replace(" ", "\0") for option in options), 96, break_on_hyphens=False)
    return "    " + " \\\n        ".join(lines).replace("\0", " ")


def sample_readme(directory: Path) -> str:
    sample = sample_answer.read(directory / "data")
    answer = sample_answer.work_out(sample)
    ledger = answer.ledger
    customers, purchases = sample.customers, sample.purchases
    ages = [int(row["age"]) for row in customers if sample_answer.age_group(row["age"])[1] is None]
    prices = sorted(Decimal(row["price"]) for row in purchases if row["price"].strip())

    def count(rows: list[dict[str, str]], wanted: str) -> int:
        return sum(any(char in value for value in row.values() for char in wanted) for row in rows)

    accented = sum(not (row["first_name"] + row["last_name"]).isascii() for row in customers)
    groups = "\n".join(f"| {' | '.join(str(value) for value in group)} |" for group in answer.groups)
    return f"""\
# Samples

`scripts/make_samples.py` writes these files and this page; change the script, not the files. The data comes from
`spendfold generate`. The people are fictitious, and their e-mail addresses use domains reserved for examples.

{shown(CLEAN)}

`spendfold run` without options reads `customers.csv` and `purchases.csv`. None of their records is rejected; many records
in [dirty/](dirty/README.md) are. `expected.json` is the answer key. The command
`spendfold verify results --expected data/expected.json` compares a run with it.

## customers.csv

| what | count |
|---|---|
| records | {ledger["customers.records"]} |
| with purchases | {ledger["customers.with_purchases"]} |
| without purchases | {ledger["customers.without_purchases"]} |
| with an empty `customer_id` (never matched, so among those without purchases) | {ledger["customers.key_missing"]} |
| with an empty age (or blanks only) | {ledger["customers.age_missing"]} |
| with an unreadable or out-of-range age | {ledger["customers.age_invalid"]} |
| youngest / oldest | {min(ages)} / {max(ages)} |
| exactly 30 / exactly 45 (bounds of the groups) | {ages.count(30)} / {ages.count(45)} |
| under 18 | {sum(age < 18 for age in ages)} |
| with an accented letter in the name (UTF-8) | {accented} |
| with a comma or a quote in the name, hence quoted | {count(customers, ',"')} |
| with a line break in the name | {count(customers, chr(10))} |

## purchases.csv

| what | count |
|---|---|
| records | {ledger["purchases.records"]} |
| matched: of a known customer | {ledger["purchases.matched"]} |
| unmatched: of no known customer (orphans) | {ledger["purchases.unmatched"]} |
| unmatched, with an empty `customer_id` | {ledger["purchases.key_missing"]} |
| with an empty price (or blanks only) | {ledger["purchases.amount_missing"]} |
| refunds (a negative price) | {sum(price < 0 for price in prices)} |
| lowest / median / highest price | {prices[0]} / {prices[len(prices) // 2]} / {prices[-1]} |
| with a line break in the product | {count(purchases, chr(10))} |
| with a comma in the product | {count(purchases, ",")} |
| with a quote in the product | {count(purchases, '"')} |

Neither file is sorted. In a few records of each file, every field is quoted, including the key.

## Expected totals

Computed by `scripts/sample_answer.py`, which uses Python's `csv` and `decimal` modules and reads only the two files:

| age_group | total_spending | purchases | customers |
|---|---|---|---|
{groups}

The total is {ledger["total_spending"]}, of which {ledger["purchases.unmatched_spending"]} was spent without a known customer.
The combined data has {ledger["combined.rows"]} rows.

{OBSERVATIONS}"""


def dirty_readme(directory: Path) -> str:
    key = json.loads((directory / "data/dirty/expected.json").read_bytes())
    with (directory / DIRTY.set / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    # The ledger's reason for one as rejects.csv words it.
    kinds = {"expected": "wrong number of fields", "duplicate": "duplicate customer"}
    reasons = Counter(kinds.get(row["reason"].split()[0], row["reason"]) for row in rejects)
    if reasons != Counter(key["rejects"]) or len(reasons) != 8:
        raise Failed(f"{DIRTY.set}/rejects.csv: {reasons}, the answer key says {key['rejects']}")
    table = "\n".join(f"| {Path(row['file']).name} | {row['line']} | {row['reason']} |" for row in rejects)
    customers, purchases = key["customers"], key["purchases"]
    return f"""\
# Dirty samples

Records with every fault for which spendfold rejects a record, and odd records that it accepts. Made with

{shown(DIRTY)}

by `scripts/make_samples.py`, which also writes this page; change the script, not the files. An editor that converts line
endings would spoil them. The command

    spendfold run -c data/dirty/customers.csv -p data/dirty/purchases.csv -o results/dirty

ends with status 3, because more records are rejected than `--max-rejects` allows, and holds its results in
`results/dirty/held`. `spendfold accept results/dirty` would publish them.
`customers.csv`: {customers["records"]} records, {customers["rejected"]} rejected; `purchases.csv`: {purchases["records"]} records, \
{purchases["rejected"]} rejected. `expected.json` is the answer key.

Both files begin with a byte order mark, and their lines end in CRLF. Odd records that are accepted:

| what | customers | purchases |
|---|---|---|
| blank line (not a record) | {customers["blank_lines"]} | {purchases["blank_lines"]} |
| empty key | {customers["key_missing"]} | {purchases["key_missing"]} |
| empty age (or blanks only) | {customers["age_missing"]} | |
| unreadable or out-of-range age | {customers["age_invalid"]} | |
| empty price (or blanks only) | | {purchases["amount_missing"]} |

Rejected records, with the line where each begins (line breaks inside quotes count):

| file | line | reason |
|---|---|---|
{table}
"""


def main() -> int:
    arguments = sys.argv[1:]
    checking = arguments[:1] == ["--check"]
    programs = arguments[1:] if checking else arguments
    if len(programs) > 1 or any(program.startswith("-") for program in programs):
        print(__doc__, file=sys.stderr)
        return 2
    program = str(Path(programs[0] if programs else ROOT / "target/release/spendfold").resolve())
    try:
        if checking:
            check(program)
            print("data/ is what scripts/make_samples.py makes")
        else:
            make(program, ROOT)
            print("data/ and results/ are made; the answers are the expected ones")
    except Failed as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

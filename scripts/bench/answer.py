#!/usr/bin/env python3
"""The independent answer, and what holds a contestant's output against it.

    answer.py work-out CUSTOMERS PURCHASES ANSWER.json
    answer.py check ANSWER.json OUTDIR [--times N] [--no-combined]

The answer is worked out from the two files alone, with the csv module and integers (billionths),
sharing no code with spendfold; the answer key that `spendfold generate` writes is not read. It covers
what the benchmark's inputs contain: records to reject, unusual ages and amounts, missing fields.
Besides totals and counts it holds a fingerprint of the combined rows that does not depend on their
order: the sum of the rows' CRC-32s. `--times N` expects the purchases to have been given N times.

Peers write numbers their own way, so 12.3 counts as 12.30 and the age 34.0 as 34. Sums may be off
by no more than floating point explains (a relative 1e-9); by how much they are off is reported.

A process of its own, so that the memory it takes is not taken for that of what is measured next.
"""

import argparse
import csv
import json
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal, getcontext
from pathlib import Path
from zlib import crc32

UNKNOWN = "Unknown"
TOLERANCE = Decimal("1e-9")
COMBINED_HEADER = (
    "customer_id product price first_name last_name email age full_name age_group".split()
)
Groups = dict[str, list[int]]  # name -> billionths, purchases, customers

# Sums of 18 integer digits and 9 fraction digits stay exact.
getcontext().prec = 60
AMOUNT = re.compile(r"[+-]?(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))")
AGE = re.compile(r"[0-9]+(\.[0-9]*)?")


class Amounts(dict[str, tuple[int, str] | None]):
    """Text of an amount -> billionths, and the form that fingerprints hold: billionths too, empty for an
    empty amount, which counts as 0. None for what is no amount, or too long for one."""

    def __missing__(self, text: str) -> tuple[int, str] | None:
        self[text] = amount = self.parse(text.strip(" \t"))
        return amount

    @staticmethod
    def parse(text: str) -> tuple[int, str] | None:
        if not text:
            return 0, ""
        form = AMOUNT.fullmatch(text)
        if form is None:
            return None
        integer, fraction = form[1] or "", form[2] or form[3] or ""
        if len(integer.lstrip("0")) > 18 or len(fraction.rstrip("0")) > 9:
            return None
        billionths = int(Decimal(text) * 10**9)
        return billionths, str(billionths)


def group_of(age: str) -> str:
    age = age.strip(" \t")
    if not AGE.fullmatch(age) or (years := Decimal(age)) > 150:
        return UNKNOWN
    if years < 18:
        return "Other"
    return "Young" if years < 30 else "Middle-aged" if years < 45 else "Senior"


def records(path: Path, fields: int) -> Iterator[list[str]]:
    """The records that are not to be rejected for their form, without the header."""
    with path.open(encoding="utf-8", newline="") as file:
        file.readline()
        start = file.tell()
        quoted = file.read(1) == '"'
        file.seek(start)
        if quoted:
            # Files in which every field is quoted are made without dirt.
            yield from csv.reader(file, strict=True)
            return
        # In the other files a quote or a carriage return occurs only in records to reject.
        for line in file:
            while line.endswith("\r"):
                line += next(file)
            record = line[:-1].split(",")
            if len(record) == fields and any(record) and '"' not in line and "\r" not in line:
                yield record


def work_out(customers_path: Path, purchases_path: Path) -> dict:
    amounts = Amounts()
    group_names: dict[str, str] = {}  # by the text of an age
    groups: Groups = {}
    tails: dict[str, bytes] = {}
    group_by_key: dict[str, list[int]] = {}
    unmatched_customers = fingerprint_of_unmatched = 0
    for key, first, last, email, age in records(customers_path, 5):
        if key in tails:
            continue
        name = group_names.get(age)
        if name is None:
            name = group_names[age] = group_of(age)
        group = groups.setdefault(name, [0, 0, 0])
        group[2] += 1
        full_name = " ".join(part for part in (first, last) if part)
        tail = f",{first},{last},{email},{written_age(age)},{full_name},{name}".encode()
        if key:
            group_by_key[key] = group
            tails[key] = tail
        else:
            # A customer without a key matches no purchase and is not a duplicate.
            unmatched_customers += 1
            fingerprint_of_unmatched += crc32(tail, crc32(b",,"))
    unknown = groups.setdefault(UNKNOWN, [0, 0, 0])
    unmatched_tail = f",,,,,,{UNKNOWN}".encode()

    with_purchases = set()
    rows = fingerprint = 0
    for key, product, price in records(purchases_path, 3):
        amount = amounts[price]
        if amount is None:
            continue
        billionths, written = amount
        group = group_by_key.get(key, unknown)
        group[0] += billionths
        group[1] += 1
        rows += 1
        row = f"{key},{product},{written}".encode()
        fingerprint += crc32(tails.get(key, unmatched_tail), crc32(row))
        with_purchases.add(key)
    without_purchases = tails.keys() - with_purchases
    unmatched_customers += len(without_purchases)
    for key in without_purchases:
        fingerprint_of_unmatched += crc32(tails[key], crc32(f"{key},,".encode()))
    return {
        "groups": {name: group for name, group in groups.items() if any(group)},
        "purchases": rows,
        "purchases_fingerprint": fingerprint,
        "unmatched_customers": unmatched_customers,
        "unmatched_customers_fingerprint": fingerprint_of_unmatched,
    }


def written_age(age: str) -> str:
    """The age as the fingerprint holds it: 34.0 counts as 34."""
    return age[:-2] if age.endswith(".0") else age


def check_totals(answer: dict, path: Path, times: int) -> Decimal:
    """Holds the totals against the answer; returns how far the sums are off."""
    with path.open(encoding="utf-8", newline="") as file:
        table = {row["age_group"]: row for row in csv.DictReader(file)}
    if table.keys() != answer["groups"].keys():
        sys.exit(f"{path}: groups {sorted(table)}, expected {sorted(answer['groups'])}")
    furthest = Decimal(0)
    for name, (billionths, purchases, customers) in answer["groups"].items():
        row = table[name]
        expected = (purchases * times, customers)
        found = (int(row["purchases"]), int(row["customers"]))
        if found != expected:
            sys.exit(f"{path}: {name}: (purchases, customers) are {found}, expected {expected}")
        total = Decimal(billionths * times) / 10**9
        off = abs(Decimal(row["total_spending"]) - total)
        if off > total * TOLERANCE:
            sys.exit(f"{path}: {name}: total is {row['total_spending']}, expected {total}")
        furthest = max(furthest, off)
    return furthest


def fingerprint_of(rows: Iterator[list[bytes]]) -> tuple[int, int]:
    """Number and fingerprint of combined rows, each a list of its fields."""
    amounts = Amounts()
    written: dict[bytes, bytes] = {}
    count = fingerprint = 0
    for key, product, price, first, last, email, age, name, group in rows:
        amount = written.get(price)
        if amount is None:
            found = amounts[price.decode()]
            amount = written[price] = found[1].encode() if found else price
        if age.endswith(b".0"):
            age = age[:-2]
        fields = (key, product, amount, first, last, email, age, name, group)
        count += 1
        fingerprint += crc32(b",".join(fields))
    return count, fingerprint


def part_fingerprint(path: Path, start: int, end: int) -> tuple[int, int]:
    """The rows of a file without quotes that begin from byte `start` to before byte `end`."""

    def rows() -> Iterator[list[bytes]]:
        with path.open("rb") as file:
            file.seek(start - 1)
            file.readline()  # the row that began before, or the end of the one before
            at = file.tell()
            for line in file:
                if at >= end:
                    return
                at += len(line)
                yield line.rstrip(b"\r\n").split(b",")

    return fingerprint_of(rows())


def quoted_fingerprint(path: Path) -> tuple[int, int]:
    """The rows of any file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        next(reader)
        return fingerprint_of([field.encode() for field in row] for row in reader)


def has_quotes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b'"' in block for block in iter(lambda: file.read(1 << 20), b""))


def check_rows(answer: dict, path: Path, times: int) -> None:
    """Holds every combined row against the answer, in whatever order they are."""
    with path.open("rb") as file:
        header = file.readline()
    if header.rstrip(b"\r\n").replace(b'"', b"").decode().split(",") != COMBINED_HEADER:
        sys.exit(f"{path}: the header is {header!r}")
    if has_quotes(path):
        rows, fingerprint = quoted_fingerprint(path)
    else:
        # A line is a row: every core takes a part.
        size, parts = path.stat().st_size, os.cpu_count() or 1
        edges = [len(header) + (size - len(header)) * part // parts for part in range(parts + 1)]
        with ProcessPoolExecutor(parts) as pool:
            found = list(pool.map(part_fingerprint, [path] * parts, edges, edges[1:]))
        rows, fingerprint = map(sum, zip(*found))
    expected_rows = answer["purchases"] * times + answer["unmatched_customers"]
    if rows != expected_rows:
        sys.exit(f"{path}: {rows} rows, expected {expected_rows}")
    expected = answer["purchases_fingerprint"] * times + answer["unmatched_customers_fingerprint"]
    if fingerprint != expected:
        sys.exit(f"{path}: the number of rows is right, but not what stands in them")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("work-out")
    command.add_argument("customers", type=Path)
    command.add_argument("purchases", type=Path)
    command.add_argument("answer", type=Path)
    command = commands.add_parser("check")
    command.add_argument("answer", type=Path)
    command.add_argument("outdir", type=Path)
    command.add_argument("--times", type=int, default=1)
    command.add_argument("--no-combined", action="store_true")
    args = parser.parse_args()

    if args.command == "work-out":
        answer = work_out(args.customers, args.purchases)
        args.answer.write_text(json.dumps(answer, indent=1) + "\n")
        return
    answer = json.loads(args.answer.read_text())
    off = check_totals(answer, args.outdir / "age_group_spending.csv", args.times)
    if not args.no_combined:
        check_rows(answer, args.outdir / "combined_data.csv", args.times)
    print(json.dumps({"furthest_off": float(off)}))


if __name__ == "__main__":
    main()

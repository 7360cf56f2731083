#!/usr/bin/env python3
"""Work out what the sample in data/ must give, and what there is to see in it.

    scripts/sample_answer.py              the totals and the ledger
    scripts/sample_answer.py --figures    the figures in the observations of data/README.md

From the two files alone, with Python's csv and decimal modules: nothing is shared with spendfold,
which made the sample and answers to it, and the key beside the sample is not read.
"""

import csv
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
AGE_GROUPS = [("Young", 18, 30), ("Middle-aged", 30, 45), ("Senior", 45, None)]

Record = dict[str, str]


def read_records(path: Path) -> tuple[list[Record], int]:
    """The records of a clean file by column name, and how many blank lines it has."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    records = [dict(zip(header, row, strict=True)) for row in rows if row]
    return records, len(rows) - len(records)


def age_group(text: str) -> tuple[str, str | None]:
    """The group of an age, and the name of the count it falls under when it cannot be told."""
    text = text.strip(" \t")
    if not text:
        return "Unknown", "age_missing"
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?", text) or Decimal(text) > 150:
        return "Unknown", "age_invalid"
    for name, lower, upper in AGE_GROUPS:
        if lower <= Decimal(text) and (upper is None or Decimal(text) < upper):
            return name, None
    return "Other", None


def amount(purchase: Record) -> Decimal:
    price = purchase["price"].strip(" \t")
    assert re.fullmatch(r"(-?[0-9]+\.[0-9]{2})?", price), f"the sample has the price {price!r}"
    return Decimal(price or "0.00")


@dataclass
class Sample:
    """Both files, read."""

    customers: list[Record]
    purchases: list[Record]
    blank_lines: tuple[int, int]
    by_key: dict[str, Record]
    """Customers who have a key."""

    def group_of(self, purchase: Record) -> str:
        customer = self.by_key.get(purchase["customer_id"])
        return age_group(customer["age"])[0] if customer else "Unknown"

    def bought_by(self, group: str) -> list[Record]:
        return [purchase for purchase in self.purchases if self.group_of(purchase) == group]

    def spent_at(self, age: str) -> Decimal:
        """By those who are exactly so old."""
        known = ((self.by_key.get(p["customer_id"]), p) for p in self.purchases)
        return sum((amount(p) for customer, p in known if customer and customer["age"] == age), Decimal(0))


def read(data: Path) -> Sample:
    customers, customer_blanks = read_records(data / "customers.csv")
    purchases, purchase_blanks = read_records(data / "purchases.csv")
    keyed = [customer for customer in customers if customer["customer_id"]]
    by_key = {customer["customer_id"]: customer for customer in keyed}
    assert len(by_key) == len(keyed), "the sample has a duplicate"
    return Sample(customers, purchases, (customer_blanks, purchase_blanks), by_key)


@dataclass
class Answer:
    """What a run must report."""

    groups: list[tuple[str, Decimal, int, int]]
    """age_group, total_spending, purchases, customers"""
    ledger: dict[str, int | Decimal]
    """By the name in report.json."""

    def spending_csv(self) -> str:
        """age_group_spending.csv, byte for byte."""
        lines = ["age_group,total_spending,purchases,customers"]
        lines += [",".join(str(value) for value in group) for group in self.groups]
        return "".join(line + "\n" for line in lines)


def work_out(sample: Sample) -> Answer:
    groups = [age_group(customer["age"]) for customer in sample.customers]
    people = Counter(group for group, _ in groups)
    faults = Counter(fault for _, fault in groups)
    bought = {name: sample.bought_by(name) for name in ("Young", "Middle-aged", "Senior", "Other", "Unknown")}
    unmatched = [p for p in sample.purchases if p["customer_id"] not in sample.by_key]
    buyers = {p["customer_id"] for p in sample.purchases} & set(sample.by_key)
    without = len(sample.customers) - len(buyers)

    def total(purchases: list[Record]) -> Decimal:
        return sum((amount(purchase) for purchase in purchases), Decimal("0.00"))

    return Answer(
        groups=[
            (name, total(theirs), len(theirs), people[name])
            for name, theirs in bought.items()
            if theirs or people[name] or name not in ("Other", "Unknown")
        ],
        ledger={
            "customers.records": len(sample.customers),
            "customers.accepted": len(sample.customers),
            "customers.rejected": 0,
            "customers.with_purchases": len(buyers),
            "customers.without_purchases": without,
            "customers.key_missing": len(sample.customers) - len(sample.by_key),
            "customers.age_missing": faults["age_missing"],
            "customers.age_invalid": faults["age_invalid"],
            "customers.blank_lines": sample.blank_lines[0],
            "purchases.records": len(sample.purchases),
            "purchases.matched": len(sample.purchases) - len(unmatched),
            "purchases.unmatched": len(unmatched),
            "purchases.rejected": 0,
            "purchases.key_missing": sum(not p["customer_id"] for p in sample.purchases),
            "purchases.amount_missing": sum(not p["price"].strip(" \t") for p in sample.purchases),
            "purchases.unmatched_spending": total(unmatched),
            "purchases.blank_lines": sample.blank_lines[1],
            "combined.rows": len(sample.purchases) + without,
            "total_spending": total(sample.purchases),
        },
    )


def priced(purchases: Iterable[Record]) -> list[Record]:
    """Those with a price: one that is missing is no price of 0."""
    return [purchase for purchase in purchases if purchase["price"].strip(" \t")]


def product(purchase: Record) -> str:
    """The product's own name: without the note below it."""
    return purchase["product"].split("\n")[0]


def figures(sample: Sample) -> dict[str, str]:
    """Each figure as data/README.md writes it."""
    answer = work_out(sample)
    groups = {name: rest for name, *rest in answer.groups}
    everything, everybody = answer.ledger["total_spending"], len(sample.customers)
    found = {}

    def money(value: Decimal) -> str:
        return f"{value:,.2f}"

    for name, _, _ in AGE_GROUPS:
        spent, purchases, people = groups[name]
        found[f"{name}: share of customers"] = f"{100 * people / everybody:.0f} %"
        found[f"{name}: share of spending"] = f"{100 * spent / everything:.0f} %"
        found[f"{name}: purchases a customer"] = f"{purchases / people:.1f}"
        found[f"{name}: spending a customer"] = f"{spent / people:.0f}"
        found[f"{name}: median price"] = money(statistics.median(map(amount, priced(sample.bought_by(name)))))

    # What a group pays for a thing, beside what is usually paid for it.
    sold: dict[str, list[Decimal]] = {}
    for purchase in priced(sample.purchases):
        sold.setdefault(product(purchase), []).append(abs(amount(purchase)))
    usual = {name: statistics.median(prices) for name, prices in sold.items()}
    for name, _, _ in AGE_GROUPS:
        paid = [abs(amount(p)) / usual[product(p)] for p in priced(sample.bought_by(name)) if len(sold[product(p)]) > 20]
        found[f"{name}: paid beside usual"] = f"{100 * statistics.median(paid):.0f} %"
        spent_on: Counter[str] = Counter()
        for purchase in sample.bought_by(name):
            spent_on[product(purchase)] += amount(purchase)
        best, spent = spent_on.most_common(1)[0]
        found[f"{name}: most is spent on, {best}"] = f"{100 * spent / groups[name][0]:.0f} %"

    at_30 = sample.spent_at("30")
    found["spent at 30"] = money(at_30)
    found["Young grows with 30"] = f"{100 * at_30 / groups['Young'][0]:.0f} %"
    ageless = groups["Unknown"][0] - answer.ledger["purchases.unmatched_spending"]
    found["Unknown: share of spending"] = f"{100 * groups['Unknown'][0] / everything:.1f} %"
    found["without a customer"] = money(answer.ledger["purchases.unmatched_spending"])
    found["without an age"] = money(ageless)
    found["without an age: customers"] = f"{groups['Unknown'][2]}"
    found["without an age: spending a customer"] = f"{ageless / groups['Unknown'][2]:.0f}"
    refunds = [amount(p) for p in sample.purchases if amount(p) < 0]
    found["Young with all that is Unknown"] = money(groups["Young"][0] + groups["Unknown"][0])
    found["refunds"] = f"{len(refunds)}"
    found["refunded"] = money(-sum(refunds))
    found["refunded beside sold"] = f"{100 * -sum(refunds) / (everything - sum(refunds)):.1f} %"
    return found


def main() -> int:
    if sys.argv[1:] not in ([], ["--figures"]):
        print(__doc__, file=sys.stderr)
        return 2
    sample = read(DATA)
    if sys.argv[1:]:
        lines = figures(sample)
    else:
        answer = work_out(sample)
        print(answer.spending_csv())
        lines = answer.ledger
    for name, value in lines.items():
        print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

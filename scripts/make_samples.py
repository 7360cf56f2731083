#!/usr/bin/env python3
"""Make the committed samples under data/, and the results recorded from them.

    scripts/make_samples.py                      write data/ anew, print what it holds
    scripts/make_samples.py --check              exit 1 when data/ is not what this script writes
    scripts/make_samples.py --expected           print the totals the sample must give
    scripts/make_samples.py --results PATH       run PATH (a spendfold binary) on both samples,
                                                 record results/ and results/dirty/, check them

Two pairs of files are made:

* data/customers.csv and data/purchases.csv, a realistic sample without a rejected record;
* data/dirty/, a short pair in which every reason of rejection occurs, next to odd records that
  are accepted. Its records stand one by one in DIRTY_CUSTOMERS and DIRTY_PURCHASES below.

The README.md of either directory is written too, so that its counts and line numbers stay true.

Standard library only, and no floating point: the generator of random numbers and every price are
integers, so that the bytes are the same on every machine and under every version of Python.
The totals of --expected are worked out from the written files with the csv and decimal modules,
independently of the generator and of spendfold.
"""

import argparse
import csv
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
SEED = 20260401
CUSTOMER_COUNT = 1_000
PURCHASE_COUNT = 5_000

T = TypeVar("T")


class Dice:
    """SplitMix64 (Steele, Lea and Flood, 2014): a seeded stream of 64-bit integers.

    Python promises a stable sequence only for random.random(), not for choice or shuffle; these
    few lines promise it for all that is used here.
    """

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """0 .. bound - 1. The bias of the modulo is below 2**-40 for the bounds used here."""
        return self.next() % bound

    def between(self, low: int, high: int) -> int:
        """low .. high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def pick_weighted(self, items: Sequence[T], weights: Sequence[int]) -> T:
        point = self.below(sum(weights))
        for item, upper in zip(items, itertools.accumulate(weights)):
            if point < upper:
                return item
        raise AssertionError("the point lies below the sum of the weights")

    def shuffle(self, items: list[T]) -> None:
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def sample(self, population: Iterable[T], count: int) -> list[T]:
        items = list(population)
        self.shuffle(items)
        return items[:count]


# ---------------------------------------------------------------------------------------------
# The realistic sample
# ---------------------------------------------------------------------------------------------

FIRST_NAMES = """
    Adam Agnès Aisha Alejandro Alice Amélie Amir Anders Andreea Anna Antonio Arjun Astrid Beatriz
    Benjamin Björn Camille Carlos Carmen Chiara Chloé Claire Daniel David Dimitra Elena Elif Emil
    Emma Erik Eva Fatima Felix Fiona François Freya George Giulia Grace Hannah Hana Hugo Ingrid
    Ines Ivan Jakub James Jan Javier Johanna John José Julia Kaan Karim Katarzyna Kenji Kwame Lars
    Laura Leila Léo Linda Lucas Lucía Magda Małgorzata Marco Maria Marie Mark Martin Mary Mateo
    Matthias Mei Michael Miguel Milena Mohammed Nadia Nina Noah Nora Olga Oliver Omar Patricia Paul
    Pedro Peter Priya Rafael René Robert Rosa Samuel Sara Sean Sofía Søren Stefan Susan Theo Thomas
    Tomáš Ulrike Valentina Victor Wei William Yasmin Yuki Zoë
""".split()

LAST_NAMES = """
    Abadi Ahmed Almeida Andersen Anderson Bakker Barbieri Bauer Becker Bennett Bernard Brown Carter
    Castillo Chen Clark Costa Cruz Davies Demir Díaz Dubois Eriksson Evans Fernández Ferrari Fischer
    Fontaine García Girard Gómez González Green Gruber Gustafsson Hall Hansen Harris Hernández
    Hoffmann Horváth Hughes Ibrahim Ivanova Jackson Jansen Jensen Johnson Jones Kaya Keller Khan Kim
    Klein Kowalski Krüger Kumar Larsen Lefèvre Lehmann Lewis Li López Mäkinen Martin Martínez Meyer
    Miller Moreau Morris Müller Nagy Nakamura Nguyen Nielsen Novák Nowak O'Brien O'Connor Okafor
    Olsson Papadopoulos Patel Pereira Pérez Petrov Popescu Ricci Roberts Rodríguez Rossi Roux
    Sánchez Santos Schäfer Schmidt Schneider Scott Silva Singh Smith Sørensen Suzuki Svensson Szabó
    Takahashi Taylor Thomas Thompson Torres Turner Van-Dijk Virtanen Wagner Walker Wang Weber White
    Williams Wilson Wright Yamamoto Yılmaz Young Zhang Zieliński
""".split()

# Names that a careless reader of CSV gets wrong: commas, doubled quotes, one part only.
AWKWARD_NAMES = [
    ("Patrick", "O'Neil, Jr."),
    ("Henry", "Whitfield, Sr."),
    ("Martin", "King, III"),
    ("Elizabeth", "Shaw, PhD"),
    ("Gabriele", "Conti, Dott."),
    ('Robert "Bob"', "Miller"),
    ('Margaret "Peggy"', "O'Hara, née Doyle"),
    ("José María", "de la Cruz y Vega"),
    ("Anne-Sophie", "von der Heide"),
    ("Madonna", ""),
    ("", "Suharto"),
]

# name, usual price in cents, how gladly the young, the middle-aged and the seniors buy it
PRODUCTS = [
    ("Phone case", 1290, 9, 5, 2),
    ("Wireless earphones", 4990, 9, 5, 2),
    ("Game controller", 5490, 8, 4, 1),
    ("Video game", 3990, 9, 4, 1),
    ("Energy drink, 12 cans", 1590, 8, 3, 0),
    ("Sneakers", 7490, 8, 6, 3),
    ("T-shirt, organic cotton", 1990, 8, 6, 3),
    ("Backpack", 4490, 7, 5, 2),
    ("Skateboard", 5990, 5, 1, 0),
    ("Festival tent\n(two persons, green)", 6990, 4, 3, 1),
    ("Notebook, squared", 390, 6, 4, 4),
    ("Paperback novel", 1190, 5, 6, 8),
    ("Ground coffee, 1 kg", 1490, 4, 7, 8),
    ("Tea assortment", 990, 3, 4, 8),
    ("Socks, 3 pairs", 990, 6, 6, 7),
    ('27" monitor', 21900, 3, 6, 1),
    ("Laptop", 84900, 2, 5, 1),
    ("Mechanical keyboard", 8990, 4, 4, 1),
    ("Office chair", 18900, 1, 6, 2),
    ("Standing desk\nElectric, oak top", 39900, 0, 5, 1),
    ("Espresso machine", 29900, 1, 5, 2),
    ("Child car seat", 15900, 0, 6, 1),
    ("Wooden train set", 4590, 0, 6, 5),
    ("Nappies, size 3", 2290, 1, 8, 0),
    ("Bicycle helmet", 5990, 3, 5, 3),
    ("Cordless drill", 11900, 1, 6, 3),
    ("Frying pan 28 cm", 3490, 3, 6, 4),
    ("Running watch", 19900, 2, 5, 2),
    ("Robot vacuum", 27900, 1, 5, 2),
    ("Bed linen", 4990, 2, 5, 5),
    ("Garden shears", 2490, 0, 3, 8),
    ("Rose bush", 1590, 0, 2, 8),
    ("Garden bench\nDelivered to the door", 22900, 0, 2, 5),
    ("Reading glasses", 1990, 0, 2, 9),
    ("Blood pressure monitor", 4490, 0, 1, 7),
    ("Vitamin D, 120 tablets", 890, 1, 3, 9),
    ("Walking boots", 12900, 1, 3, 6),
    ("Kitchen radio", 5990, 0, 2, 7),
    ("Crossword book", 690, 0, 1, 8),
    ("Café crème cups, set of 6", 2990, 1, 3, 4),
]

# The bands the generator thinks in: lowest age, highest age, share of the customers in percent,
# and how often one of them buys compared with the others.
BANDS = [(18, 29, 27, 5), (30, 44, 33, 8), (45, 90, 40, 4)]

EMPTY_KEY_CUSTOMERS = 2
EMPTY_AGES = 14
ODD_AGES = ["n/a", "1987"]  # the second: a year of birth in the wrong column
MINOR_AGES = ["16", "17", "17"]  # valid, in no group
WITHOUT_PURCHASES = 170  # besides those with an empty key

REFUNDS = 110
ORPHANS = 80
EMPTY_KEY_PURCHASES = 12
EMPTY_AMOUNTS = 18

CUSTOMERS_HEADER = ["customer_id", "first_name", "last_name", "email", "age"]
PURCHASES_HEADER = ["customer_id", "product", "price"]


def csv_field(value: str, always_quoted: bool = False) -> str:
    """One field, quoted when it must be (or always), with inner quotes doubled."""
    if always_quoted or any(c in value for c in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def csv_file(
    dice: Dice, header: list[str], records: list[list[str]], quoted: int, blank_lines: int
) -> bytes:
    """The bytes of a file, in which `quoted` records have every field quoted, as some exporting
    systems have it, and `blank_lines` empty lines stand between records."""
    all_quoted = set(dice.sample(range(len(records)), quoted))
    lines = [
        ",".join(csv_field(value, always_quoted=i in all_quoted) for value in record)
        for i, record in enumerate(records)
    ]
    for place in sorted(dice.sample(range(1, len(lines)), blank_lines), reverse=True):
        lines.insert(place, "")
    return "".join(line + "\n" for line in [",".join(header), *lines]).encode()


def ascii_mailbox(first: str, last: str) -> str:
    """first.last for an e-mail address, without accents and without anything but letters."""
    text = f"{first}.{last}".translate(str.maketrans("øØłŁı", "oOlLi"))
    text = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[^a-z.]", "", text).strip(".")


def band_of(age: str) -> int:
    """The index into BANDS; an age that is not a number, or a minor's, counts as the first."""
    years = int(age) if age.isdigit() else 0
    return max((i for i, band in enumerate(BANDS) if band[0] <= years <= band[1]), default=0)


def make_customers(dice: Dice) -> list[list[str]]:
    """The customers' records in file order."""
    special = [""] * EMPTY_AGES + ODD_AGES + MINOR_AGES
    ages = [str(age) for age in range(18, 91)] + special  # so that every age occurs
    while len(ages) < CUSTOMER_COUNT:
        low, high, _, _ = dice.pick_weighted(BANDS, [share for _, _, share, _ in BANDS])
        # The lower of two draws thins the seniors out towards 90.
        draws = [dice.between(low, high) for _ in range(2 if low >= 45 else 1)]
        ages.append(str(min(draws)))
    dice.shuffle(ages)

    names = list(AWKWARD_NAMES)
    while len(names) < CUSTOMER_COUNT:
        names.append((dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)))
    dice.shuffle(names)

    keys = [str(key) for key in dice.sample(range(1001, 3000), CUSTOMER_COUNT)]
    keys[-EMPTY_KEY_CUSTOMERS:] = [""] * EMPTY_KEY_CUSTOMERS
    dice.shuffle(keys)

    mailboxes: Counter[str] = Counter()
    records = []
    for key, (first, last), age in zip(keys, names, ages):
        mailbox = ascii_mailbox(first, last)
        mailboxes[mailbox] += 1
        number = mailboxes[mailbox] if mailboxes[mailbox] > 1 else ""
        domain = dice.pick(["example.com", "example.org", "example.net"])
        records.append([key, first, last, f"{mailbox}{number}@{domain}", age])
    return records


def make_price(dice: Dice, usual_cents: int) -> int:
    """Cents around the usual price: a product of factors, hence roughly log-normal."""
    cents = usual_cents
    for _ in range(3):
        cents = cents * dice.between(75, 132) // 100
    return max(cents, 1)


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def make_purchases(dice: Dice, customers: list[list[str]]) -> list[list[str]]:
    """The purchases' records in file order, a refund always after the purchase it takes back."""
    band_of_key = {key: band_of(age) for key, *_, age in customers if key}
    silent = set(dice.sample(band_of_key, WITHOUT_PURCHASES))
    buyers = [key for key in band_of_key if key not in silent]
    # A few customers buy a lot: the square of a small number, times the habit of the band.
    zeal = [dice.between(2, 8) ** 2 * BANDS[band_of_key[key]][3] for key in buyers]

    known_count = PURCHASE_COUNT - REFUNDS - ORPHANS - EMPTY_KEY_PURCHASES
    keys = list(buyers)  # once each, so that exactly the silent ones buy nothing
    keys += [dice.pick_weighted(buyers, zeal) for _ in range(known_count - len(buyers))]
    orphan_keys = range(5001, 5041)
    keys += [str(dice.pick(orphan_keys)) for _ in range(ORPHANS)]
    keys += [""] * EMPTY_KEY_PURCHASES
    dice.shuffle(keys)

    sales = []
    for key in keys:
        band = band_of_key.get(key, 1)
        product = dice.pick_weighted(PRODUCTS, [liked[band] for _, _, *liked in PRODUCTS])
        sales.append((key, product[0], make_price(dice, product[1])))

    # Refunds: the same customer and product, the price negative, somewhere later in the file.
    refunds_after: dict[int, list[tuple[str, str, int]]] = {}
    known = [i for i, (key, _, _) in enumerate(sales) if key in band_of_key]
    for i in dice.sample(known, REFUNDS):
        later = dice.between(i, len(sales) - 1)
        key, product, cents = sales[i]
        refunds_after.setdefault(later, []).append((key, product, -cents))

    records = []
    for i, sale in enumerate(sales):
        for key, product, cents in [sale, *refunds_after.get(i, [])]:
            records.append([key, product, money(cents)])
    for i in dice.sample(range(len(records)), EMPTY_AMOUNTS):
        records[i][2] = ""
    return records


# ---------------------------------------------------------------------------------------------
# The dirty sample
# ---------------------------------------------------------------------------------------------

LF, CRLF = b"\n", b"\r\n"


@dataclass(frozen=True)
class Shown:
    """One record of the dirty sample, and why it stands there."""

    record: bytes
    """Without its line end; empty for a blank line."""
    shows: str
    reason: str | None = None
    """The reason of rejection, {line} being the line of `first`; None: accepted."""
    first: bytes = b""
    """For a duplicate: how the record begins that claimed the key."""
    end: bytes = LF


BOM = b"\xef\xbb\xbf"
DUPLICATE = "duplicate customer_id, first at line {line}"
AFTER_QUOTE = "text after closing quote"
BARE_CR = "bare carriage return"
EMPTY = "empty record"
NOT_DECIMAL = "amount is not a decimal number"
FRACTION = "amount has more than 9 fraction digits"
INTEGER = "amount has more than 18 integer digits"

DIRTY_CUSTOMERS_HEADER = Shown(
    BOM + b"customer_id,first_name,last_name,email,age", "byte order mark, CRLF", end=CRLF
)
DIRTY_CUSTOMERS = [
    Shown(b"1,Ada,Lovelace,ada@example.org,36", "a plain record, LF"),
    Shown(b"2,Alan,Turing,alan@example.org,41", "CRLF among LF", end=CRLF),
    Shown(b"", "a blank line (CRLF): counted, no record", end=CRLF),
    Shown(b'3,Grace,"Hopper, Rear Admiral",grace@example.org,85', "comma in a quoted field"),
    Shown(b'4,Edsger "EWD",Dijkstra,ewd@example.org,72', "quotes in an unquoted field"),
    Shown(b'5,"Barbara ""Babs""",Liskov,,29.9', "doubled quotes; age 29.9 is Young"),
    Shown(b'6,"Jean\nLuc",Moreau,jl@example.org,30', "LF in quotes; age 30 is Middle-aged"),
    Shown(b"7,Nadia,Okafor,nadia@example.org,45", "age 45 is Senior"),
    Shown(b" 7,Blank,Seven,blank@example.org,44.99", "key with a blank: not 7"),
    Shown(b"007,James,Bond,bond@example.org,034", "key 007: not 7; age 034 is 34"),
    Shown(b'"7",Quoted,Seven,q@example.org,50', '"7" is 7', DUPLICATE, b"7,"),
    Shown(b"1,Ada,King,ada.king@example.org,36", "the first one stays", DUPLICATE, b"1,"),
    Shown(b'"8"x,Text,After,x@example.org,20', "text right after the key's quote", AFTER_QUOTE),
    Shown(b"8,Second,Try,8@example.org,18", "a rejected record has not claimed key 8"),
    Shown(b'9,"Ann" ,Blank,ann@example.org,33', "a blank is text too", AFTER_QUOTE),
    Shown(b'9,"Two\nlines"x,Ann,ann@example.org,33', "spread over two lines", AFTER_QUOTE),
    Shown(b"10,Carriage\rReturn,Old,mac@example.org,61", "CR without LF", BARE_CR),
    Shown(b'10,"Both"x,Faults\r,b@example.org', "three faults: the first counts", AFTER_QUOTE),
    Shown(b"11,Too,Few", "", "expected 5 fields, found 3"),
    Shown(b"11,Too,Many,many@example.org,40,!", "", "expected 5 fields, found 6"),
    Shown(b",,,,", "as spreadsheets leave them", EMPTY),
    Shown(b'"",,"",,', "quoted nothing is nothing", EMPTY, end=CRLF),
    Shown(b",No,Key,nokey@example.org,52", "an empty key matches nothing"),
    Shown(b",Nor,Here,nokey2@example.org,28", "two empty keys are no duplicate"),
    Shown(b"12,No,Age,noage@example.org,", "no age: Unknown, `age_missing`"),
    Shown(b"13,Signed,Age,sign@example.org,+34", "+34 is no age: Unknown, `age_invalid`"),
    Shown(b"14,Too,Old,old@example.org,151", "beyond 150: Unknown, `age_invalid`"),
    Shown(b"15,Still,Young,minor@example.org,17", "a valid age in no group: Other"),
    Shown(b'16,Spaced,Age,spaced@example.org," 18. "', "blanks around an age; 18. is Young"),
    Shown(b"17,Last,Line,last@example.org,150", "no line end at the end of the file", end=b""),
]

DIRTY_PURCHASES_HEADER = Shown(b"customer_id,product,price", "LF, no byte order mark")
DIRTY_PURCHASES = [
    Shown(b"", "a blank line before the first record"),
    Shown(b"1,Lamp,10.00", "a plain record"),
    Shown(b"1,Lamp,10.00", "the same purchase again: both count"),
    Shown(b'2,5" nails,.5', "a quote in an unquoted field; .5 is 0.5"),
    Shown(b"2,Pencil,5.", "5. is 5"),
    Shown(b"3,Sticker,-0", "-0 is 0"),
    Shown(b'3,Eraser," 5 "', "blanks around an amount", end=CRLF),
    Shown(b"3,Returned eraser,-5.00", "a refund; after a CRLF"),
    Shown(b"4,Voucher,+7.25", "a plus sign"),
    Shown(b"4,Saffron,0.123456789", "9 fraction digits: all totals are written with 9"),
    Shown(b"4,Pepper,1.5000000000", "zeros beyond the ninth do not count"),
    Shown(b"5,Island,100000000000000000.00", "18 integer digits"),
    Shown(b"5,Island returned,-100000000000000000.00", "and back"),
    Shown(b"5,Ruler,000000000000000000001.25", "leading zeros do not count"),
    Shown(b'6,"Desk, ""oak""\r\nflat-packed",199.00', "comma, quotes and CRLF in a field"),
    Shown(b"7,Tea,3.10", "key 7"),
    Shown(b'"7",Tea,3.20', '"7" is 7'),
    Shown(b" 7,Tea,3.30", "the key with a blank has its own customer"),
    Shown(b"007,Martini,3.40", "so has 007"),
    Shown(b"8,Mug,6.00", "customer 8, whose first record was rejected"),
    Shown(b"9,Mug,6.00", "customer 9 was rejected: unmatched"),
    Shown(b"99,Mug,6.00", "no such customer: unmatched"),
    Shown(b",Mug,6.00", "an empty key: unmatched, `key_missing`"),
    Shown(b"12,Mug,6.00", "a customer of unknown age"),
    Shown(b"15,Comic,4.00", "a customer in no age group"),
    Shown(b"16,Gift,", "no amount: the row stays, `amount_missing`"),
    Shown(b'16,Gift,"  "', "blanks alone are no amount either"),
    Shown(b'1,"Lamp"s,10.00', "", AFTER_QUOTE),
    Shown(b"1,La\rmp,10.00", "CR without LF", BARE_CR),
    Shown(b"1,Lamp", "", "expected 3 fields, found 2"),
    Shown(b"1,Lamp,10,00", "a decimal comma, not quoted", "expected 3 fields, found 4"),
    Shown(b" ", "one blank is no blank line", "expected 3 fields, found 1"),
    Shown(b",,", "", EMPTY),
    Shown(b"1,Lamp,EUR 10.00", "a currency", NOT_DECIMAL),
    Shown(b'1,Lamp,"1,000.00"', "a thousands separator", NOT_DECIMAL),
    Shown(b"1,Lamp,1e3", "an exponent", NOT_DECIMAL),
    Shown(b"1,Lamp,-", "a sign and no digit", NOT_DECIMAL),
    Shown(b"1,Lamp,0.1234567891", "10 fraction digits", FRACTION),
    Shown(b"1,Lamp,1000000000000000000", "19 integer digits", INTEGER),
    Shown(b"1,Lamp,1000000000000000000.0000000001", "both: the fraction comes first", FRACTION),
    Shown(b"1,Lamp,10.00\r", "CR as the last byte of the file", BARE_CR, end=b""),
]


@dataclass
class DirtyFile:
    """A dirty file laid out: its bytes, and each record with its place."""

    text: bytes
    places: list[tuple[int, int, Shown, str | None]] = field(default_factory=list)
    """line (from 1), byte (from 0), record, reason with its line number filled in."""


def lay_out(header: Shown, shown: list[Shown]) -> DirtyFile:
    laid = DirtyFile(b"")
    line_of: dict[bytes, int] = {}
    line = 1
    for entry in [header, *shown]:
        reason = entry.reason
        if entry.first:
            claimed = next(at for record, at in line_of.items() if record.startswith(entry.first))
            reason = DUPLICATE.format(line=claimed)
        elif entry.record and reason is None:
            line_of[entry.record] = line
        laid.places.append((line, len(laid.text), entry, reason))
        laid.text += entry.record + entry.end
        line += (entry.record + entry.end).count(LF)
    return laid


def expected_rejects(files: dict[str, DirtyFile]) -> bytes:
    """rejects.csv, byte for byte, when the files are given under these paths, in this order."""
    text = b"file,line,byte,reason,record\n"
    for path, laid in files.items():
        for line, byte, entry, reason in laid.places:
            if reason is not None:
                head = f"{path},{line},{byte},{csv_field(reason)},".encode()
                text += head + b'"' + entry.record.replace(b'"', b'""') + b'"\n'
    return text


# ---------------------------------------------------------------------------------------------
# What the sample must give, worked out from the files
# ---------------------------------------------------------------------------------------------

AGE_GROUPS = [("Young", 18, 30), ("Middle-aged", 30, 45), ("Senior", 45, None)]


@dataclass
class Expected:
    """The answer to the sample: the parts of report.json that can be known beforehand."""

    customers: dict[str, int]
    purchases: dict[str, int | str]
    rows: int
    groups: list[tuple[str, str, int, int]]
    """age_group, total_spending, purchases, customers"""
    total: str

    def spending_csv(self) -> str:
        """age_group_spending.csv, byte for byte."""
        lines = ["age_group,total_spending,purchases,customers"]
        lines += [",".join(str(value) for value in group) for group in self.groups]
        return "".join(line + "\n" for line in lines)

    def differences(self, report: dict) -> list[str]:
        """Where a report.json says something else."""
        wanted = {
            ("customers",): self.customers,
            ("purchases",): self.purchases,
            ("combined",): {"rows": self.rows},
            (): {"total_spending": self.total, "rejects": {}},
        }
        found = []
        for path, values in wanted.items():
            place = report
            for step in path:
                place = place.get(step, {})
            for name, value in values.items():
                if place.get(name) != value:
                    label = ".".join((*path, name))
                    found.append(f"{label}: expected {value}, report says {place.get(name)}")
        return found

    def print(self) -> None:
        print(self.spending_csv())
        for part, values in (("customers", self.customers), ("purchases", self.purchases)):
            for name, value in values.items():
                print(f"{part}.{name}: {value}")
        print(f"combined.rows: {self.rows}")
        print(f"total_spending: {self.total}")


def read_records(path: Path) -> tuple[list[dict[str, str]], int]:
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


def work_out(directory: Path) -> Expected:
    customers, customer_blanks = read_records(directory / "customers.csv")
    purchases, purchase_blanks = read_records(directory / "purchases.csv")

    group_of_key: dict[str, str] = {}
    customer_counts: Counter[str] = Counter()
    faults: Counter[str | None] = Counter()
    for customer in customers:
        group, fault = age_group(customer["age"])
        customer_counts[group] += 1
        faults[fault] += 1
        if customer["customer_id"]:
            assert customer["customer_id"] not in group_of_key, "the sample has a duplicate"
            group_of_key[customer["customer_id"]] = group

    amounts: dict[str, list[Decimal]] = {}
    seen: set[str] = set()
    unmatched: list[Decimal] = []
    missing = digits = 0
    for purchase in purchases:
        key, price = purchase["customer_id"], purchase["price"]
        assert re.fullmatch(r"(-?[0-9]+\.[0-9]{2})?", price), f"the sample has the price {price!r}"
        missing += not price
        amount = Decimal(price or "0")
        digits = max(digits, -int(amount.as_tuple().exponent))
        amounts.setdefault(group_of_key.get(key, "Unknown"), []).append(amount)
        if key in group_of_key:
            seen.add(key)
        else:
            unmatched.append(amount)

    def total(values: list[Decimal]) -> str:
        return f"{sum(values, Decimal(0)):.{digits}f}"

    names = [name for name, _, _ in AGE_GROUPS]
    names += [n for n in ("Other", "Unknown") if n in amounts or customer_counts[n]]
    without = len(customers) - len(seen)
    return Expected(
        customers={
            "records": len(customers),
            "accepted": len(customers),
            "rejected": 0,
            "with_purchases": len(seen),
            "without_purchases": without,
            "key_missing": len(customers) - len(group_of_key),
            "age_missing": faults["age_missing"],
            "age_invalid": faults["age_invalid"],
            "blank_lines": customer_blanks,
        },
        purchases={
            "records": len(purchases),
            "matched": len(purchases) - len(unmatched),
            "unmatched": len(unmatched),
            "rejected": 0,
            "key_missing": sum(not purchase["customer_id"] for purchase in purchases),
            "amount_missing": missing,
            "unmatched_spending": total(unmatched),
            "blank_lines": purchase_blanks,
        },
        rows=len(purchases) + without,
        groups=[
            (n, total(amounts.get(n, [])), len(amounts.get(n, [])), customer_counts[n])
            for n in names
        ],
        total=total([amount for values in amounts.values() for amount in values]),
    )


# ---------------------------------------------------------------------------------------------
# The two README.md files
# ---------------------------------------------------------------------------------------------


def sample_readme(directory: Path) -> str:
    expected = work_out(directory)
    customers, _ = read_records(directory / "customers.csv")
    purchases, _ = read_records(directory / "purchases.csv")
    c, p = expected.customers, expected.purchases
    ages = [int(row["age"]) for row in customers if age_group(row["age"])[1] is None]
    prices = sorted(Decimal(row["price"]) for row in purchases if row["price"])

    def count(rows: list[dict[str, str]], wanted: str) -> int:
        return sum(any(char in value for value in row.values() for char in wanted) for row in rows)

    accented = sum(not (r["first_name"] + r["last_name"]).isascii() for r in customers)
    groups = "\n".join(
        f"| {name} | {total} | {bought} | {people} |"
        for name, total, bought, people in expected.groups
    )
    return f"""\
# Samples

Made by `scripts/make_samples.py`, this page included: change the script, not the files.
`scripts/make_samples.py --check` says whether they are still what the script writes. Nobody in
them is real; the addresses end in domains reserved for examples.

`customers.csv` and `purchases.csv` are what `spendfold run` reads when it is given no options.
They hold no record that is rejected. [dirty/](dirty/README.md) holds little else.

## customers.csv

| what | count |
|---|---|
| records | {c["records"]} |
| with purchases | {c["with_purchases"]} |
| without purchases | {c["without_purchases"]} |
| with an empty `customer_id` (never matched, so among those without purchases) | {c["key_missing"]} |
| with an empty age | {c["age_missing"]} |
| with an age that is none (`n/a`, and a year of birth) | {c["age_invalid"]} |
| ages 18 to 90, each of which occurs | {sum(18 <= age <= 90 for age in ages)} |
| exactly 30 / exactly 45 (the bounds of the groups) | {ages.count(30)} / {ages.count(45)} |
| under 18 | {sum(age < 18 for age in ages)} |
| with an accented letter in the name (UTF-8) | {accented} |
| with a comma or a quote in the name, hence quoted | {count(customers, ',"')} |
| blank lines | {c["blank_lines"]} |

## purchases.csv

| what | count |
|---|---|
| records | {p["records"]} |
| of a known customer | {p["matched"]} |
| of no known customer (orphans) | {p["unmatched"]} |
| ... of these with an empty `customer_id` | {p["key_missing"]} |
| with an empty price | {p["amount_missing"]} |
| refunds (a negative price, after the purchase it takes back) | {sum(x < 0 for x in prices)} |
| lowest / median / highest price | {prices[0]} / {prices[len(prices) // 2]} / {prices[-1]} |
| with a line break in the product | {count(purchases, chr(10))} |
| with a comma in the product | {count(purchases, ",")} |
| with a quote in the product | {count(purchases, '"')} |
| blank lines | {p["blank_lines"]} |

Neither file is sorted. In a few records of each, every field is quoted, the key too.

## What they must give

From `scripts/make_samples.py --expected`, which works it out with Python's `csv` and `decimal`:

| age_group | total_spending | purchases | customers |
|---|---|---|---|
{groups}

All together {expected.total}, of which {p["unmatched_spending"]} without a known customer; {expected.rows} combined rows.
"""


def dirty_readme(files: dict[str, DirtyFile]) -> str:
    rows = []
    for name, laid in files.items():
        for line, _, entry, reason in laid.places:
            verdict = f"rejected: {reason}" if reason else "accepted"
            if line == 1:
                verdict = "header"
            elif not entry.record:
                verdict = "skipped"
            rows.append(f"| {name} | {line} | {verdict} | {entry.shows} |")
    table = "\n".join(rows)
    rejected = {
        name: sum(reason is not None for *_, reason in laid.places) for name, laid in files.items()
    }
    records = {
        name: sum(bool(entry.record) for _, _, entry, _ in laid.places) - 1
        for name, laid in files.items()
    }
    both = "; ".join(f"`{n}`: {records[n]} records, {rejected[n]} rejected" for n in files)
    return f"""\
# Dirty samples

Every reason for which spendfold rejects a record, and next to them odd records that it accepts.
Made by `scripts/make_samples.py`, this page included: change the script, not the files. An editor
that "repairs" line ends would spoil them.

    spendfold run -c data/dirty/customers.csv -p data/dirty/purchases.csv -o results/dirty

publishes its results and ends with status 3, since more records are rejected than
`--max-rejects` allows. {both}.

`line` is where the record begins; a line break inside quotes counts.

| file | line | verdict | what it shows |
|---|---|---|---|
{table}
"""


# ---------------------------------------------------------------------------------------------
# Commands
# ---------------------------------------------------------------------------------------------


def dirty_files() -> dict[str, DirtyFile]:
    return {
        "customers.csv": lay_out(DIRTY_CUSTOMERS_HEADER, DIRTY_CUSTOMERS),
        "purchases.csv": lay_out(DIRTY_PURCHASES_HEADER, DIRTY_PURCHASES),
    }


def write_samples(directory: Path) -> list[Path]:
    """Write everything into `directory` and return the paths written, relative to it."""
    dice = Dice(SEED)
    customers = make_customers(dice)
    purchases = make_purchases(dice, customers)
    files = dirty_files()

    (directory / "dirty").mkdir(parents=True, exist_ok=True)
    written = []

    def write(name: str, text: bytes) -> None:
        (directory / name).write_bytes(text)
        written.append(Path(name))

    write("customers.csv", csv_file(dice, CUSTOMERS_HEADER, customers, 15, blank_lines=2))
    write("purchases.csv", csv_file(dice, PURCHASES_HEADER, purchases, 60, blank_lines=5))
    write("README.md", sample_readme(directory).encode())
    for name, laid in files.items():
        write(f"dirty/{name}", laid.text)
    write("dirty/README.md", dirty_readme(files).encode())
    return written


def check() -> int:
    """0 when data/ is what write_samples writes, 1 with the names of the files that differ."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        different = 0
        for name in write_samples(fresh):
            committed = ROOT / "data" / name
            if not committed.is_file():
                print(f"data/{name}: missing", file=sys.stderr)
            elif committed.read_bytes() != (fresh / name).read_bytes():
                print(f"data/{name}: differs from what the script makes", file=sys.stderr)
            else:
                continue
            different += 1
    if different:
        print("run scripts/make_samples.py and look at the difference", file=sys.stderr)
        return 1
    print("data/ is what scripts/make_samples.py makes")
    return 0


def record_results(spendfold: str) -> int:
    """Run the binary on both samples from the root; 0 when its answers are the expected ones."""
    binary = str(Path(spendfold).resolve()) if os.sep in spendfold else spendfold
    # No setting of the caller's may find its way into what is recorded.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPENDFOLD_")}
    dirty_paths = ["data/dirty/customers.csv", "data/dirty/purchases.csv"]
    dirty_arguments = ["-c", dirty_paths[0], "-p", dirty_paths[1], "-o", "results/dirty"]
    for arguments, wanted in (([], 0), (dirty_arguments, 3)):
        command = [binary, "run", "-q", *arguments]
        try:
            status = subprocess.run(command, cwd=ROOT, env=environment).returncode
        except OSError as error:
            print(f"{spendfold}: cannot be run: {error.strerror}", file=sys.stderr)
            return 1
        if status != wanted:
            line = " ".join(command)
            print(f"{line}: exit status {status}, expected {wanted}", file=sys.stderr)
            return 1

    expected = work_out(ROOT / "data")
    results = ROOT / "results"
    faults = []
    try:
        if (results / "age_group_spending.csv").read_bytes() != expected.spending_csv().encode():
            faults.append("results/age_group_spending.csv: not what --expected prints")
        report = json.loads((results / "report.json").read_bytes())
        faults += [f"results/report.json: {text}" for text in expected.differences(report)]
        rejects = expected_rejects(dict(zip(dirty_paths, dirty_files().values())))
        if (results / "dirty/rejects.csv").read_bytes() != rejects:
            faults.append("results/dirty/rejects.csv: not the rejects that the sample was made for")
    except FileNotFoundError as error:
        faults.append(f"{Path(error.filename).relative_to(ROOT)}: was not written")
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print("results/ and results/dirty/ recorded; the answers are the expected ones")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare data/ with a fresh copy")
    mode.add_argument("--expected", action="store_true", help="print the answer to the sample")
    mode.add_argument("--results", metavar="PATH", help="record results/ with this binary")
    args = parser.parse_args()
    if args.check:
        return check()
    if args.expected:
        work_out(ROOT / "data").print()
        return 0
    if args.results:
        return record_results(args.results)
    for name in write_samples(ROOT / "data"):
        print(f"data/{name}: {(ROOT / 'data' / name).stat().st_size:,} bytes")
    print()
    work_out(ROOT / "data").print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

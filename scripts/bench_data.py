#!/usr/bin/env python3
"""Write a pair of big inputs for benchmarks.

    scripts/bench_data.py --customers 1000000 --purchases 20000000 --out DIR
                          [--quoted] [--dirt 0.05] [--seed 1]

DIR then holds

* ``customers.csv``  (``customer_id,first_name,last_name,email,age``, about 50 bytes a row):
  the keys 1..N, each once, in shuffled order;
* ``purchases.csv``  (``customer_id,product,price``, about 21.5 bytes a row): keys uniform over the
  customers, about 1 % of them orphans (keys N+1 .. N+N/100), prices with two decimals.

``--quoted`` puts every field in quotes and gives 1 % of the products a line break.
``--dirt F`` replaces that share of the records by records that spendfold rejects, spread evenly
over every reason the file can have. A replaced customer is gone, so its purchases turn unmatched.

Standard library only. The same arguments write the same bytes; memory stays flat in the number of
purchases (it holds the keys), and a million purchases take about half a second.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path

BLOCK = 100_000  # records that are made, and written, at a time

CUSTOMERS_HEADER = ("customer_id", "first_name", "last_name", "email", "age")
PURCHASES_HEADER = ("customer_id", "product", "price")

FIRST_NAMES = """
    Ada Alan Alice Amara Anders Anna Aisha Ben Bianca Carlos Chen Chloe Clara Daniel David Dmitri
    Edith Elena Emil Emma Erik Farid Fatima Felix Fiona Frida George Grace Hanna Hassan Hugo Ines
    Ingrid Isaac Ivan Jack Jana Javier Jonas Julia Karim Katja Kenji Laura Lars Leila Leon Linus
    Lucia Marco Maria Marta Milan Mina Nadia Nils Noah Nora Olga Oscar Pablo Paula Petra Priya
    Rahul Rosa Samuel Sara Selma Simon Sofia Stefan Tariq Teresa Thomas Ulla Vera Viktor Yusuf Zoe
""".split()
LAST_NAMES = """
    Abadi Adams Andersson Bauer Becker Bianchi Brown Carter Castro Chen Costa Cruz Davies Diaz
    Dubois Eriksen Evans Fischer Foster Fuchs Garcia Gomez Gruber Hansen Harris Hoffmann Ibrahim
    Ito Ivanov Jansen Johnson Jones Kaya Keller Khan Kim Klein Kowalski Larsen Lee Lopez Martin
    Mendes Meyer Moreau Mueller Nakamura Nguyen Novak Okafor Olsen Patel Pereira Petrov Popescu
    Ramos Rivera Rossi Santos Schmidt Silva Singh Smith Suzuki Takahashi Tanaka Taylor Torres
    Vargas Wagner Walker Weber Williams Wilson Wright Yilmaz Young Zhang Zimmermann
""".split()
PRODUCTS = """
    armchair backpack barometer bicycle binoculars blender bookshelf boots calculator camera candle
    carpet clarinet coffee compass corkscrew curtain cushion dartboard desk dictionary dumbbell
    earphones fountain frame guitar hammock headlamp helmet jacket kettle keyboard lantern laptop
    ladder magnifier mattress mirror monitor mug notebook novel overcoat painting pillow poster
    printer projector puzzle radiator raincoat router saucepan scarf screwdriver shelf skateboard
    sneakers sofa sunglasses tablecloth tablet telescope tent thermos toaster typewriter umbrella
    vase violin wallet wardrobe watch wheelbarrow
""".split()

Record = tuple[str, ...]


def encode(fields: Record, quoted: bool) -> str:
    """One record with its line end. No value here contains a quote or a comma."""
    return '"' + '","'.join(fields) + '"\n' if quoted else ",".join(fields) + "\n"


# One maker for each reason of rejection: a clean record in, the text of a dirty one out.
Dirt = Callable[[Record, bool], str]

DIRT_OF_BOTH: list[Dirt] = [
    # text after closing quote
    lambda fields, quoted: f'"{fields[0]}"x,' + encode(fields[1:], quoted),
    # bare carriage return
    lambda fields, quoted: f"{fields[0]},{fields[1]}\r," + encode(fields[2:], quoted),
    # expected N fields, found N + 1, and found N - 1
    lambda fields, quoted: encode((*fields, "extra"), quoted),
    lambda fields, quoted: encode(fields[:-1], quoted),
    # empty record
    lambda fields, quoted: encode(("",) * len(fields), quoted),
]
DIRT_OF_PURCHASES: list[Dirt] = [
    # amount is not a decimal number
    lambda fields, quoted: encode((*fields[:-1], "EUR " + fields[-1]), quoted),
    lambda fields, quoted: encode((*fields[:-1], "1e3"), quoted),
    # amount has more than 9 fraction digits
    lambda fields, quoted: encode((*fields[:-1], fields[-1] + "00000001"), quoted),
    # amount has more than 18 integer digits
    lambda fields, quoted: encode((*fields[:-1], "1" + "0" * 18 + ".00"), quoted),
]


def customers(rng: random.Random, count: int) -> Iterator[list[Record]]:
    """Blocks of clean customers: the keys 1..count in shuffled order."""
    keys = list(range(1, count + 1))
    rng.shuffle(keys)
    ages = [str(age) for age in range(18, 91)]
    for start in range(0, count, BLOCK):
        block = keys[start : start + BLOCK]
        size = len(block)
        firsts = rng.choices(FIRST_NAMES, k=size)
        lasts = rng.choices(LAST_NAMES, k=size)
        yield [
            (str(key), first, last, f"{first.lower()}.{key}@mx.example.org", age)
            for key, first, last, age in zip(block, firsts, lasts, rng.choices(ages, k=size))
        ]


def purchases(
    rng: random.Random, count: int, customer_count: int, quoted: bool
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Blocks of clean purchases, as columns: keys, products and prices."""
    last_key = customer_count + max(1, customer_count // 100)
    keys = [str(key) for key in range(1, last_key + 1)]
    products = list(PRODUCTS)
    if quoted:
        products = PRODUCTS * 99 + [f"{product}\nsecond line" for product in PRODUCTS]
    # 100,000 prices drawn once, log-normal around 30, serve for all rows.
    prices = [f"{min(rng.lognormvariate(3.4, 1.0), 9999.99):.2f}" for _ in range(100_000)]
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        yield (
            rng.choices(keys, k=size),
            rng.choices(products, k=size),
            rng.choices(prices, k=size),
        )


def dirty_places(rng: random.Random, size: int, share: float) -> list[int]:
    """Which of `size` records of a block are replaced. Never the first: duplicates copy from it."""
    if size < 2:
        return []
    return rng.sample(range(1, size), k=min(size - 1, round(size * share)))


def write_customers(path: Path, args: argparse.Namespace) -> int:
    """Write customers.csv and return how many dirty records it holds."""
    rng = random.Random(f"customers {args.seed}")
    dirt_count = 0
    with path.open("w", encoding="ascii", newline="") as out:
        out.write(encode(CUSTOMERS_HEADER, args.quoted))
        for block in customers(rng, args.customers):
            first_key = block[0][0]  # of a record that is always clean

            def duplicate(fields: Record, quoted: bool) -> str:
                return encode((first_key, *fields[1:]), quoted)

            makers = [*DIRT_OF_BOTH, duplicate]
            lines = [encode(fields, args.quoted) for fields in block]
            for place in dirty_places(rng, len(block), args.dirt):
                lines[place] = rng.choice(makers)(block[place], args.quoted)
                dirt_count += 1
            out.write("".join(lines))
    return dirt_count


def write_purchases(path: Path, args: argparse.Namespace) -> int:
    """Write purchases.csv and return how many dirty records it holds."""
    rng = random.Random(f"purchases {args.seed}")
    makers = [*DIRT_OF_BOTH, *DIRT_OF_PURCHASES]
    template = '"%s","%s","%s"\n' if args.quoted else "%s,%s,%s\n"
    dirt_count = 0
    with path.open("w", encoding="ascii", newline="") as out:
        out.write(encode(PURCHASES_HEADER, args.quoted))
        for columns in purchases(rng, args.purchases, args.customers, args.quoted):
            lines = [template % fields for fields in zip(*columns)]
            for place in dirty_places(rng, len(lines), args.dirt):
                fields = tuple(column[place] for column in columns)
                lines[place] = rng.choice(makers)(fields, args.quoted)
                dirt_count += 1
            out.write("".join(lines))
    return dirt_count


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--purchases", type=int, default=20_000_000, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--quoted", action="store_true", help="quote every field")
    parser.add_argument("--dirt", type=float, default=0.0, metavar="F", help="share, 0 to 1")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    args = parser.parse_args()
    if args.customers < 1 or args.purchases < 0 or not 0 <= args.dirt <= 1:
        parser.error("--customers from 1, --purchases from 0, --dirt from 0 to 1")

    args.out.mkdir(parents=True, exist_ok=True)
    for name, records, write in (
        ("customers.csv", args.customers, write_customers),
        ("purchases.csv", args.purchases, write_purchases),
    ):
        path = args.out / name
        dirt_count = write(path, args)
        size = path.stat().st_size
        print(f"{path}: {records:,} records, {dirt_count:,} of them dirty, {size:,} bytes")


if __name__ == "__main__":
    main()

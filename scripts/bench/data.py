"""The benchmark's inputs: made by `spendfold generate` on first use, each with an independent answer."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

ANSWER = Path(__file__).resolve().parent / "answer.py"

# Options of `spendfold generate` by kind of input. No refunds, and no commas or quotes inside names and
# products: an unquoted field is the same text for every engine.
PLAIN = ("--seed", "1", "--refunds", "0", "--awkward", "0")
KINDS = {
    "": PLAIN,
    "quoted": (*PLAIN, "--quoted", "1", "--quoted-newlines", "0.01"),
    "dirty": (*PLAIN, "--dirt", "0.05"),
}


@dataclass(frozen=True)
class Size:
    """How many records each section works on."""

    customers: int
    purchases: int
    large_customers: int  # a map and tails far larger than the caches
    scaling: tuple[int, ...]  # purchases, rows written
    repeats: tuple[int, ...]  # how often `purchases` are given, totals only
    challenge: int  # customers, and as many purchases

    @property
    def smaller(self) -> tuple[int, ...]:
        """Purchases of the files below the usual size."""
        return tuple(purchases for purchases in self.scaling if purchases < self.purchases)


SIZES = {
    "tiny": Size(2_000, 20_000, 20_000, (10_000, 20_000, 40_000), (1, 2, 4), 500),
    "small": Size(100_000, 1_000_000, 1_000_000, (250_000, 500_000, 1_000_000), (1, 2, 5, 10), 5_000),
    "full": Size(
        1_000_000,
        20_000_000,
        10_000_000,
        (2_000_000, 5_000_000, 10_000_000, 20_000_000, 40_000_000),
        (1, 2, 5, 10),
        50_000,
    ),
}


@dataclass(frozen=True)
class Data:
    """One pair of inputs in a directory."""

    name: str
    dir: Path
    customer_count: int
    purchase_count: int

    @property
    def customers(self) -> Path:
        return self.dir / "customers.csv"

    @property
    def purchases(self) -> Path:
        return self.dir / "purchases.csv"

    @property
    def no_purchases(self) -> Path:
        return self.dir / "no_purchases.csv"

    @property
    def answer(self) -> Path:
        return self.dir / "answer.json"

    @property
    def reference(self) -> Path:
        """The combined data, for cp; there while a section needs it."""
        return self.dir / "reference.csv"


@dataclass(frozen=True)
class Inputs:
    """Makes pairs of inputs below a directory and keeps them for later runs."""

    root: Path
    spendfold: Path  # the program that generates them

    def pair(self, customers: int, purchases: int, kind: str = "") -> Data:
        """The pair of this size and kind. Made unless the directory holds one made with the same options and
        answered by the same script."""
        options = ["--customers", str(customers), "--purchases", str(purchases), *KINDS[kind]]
        version = crc32(ANSWER.read_bytes(), crc32(" ".join(options).encode()))
        name = f"{customers}x{purchases}" + (f"-{kind}" if kind else "")
        data = Data(name, self.root / f"{name}-{version:08x}", customers, purchases)
        if data.answer.exists():
            return data
        print(f"making {name}", file=sys.stderr)
        subprocess.run([str(self.spendfold), "generate", "-q", "-o", str(data.dir), *options], check=True)
        with data.purchases.open(encoding="utf-8", newline="") as file:
            data.no_purchases.write_text(file.readline())
        work_out = [sys.executable, str(ANSWER), "work-out", str(data.customers), str(data.purchases)]
        # The answer is renamed into place last: where it exists, the pair is complete.
        part = data.answer.with_suffix(".part")
        subprocess.run([*work_out, str(part)], check=True)
        part.rename(data.answer)
        return data

"""The inputs of a size, made when they are asked for, each with its independent answer."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

SCRIPTS = Path(__file__).resolve().parent.parent
MAKER = SCRIPTS / "bench_data.py"
ANSWER = Path(__file__).resolve().parent / "answer.py"


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


def make(root: Path, customers: int, purchases: int, *, quoted: bool = False, dirt: float = 0.0) -> Data:
    """Makes a pair, unless this very script has made it before."""
    version = crc32(ANSWER.read_bytes(), crc32(MAKER.read_bytes()))
    name = f"{customers}x{purchases}" + ("-quoted" if quoted else "") + ("-dirty" if dirt else "")
    data = Data(name, root / f"{name}-{version:08x}", customers, purchases)
    if data.answer.exists():
        return data
    print(f"making {name}", file=sys.stderr)
    options = ["--quoted"] * quoted + ["--dirt", str(dirt)]
    counts = ["--customers", str(customers), "--purchases", str(purchases)]
    make_data = [sys.executable, str(MAKER), *counts, "--out", str(data.dir), *options]
    subprocess.run(make_data, check=True, stdout=subprocess.DEVNULL)
    with data.purchases.open() as file:
        data.no_purchases.write_text(file.readline())
    work_out = [sys.executable, str(ANSWER), "work-out", str(data.customers), str(data.purchases)]
    # The answer comes last: where it is, the pair is whole.
    part = data.answer.with_suffix(".part")
    subprocess.run([*work_out, str(part)], check=True)
    part.rename(data.answer)
    return data

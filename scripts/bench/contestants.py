"""Who runs, and the exact command each is run with."""

from dataclasses import dataclass
from pathlib import Path

from .data import Data

PEERS = Path(__file__).resolve().parent / "peers"

# name -> script and options; each engine in the forms that could be its best.
JOINS = {
    "Polars": ("polars_join.py", ["--price", "float"]),
    "Polars, decimals": ("polars_join.py", []),
    "Polars, decimals, ordered": ("polars_join.py", ["--ordered"]),
    "DuckDB": ("duckdb_join.py", []),
    "DuckDB, ordered": ("duckdb_join.py", ["--ordered"]),
    "DataFusion": ("datafusion_join.py", []),
    "DataFusion, floats": ("datafusion_join.py", ["--price", "float"]),
    "pandas": ("pandas_join.py", []),
}
TOTALS = {
    "Polars": ("polars_join.py", ["--price", "float"]),
    "Polars, decimals": ("polars_join.py", []),
    "DuckDB": ("duckdb_join.py", []),
    "DuckDB, floats": ("duckdb_join.py", ["--price", "float"]),
    "DataFusion": ("datafusion_join.py", []),
    "DataFusion, floats": ("datafusion_join.py", ["--price", "float"]),
    "pandas": ("pandas_join.py", []),
}
# One form of each engine, where there is time for no more; and all that need not keep an order, which is the faster.
ENGINES = ("Polars", "DuckDB", "DataFusion")
UNORDERED = ("Polars", "Polars, decimals", "DuckDB", "DataFusion", "DataFusion, floats")


@dataclass(frozen=True)
class Entry:
    """One contestant at one job of one section."""

    section: str
    name: str
    kind: str  # "spendfold", "peer" or "limit"
    data: Data
    argv: list[str]
    combined: bool = True  # the combined data is written
    checked: bool = True  # its output is the answer
    times: int = 1  # how often the purchases are given
    threads: int = 0
    held: bool = False  # nothing is written to the disk meanwhile
    marks: tuple[int, ...] = ()  # purchases, when so many of which were joined is told

    @property
    def rows(self) -> int:
        return self.data.purchase_count * self.times

    @property
    def input_bytes(self) -> int:
        purchases = self.data.purchases.stat().st_size * self.times
        return self.data.customers.stat().st_size + purchases


@dataclass(frozen=True)
class Cast:
    """Makes the entries; knows where the programs are."""

    spendfold: Path
    over_rows: Path  # the example of that name
    python: Path
    out: Path
    threads: int
    settle: float  # seconds of quiet before each run
    kept: bool  # the system keeps memory at hand
    hold: bool  # the system's limit of unwritten data may be raised

    def spendfold_entry(
        self,
        section: str,
        data: Data,
        *options: str,
        name: str = "spendfold",
        times: int = 1,
        threads: int = 0,
        load_only: bool = False,
        held: bool = False,
    ) -> Entry:
        threads = threads or self.threads
        purchases = data.no_purchases if load_only else data.purchases
        argv = [str(self.spendfold), "run", "-q", "-t", str(threads), "--max-rejects", "100%"]
        argv += ["-c", str(data.customers), "-o", str(self.out), *options]
        argv += ["-p", *[str(purchases)] * times]
        combined = "--no-combined" not in options
        checked = not load_only
        return Entry(section, name, "spendfold", data, argv, combined, checked, times, threads, held)

    def watched_entry(self, section: str, data: Data, marks: tuple[int, ...], *, combined: bool, held: bool = False) -> Entry:
        """A run that tells when it had joined so many purchases; of the last mark as many are given."""
        times = marks[-1] // data.purchase_count
        customers, purchases = (path.stat().st_size for path in (data.customers, data.purchases))
        # Records of one file are nearly of one length.
        at = [customers + purchases * rows // data.purchase_count for rows in marks]
        kind, name = ("full", "spendfold") if combined else ("totals", "spendfold, totals only")
        argv = [str(self.over_rows), str(data.customers), str(self.out), str(self.threads), kind]
        argv += [",".join(map(str, at)), *[str(data.purchases)] * times]
        return Entry(section, name, "spendfold", data, argv, combined, True, times, self.threads, held, marks)

    def peer_entry(
        self, section: str, data: Data, name: str, *, totals_only: bool = False, threads: int = 0
    ) -> Entry:
        threads = threads or self.threads
        script, options = (TOTALS if totals_only else JOINS)[name]
        paths = [str(data.customers), str(data.purchases), str(self.out)]
        argv = [str(self.python), str(PEERS / script), *paths, "--threads", str(threads), *options]
        argv += ["--totals-only"] * totals_only
        argv += ["--line-breaks"] * ("quoted" in data.name)
        return Entry(section, name, "peer", data, argv, not totals_only, threads=threads)

    def copy_entry(self, section: str, data: Data, *, name: str = "cp", synced: bool = False, held: bool = False) -> Entry:
        """The limit: nothing but the combined data copied."""
        paths = [str(data.reference), str(self.out / "combined_data.csv")]
        argv = ["sh", "-c", 'cp "$0" "$1" && sync -f "$1"', *paths] if synced else ["cp", *paths]
        return Entry(section, name, "limit", data, argv, checked=False, held=held)

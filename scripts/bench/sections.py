"""What each section runs, as a list of entries that are then run in turns."""

from collections.abc import Callable

from .contestants import ENGINES, JOINS, TOTALS, UNORDERED, Cast, Entry
from .data import Data, Inputs, Size

Section = Callable[[Cast, Size, Inputs], list[Entry]]


def join(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """The whole job: every combined row written."""
    data = inputs.pair(size.customers, size.purchases)
    return [
        cast.spendfold_entry("join", data),
        *(cast.peer_entry("join", data, name) for name in JOINS),
        cast.spendfold_entry("join", data, "--sync", name="spendfold, synced"),
        cast.copy_entry("join", data),
        cast.copy_entry("join", data, name="cp, synced", synced=True),
    ]


def totals(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """The totals alone: no combined data against a GROUP BY over the join."""
    data = inputs.pair(size.customers, size.purchases)
    return [
        cast.spendfold_entry("totals", data, "--no-combined"),
        *(cast.peer_entry("totals", data, name, totals_only=True) for name in TOTALS),
    ]


def quoted(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """Every field quoted, 1 % of the records with a line break in quotes."""
    plain = inputs.pair(size.customers, size.purchases)
    data = inputs.pair(size.customers, size.purchases, "quoted")
    return [
        cast.spendfold_entry("quoted", data),
        cast.spendfold_entry("quoted", plain, name="spendfold, plain"),
        *(cast.peer_entry("quoted", data, name) for name in ENGINES),
    ]


def dirty(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """5 % of the records dirty: half of them rejected, half odd but accepted. No peer does this job: they stop, or guess."""
    clean = inputs.pair(size.customers, size.purchases)
    data = inputs.pair(size.customers, size.purchases, "dirty")
    return [
        cast.spendfold_entry("dirty", data),
        cast.spendfold_entry("dirty", clean, name="spendfold, clean"),
    ]


def large(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """Ten times the customers: map and tails far larger than the caches."""
    data = inputs.pair(size.large_customers, size.purchases)
    return [
        cast.spendfold_entry("large", data),
        *(cast.peer_entry("large", data, name) for name in UNORDERED),
        cast.copy_entry("large", data),
    ]


def scaling(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """Time and memory over the number of purchases, with combined data and without."""
    entries = []
    for purchases in size.scaling:
        data = inputs.pair(size.customers, purchases)
        entries.append(cast.spendfold_entry("scaling", data))
        entries += [cast.peer_entry("scaling", data, name) for name in ENGINES]
    return entries + totals_over_rows("scaling", cast, size, inputs)


def marginal(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """What a further row takes: the same without the peers, so that there is time for many rounds, and `cp` beside it.

    Data wait in memory, where that is allowed, until a run is over; beside it stands what the largest takes where they
    do not.
    """
    sizes = [inputs.pair(size.customers, purchases) for purchases in size.scaling]
    entries = [cast.spendfold_entry("marginal", data, held=cast.hold) for data in sizes]
    entries += [cast.copy_entry("marginal", data, held=cast.hold) for data in sizes]
    if cast.hold:
        entries.append(cast.spendfold_entry("marginal", sizes[-1], name="spendfold, written back meanwhile"))
        entries.append(cast.copy_entry("marginal", sizes[-1], name="cp, written back meanwhile"))
    return entries + totals_over_rows("marginal", cast, size, inputs)


def within(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """The same, seen within the largest run: no difference of two runs is taken, and a machine that is slower for a whole
    run changes no share. Not seen is what comes before the first mark, what comes after the last purchase, and what
    depends on the size of the whole job; section `marginal` has these."""
    largest = inputs.pair(size.customers, size.scaling[-1])
    usual = inputs.pair(size.customers, size.purchases)
    again = [size.purchases * times for times in size.repeats]
    return [
        cast.watched_entry("within", largest, size.scaling, combined=True, held=cast.hold),
        cast.watched_entry("within", usual, (*size.smaller, *again), combined=False),
    ]


def totals_over_rows(section: str, cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """The totals alone: of the files up to the usual size, and of that one again and again."""
    often = [(purchases, 1) for purchases in size.smaller] + [(size.purchases, times) for times in size.repeats]
    return [
        totals_only(section, cast, inputs.pair(size.customers, purchases), times)
        for purchases, times in often
    ]


def totals_only(section: str, cast: Cast, data: Data, times: int) -> Entry:
    return cast.spendfold_entry(section, data, "--no-combined", name="spendfold, totals only", times=times)


def threads(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """From one thread to all of them."""
    data = inputs.pair(size.customers, size.purchases)
    counts = sorted({min(2**power, cast.threads) for power in range(cast.threads.bit_length() + 1)})
    entries = []
    for count in counts:
        entries.append(cast.spendfold_entry("threads", data, threads=count))
        entries += [cast.peer_entry("threads", data, name, threads=count) for name in ENGINES]
    return entries


def small(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """As much data as the challenge has; mostly starting up, and the chart."""
    data = inputs.pair(size.challenge, size.challenge)
    peers = ("Polars", "DuckDB", "DataFusion", "pandas")
    return [
        cast.spendfold_entry("small", data),
        *(cast.peer_entry("small", data, name) for name in peers),
    ]


def memory(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """Peak memory of the same customers with few and with many purchases."""
    entries = [
        cast.spendfold_entry("memory", inputs.pair(size.customers, purchases))
        for purchases in (size.scaling[0], size.scaling[-1])
    ]
    data = inputs.pair(size.customers, size.purchases)
    return entries + [totals_only("memory", cast, data, times) for times in (size.repeats[0], size.repeats[-1])]


def stages(cast: Cast, size: Size, inputs: Inputs) -> list[Entry]:
    """The same job with more to do each time. Without rows the customers are held in another form, with keys beside the
    slots, so the third has their other form too."""
    data = inputs.pair(size.customers, size.purchases)
    load = ("--no-combined", "--join", "inner")
    return [
        cast.spendfold_entry("stages", data, *load, name="load", load_only=True),
        cast.spendfold_entry("stages", data, "--no-combined", name="load, fold"),
        cast.spendfold_entry("stages", data, name="load, fold, write"),
        cast.spendfold_entry("stages", data, "--sync", name="load, fold, write, sync"),
    ]


SECTIONS: dict[str, Section] = {
    section.__name__: section
    for section in (join, totals, quoted, dirty, large, scaling, marginal, within, threads, small, memory, stages)
}

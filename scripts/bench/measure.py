"""Running one contestant once: its wall time, its processor time and its peak memory."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

QUIET_KIB = 8 * 1024  # data on their way to the disk that do not disturb
PATIENCE = 120.0  # seconds to wait for the disk
TOUCH = """
import contextlib, mmap, sys
memory = mmap.mmap(-1, int(sys.argv[1]) << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # small pages do too
    memory.madvise(mmap.MADV_HUGEPAGE)
memory.madvise(23)  # MADV_POPULATE_WRITE, since Linux 5.14; the module has no name for it
"""
LIMITS = Path("/proc/sys/vm")
HELD = {"dirty_ratio": "60", "dirty_background_ratio": "50"}


class Failed(Exception):
    """A contestant did not do the job."""


def unwritten_kib() -> int:
    wanted = ("Dirty:", "Writeback:")
    with open("/proc/meminfo") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(wanted))


def quiet(settle: float) -> None:
    """Waits until the disk has nothing left to do, and at least so many seconds."""
    os.sync()
    time.sleep(settle)
    end = time.monotonic() + PATIENCE
    while unwritten_kib() > QUIET_KIB and time.monotonic() < end:
        time.sleep(0.1)


def touch(gib: int) -> bool:
    """Has the system fetch so much memory, in huge pages, and frees it at once; whether it was.

    A guest gives free memory back to its host, and a run that is handed such memory waits until the host has found it
    again: up to a second and a half for a gigabyte. After this there is enough for any run that is really there. In a
    process of its own: the kernel would count it to every child's peak otherwise.
    """
    if gib == 0 or available_gib() < 2 * gib:
        return False
    return subprocess.run([sys.executable, "-c", TOUCH, str(gib)], stderr=subprocess.DEVNULL).returncode == 0


def available_gib() -> float:
    with open("/proc/meminfo") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) / (1 << 20)


@contextlib.contextmanager
def writeback_held(held: bool) -> Iterator[None]:
    """Lets written data wait in memory meanwhile, up to half of it, instead of the usual tenth; needs root.

    Beyond that limit the system writes to the disk while the contestant runs, on the same processors, and makes it wait.
    """
    before = {name: (LIMITS / name).read_text() for name in HELD} if held else {}
    raised = [name for name in before if int(before[name]) < int(HELD[name])]
    try:
        for name in raised:
            (LIMITS / name).write_text(HELD[name])
        yield
    finally:
        for name in raised:
            (LIMITS / name).write_text(before[name])


def may_hold() -> bool:
    """Whether the limits are there, may be changed, and are ratios: the kernel forgets those in bytes when it is given one."""
    in_bytes = [LIMITS / name.replace("ratio", "bytes") for name in HELD]
    return all(os.access(LIMITS / name, os.W_OK) for name in HELD) and all(int(path.read_text()) == 0 for path in in_bytes)


def clean(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def run(argv: list[str], log: Path, statuses: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Runs a command and waits for it; what the kernel says it took, and what it says itself."""
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    if process.returncode not in statuses:
        raise Failed(f"{' '.join(argv)}\nended with {process.returncode}:\n{text[-2000:]}")
    taken = {
        "wall": round(wall, 4),
        "user": round(usage.ru_utime, 4),
        "system": round(usage.ru_stime, 4),
        "peak_kib": usage.ru_maxrss,
    }
    for line in text.splitlines():
        if line.startswith('{"job_seconds"'):
            taken |= json.loads(line)
    return taken

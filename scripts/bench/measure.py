"""Running one contestant once, on a machine that is quiet and has memory at hand: its wall time, its processor time and
its peak memory."""

import atexit
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
# In processes of their own: the kernel would count it to every child's peak otherwise. The numbers are those of
# MADV_POPULATE_WRITE, since Linux 5.14, and of MADV_NOHUGEPAGE.
TOUCH = """
import contextlib, mmap, sys
memory = mmap.mmap(-1, int(sys.argv[1]) << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # small pages do too
    memory.madvise(mmap.MADV_HUGEPAGE)
memory.madvise(23)
"""
KEEP = """
import contextlib, mmap, sys
size, block, page = int(sys.argv[1]) << 20, 2 << 20, mmap.PAGESIZE
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # no huge pages, no need to keep them away
    memory.madvise(15)
memory.madvise(23)
for start in range(0, size, block):
    memory.madvise(mmap.MADV_DONTNEED, start + page, block - page)
print("kept", flush=True)
sys.stdin.read()
"""
LIMITS = Path("/proc/sys/vm")
HELD = {"dirty_ratio": "60", "dirty_background_ratio": "50"}


class Failed(Exception):
    """A contestant did not do the job."""


def unwritten_kib() -> int:
    wanted = ("Dirty:", "Writeback:")
    with open("/proc/meminfo") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(wanted))


def quiet(settle: float) -> bool:
    """Waits until the disk has nothing left to do, and at least so many seconds; whether it came to that."""
    os.sync()
    time.sleep(settle)
    end = time.monotonic() + PATIENCE
    while unwritten_kib() > QUIET_KIB and time.monotonic() < end:
        time.sleep(0.1)
    return unwritten_kib() <= QUIET_KIB


def keep(mib: int) -> bool:
    """Has the system fetch so much memory and keep it until the script ends; whether it does.

    A guest gives free memory back to its host, and a run that is handed such memory waits until the host has found it
    again: up to a second and a half for a gigabyte, and the host is busy with it while others run. Only blocks of 2 MiB
    are given back, so one page of each is held, and all between them is there for whoever asks.
    """
    if mib == 0 or available_mib() < 1.5 * mib:
        return False
    argv = [sys.executable, "-c", KEEP, str(mib)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    return process.stdout.readline() == b"kept\n"


def touch(mib: int) -> None:
    """Has the system fetch so much memory in huge pages, of which there are none in what is kept, and frees it at once."""
    if mib:
        subprocess.run([sys.executable, "-c", TOUCH, str(mib)], stderr=subprocess.DEVNULL)


def available_mib() -> float:
    with open("/proc/meminfo") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) / 1024


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
        if line.startswith(('{"job_seconds"', '{"seconds_at"')):
            taken |= json.loads(line)
    return taken

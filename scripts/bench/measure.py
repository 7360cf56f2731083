"""Running one contestant once: its wall time, its processor time and its peak memory."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

QUIET_KIB = 8 * 1024  # data on their way to the disk that do not disturb
PATIENCE = 120.0  # seconds to wait for the disk


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

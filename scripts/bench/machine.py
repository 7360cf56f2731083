"""What the figures were measured on."""

import functools
import hashlib
import os
import platform
import re
import subprocess
from pathlib import Path

from .measure import HELD, LIMITS

COMMIT = "commit of the scripts"


def text_of(argv: list[str]) -> str:
    """First line of a command's output; empty where it cannot be run."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip().partition("\n")[0]


def field(path: str, name: str) -> str:
    """A value of a file of `name : value` lines; empty where there is none."""
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", text(path), re.MULTILINE)
    return found[1].strip() if found else ""


def text(path: str | Path) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return "unknown"


@functools.cache
def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chosen(path: str) -> str:
    """The word in brackets, of those that a file offers."""
    found = re.search(r"\[(.*?)\]", text(path))
    return found[1] if found else "unknown"


def cores() -> int:
    return len(os.sched_getaffinity(0))


def memory_bytes() -> int:
    return int((field("/proc/meminfo", "MemTotal") or "0").split()[0]) * 1024


def describe(spendfold: Path, python: Path, work: Path) -> dict[str, str]:
    git = ["git", "-C", str(Path(__file__).resolve().parent)]
    modules = "datafusion duckdb pandas polars pyarrow numpy".split()
    code = f"import importlib.metadata as m; print(', '.join(n + ' ' + m.version(n) for n in {modules}))"
    cache = Path("/sys/devices/system/cpu/cpu0/cache")
    caches = [
        f"L{(index / 'level').read_text().strip()} {(index / 'size').read_text().strip()}"
        for index in sorted(cache.glob("index*"))
        if (index / "type").read_text().strip() != "Instruction"
    ]
    return {
        "processor": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": str(cores()),
        "caches": ", ".join(caches) or "unknown",
        "memory": f"{memory_bytes() / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": text_of(["stat", "-f", "-c", "%T", str(work)]),
        "spendfold": text_of([str(spendfold), "--version"]),
        COMMIT: text_of([*git, "describe", "--always", "--dirty"]),
        "binary": f"SHA-256 {digest(spendfold)[:16]}…",
        "huge pages": chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
        "unwritten data": ", ".join(f"{name} {text(LIMITS / name)}" for name in HELD),
        "compiler": text_of(["rustc", "--version"]),
        "peers": text_of([str(python), "-c", code]),
        "python": platform.python_version(),
        "cp": text_of(["cp", "--version"]),
    }


def slug(description: dict[str, str]) -> str:
    """A name for the machine that tells no more than its kind."""
    model = re.sub(r"\(.*?\)|\bCPU\b|\bProcessor\b|@.*", " ", description["processor"])
    words = re.findall(r"[a-z0-9]+", model.lower())
    return "-".join([*words[:4], f"{description['cores']}-cores"])

"""Measuring a process: how long, how much memory, and on what machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds from start to end, and its peak resident memory in MB."""

    seconds: float
    peak_mb: float


def cost_of(*arguments: str) -> Cost:
    """Run `python -m ...` from the root of the project and wait for it. Raises where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT)
    _pid, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed")
    # Linux counts in KiB, macOS in bytes.
    return Cost(seconds, used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024))


def middle(values: list[float]) -> float:
    """The median."""
    return float(median(values))


def machine() -> str:
    """Cores and memory, and nothing that tells whose machine it is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} cores, {memory:.0f} GB of memory"

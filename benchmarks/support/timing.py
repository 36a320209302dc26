"""Time and memory of a command, with all processes it starts."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import suppress

import psutil


def time_command(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest sum of proportional memory over the process and its children, in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = [0.0]
    sampler = threading.Thread(target=_sample_memory, args=(process.pid, peak))
    sampler.start()
    code = process.wait()
    seconds = time.perf_counter() - started
    sampler.join()
    if code:
        raise SystemExit(f"{command} ended with {code}")
    return seconds, peak[0]


def _sample_memory(pid: int, peak: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], read_memory_mb(root))
            time.sleep(0.25)
    except psutil.Error:
        return


def read_memory_mb(root: psutil.Process) -> float:
    """Proportional memory of a process and its children together, in MB."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 1e6

"""Time and memory of a command, with all processes it starts."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import suppress

import psutil


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest sum of proportional memory over the process and its children, in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak))
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - started
    watcher.join()
    if code:
        raise SystemExit(f"{command} ended with {code}")
    return seconds, peak[0]


def _watch(pid: int, peak: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], memory(root))
            time.sleep(0.25)
    except psutil.Error:
        return


def memory(root: psutil.Process) -> float:
    """Proportional memory of a process and its children together, in MB."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 1e6

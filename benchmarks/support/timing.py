"""Time and memory of a command, with all processes it starts."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class CommandCost:
    """What a command took, with all processes that it started and waited for.

    Attributes:
        seconds: From start to end.
        processor_s: Of all cores together, for the user and for the system.
        peak_mb: Largest sum of proportional memory, in MB.
    """

    seconds: float
    processor_s: float
    peak_mb: float


def time_command(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest sum of proportional memory over the process and its children, in MB."""
    cost = measure_command(command)
    return cost.seconds, cost.peak_mb


def measure_command(command: Sequence[str]) -> CommandCost:
    """Run a command to its end and measure it; its output is dropped.

    No other child of this process may end meanwhile: its processor time would be counted too.

    Raises:
        SystemExit: The command failed.
    """
    spent, started = _read_processor_time(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = [0.0]
    sampler = threading.Thread(target=_sample_memory, args=(process.pid, peak))
    sampler.start()
    code = process.wait()
    seconds = time.perf_counter() - started
    processor_s = _read_processor_time() - spent
    sampler.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return CommandCost(seconds, processor_s, peak[0])


def _read_processor_time() -> float:
    """Seconds of all children that have ended and been waited for, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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

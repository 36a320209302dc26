"""A command as a user runs it, watched: what it prints and when, its memory, its time, its end."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from benchmarks.support.timing import read_memory_mb

_POLL_INTERVAL_S = 0.05
_MAX_MESSAGE_BYTES = 2**20


@dataclass(frozen=True)
class ProcessLimits:
    """When a command is ended by whoever watches it.

    Attributes:
        timeout_s: That it may run.
        memory_mb: That it and its children may take together.
    """

    timeout_s: float
    memory_mb: float = 6000.0


@dataclass
class ProcessResult:
    """Observations of a command.

    Attributes:
        exit_status: As a shell tells it: 128 and the signal's number where one ended it.
        stopped: ``time`` or ``read_memory_mb`` where a limit was hit; empty otherwise.
        seconds: That it ran.
        peak_mb: Largest sum of proportional memory over the process and its children.
        longest_pause: Longest time between two results, in seconds.
        output_lines: Of standard output.
        errors: Standard error, its beginning.
    """

    exit_status: int = 0
    stopped: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    longest_pause: float = 0.0
    output_lines: list[bytes] = field(default_factory=list)
    errors: str = ""

    @property
    def traceback_count(self) -> int:
        """Return how many there are on standard error."""
        return self.errors.count("Traceback (most recent call last)")


class PauseTracker:
    """The longest time between one result and the next; the wait for the first does not count."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._results = 0
        self._last = 0.0

    def update(self, results: int) -> None:
        """Told of the number of results so far."""
        if results == self._results:
            return
        now = time.perf_counter()
        if self._results:
            self.longest = max(self.longest, now - self._last)
        self._results, self._last = results, now

    def finish(self) -> None:
        """Told that a command was stopped while something was on its way."""
        if self._results:
            self.longest = max(self.longest, time.perf_counter() - self._last)


def monitor_command(
    command: list[str],
    limits: ProcessLimits,
    *,
    results: Callable[[], int] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> ProcessResult:
    """Run a command to its end.

    Args:
        command: With its arguments.
        limits: When to end it.
        results: Counts what it has done so far; None to count the lines of its standard output as they
            come.
        environment: Of the command; by default that of this process.
        folder: That it runs in.
    """
    result, pauses = ProcessResult(), PauseTracker()
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=folder,
        )
        reader = threading.Thread(
            target=_read_output, args=(process, result.output_lines, None if results else pauses)
        )
        reader.start()
        _monitor_process(process, result, limits, pauses, results)
        reader.join()
        result.exit_status = 128 - process.returncode if process.returncode < 0 else process.returncode
        result.seconds = time.perf_counter() - started
        result.longest_pause = pauses.longest
        result.errors = _read_beginning(errors)
    return result


def _read_output(
    process: subprocess.Popen[bytes], lines: list[bytes], pauses: PauseTracker | None
) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        for line in stream:
            lines.append(line)
            if pauses:
                pauses.update(len(lines))


def _monitor_process(
    process: subprocess.Popen[bytes],
    result: ProcessResult,
    limits: ProcessLimits,
    pauses: PauseTracker,
    results: Callable[[], int] | None,
) -> None:
    """Wait for the end of a process, or bring it about."""
    root, deadline = psutil.Process(process.pid), time.perf_counter() + limits.timeout_s
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_INTERVAL_S)
            return
        if results:
            pauses.update(results())
        with suppress(psutil.Error):
            result.peak_mb = max(result.peak_mb, read_memory_mb(root))
        if result.peak_mb > limits.memory_mb or time.perf_counter() > deadline:
            result.stopped = "memory" if result.peak_mb > limits.memory_mb else "time"
            pauses.finish()
            kill_process_tree(root)


def kill_process_tree(root: psutil.Process) -> None:
    """End a process and all its children."""
    children: list[psutil.Process] = []
    with suppress(psutil.Error):
        children = root.children(recursive=True)
    for process in (root, *children):
        with suppress(psutil.Error):
            process.kill()


def _read_beginning(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read(_MAX_MESSAGE_BYTES).decode("utf-8", "replace")

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

from benchmarks.timing import memory

_LOOKS_APART_S = 0.05
_LARGEST_MESSAGE = 2**20


@dataclass(frozen=True)
class Limits:
    """When a command is ended by whoever watches it.

    Attributes:
        seconds: That it may run.
        memory_mb: That it and its children may take together.
    """

    seconds: float
    memory_mb: float = 6000.0


@dataclass
class Watched:
    """What was seen of a command.

    Attributes:
        exit_status: As a shell tells it: 128 and the signal's number where one ended it.
        stopped: ``time`` or ``memory`` where a limit was hit; empty otherwise.
        seconds: That it ran.
        peak_mb: Largest sum of proportional memory over the process and its children.
        pause: Longest time between two results, in seconds.
        lines: Of standard output.
        errors: Standard error, its beginning.
    """

    exit_status: int = 0
    stopped: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    pause: float = 0.0
    lines: list[bytes] = field(default_factory=list)
    errors: str = ""

    @property
    def tracebacks(self) -> int:
        """How many there are on standard error."""
        return self.errors.count("Traceback (most recent call last)")


class Pauses:
    """The longest time between one result and the next; the wait for the first does not count."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._results = 0
        self._last = 0.0

    def seen(self, results: int) -> None:
        """Told of the number of results so far."""
        if results == self._results:
            return
        now = time.perf_counter()
        if self._results:
            self.longest = max(self.longest, now - self._last)
        self._results, self._last = results, now

    def ended(self) -> None:
        """Told that a command was stopped while something was on its way."""
        if self._results:
            self.longest = max(self.longest, time.perf_counter() - self._last)


def watch(
    command: list[str],
    limits: Limits,
    *,
    results: Callable[[], int] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Watched:
    """Run a command to its end.

    Args:
        command: With its arguments.
        limits: When to end it.
        results: Counts what it has done so far; None to count the lines of its standard output as they
            come.
        environment: Of the command; by default that of this process.
        folder: That it runs in.
    """
    found, pauses = Watched(), Pauses()
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
        reader = threading.Thread(target=_read, args=(process, found.lines, None if results else pauses))
        reader.start()
        _look_after(process, found, limits, pauses, results)
        reader.join()
        found.exit_status = 128 - process.returncode if process.returncode < 0 else process.returncode
        found.seconds = time.perf_counter() - started
        found.pause = pauses.longest
        found.errors = _beginning(errors)
    return found


def _read(process: subprocess.Popen[bytes], lines: list[bytes], pauses: Pauses | None) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        for line in stream:
            lines.append(line)
            if pauses:
                pauses.seen(len(lines))


def _look_after(
    process: subprocess.Popen[bytes],
    found: Watched,
    limits: Limits,
    pauses: Pauses,
    results: Callable[[], int] | None,
) -> None:
    """Wait for the end of a process, or bring it about."""
    root, deadline = psutil.Process(process.pid), time.perf_counter() + limits.seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOKS_APART_S)
            return
        if results:
            pauses.seen(results())
        with suppress(psutil.Error):
            found.peak_mb = max(found.peak_mb, memory(root))
        if found.peak_mb > limits.memory_mb or time.perf_counter() > deadline:
            found.stopped = "memory" if found.peak_mb > limits.memory_mb else "time"
            pauses.ended()
            end(root)


def end(root: psutil.Process) -> None:
    """End a process and all its children."""
    children: list[psutil.Process] = []
    with suppress(psutil.Error):
        children = root.children(recursive=True)
    for process in (root, *children):
        with suppress(psutil.Error):
            process.kill()


def _beginning(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read(_LARGEST_MESSAGE).decode("utf-8", "replace")

"""`packshot assess --watch`: assessments of what arrives in a folder, a line each."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from pydantic import ValidationError

from packshot.assess.pool import AssessorSettings, open_assessor_pool
from packshot.cli.interrupts import defer_interrupt
from packshot.cli.streams import get_standard_output, print_error
from packshot.errors import InvalidInput, SourceError
from packshot.path_locks import try_lock
from packshot.report import Assessment
from packshot.sources.watching import FolderWatch

POLL_INTERVAL_S: Final = 1.0
"""Seconds between two looks at the folder: a file that is the same at both is whole. A judgement: a copy
that halts for longer is taken for whole, and assessed again when it goes on."""


def watch_folder(
    folder: Path,
    output: Path | None,
    settings: AssessorSettings,
    *,
    workers: int,
    timeout_s: float,
    count: Callable[[Assessment], object],
) -> None:
    """Assess what arrives, until Ctrl-C.

    Args:
        folder: Where photos arrive.
        output: A file of JSON lines, which is continued; None for standard output.
        settings: Of the assessor.
        workers: Processes.
        timeout_s: Seconds for one photo.
        count: Told of each assessment.

    Raises:
        PackshotError: No such folder, an output that is something else or that another process
            continues, or nowhere to write.
    """
    earlier = _EarlierLines()
    watch = FolderWatch(folder, earlier.hold)
    with (
        _open_lines(output) as stream,
        open_assessor_pool(settings, workers=workers, timeout_s=timeout_s) as assess,
    ):
        if output is not None:
            earlier.read(output)
        while True:
            for assessment in assess(watch.find_arrivals()):
                count(assessment)
                with defer_interrupt():
                    stream.write(assessment.model_dump_json() + "\n")
                    stream.flush()
            time.sleep(POLL_INTERVAL_S)


class _EarlierLines:
    """What earlier runs assessed: by path the bytes of the file, None where it was unreadable."""

    def __init__(self) -> None:
        self._sizes: dict[str, int | None] = {}
        self._changed_ns = 0

    def read(self, output: Path) -> None:
        """Read the lines of a file; half a line at its end, of a run that was killed, is taken away.

        Raises:
            InvalidInput: The file holds something else.
            SourceError: It cannot be read.
        """
        if output.is_file():
            self._changed_ns = output.stat().st_mtime_ns
            self._sizes = _read_sizes(output)

    def hold(self, path: Path, size: int) -> bool:
        """Return whether a file was assessed as it is; one that was unreadable, not changed since."""
        key = os.path.abspath(path)
        if key not in self._sizes:
            return False
        known = self._sizes[key]
        return path.stat().st_mtime_ns <= self._changed_ns if known is None else known == size


def _read_sizes(output: Path) -> dict[str, int | None]:
    sizes: dict[str, int | None] = {}
    try:
        with output.open("r+b") as file:
            end = 0
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    file.truncate(end)
                    break
                end += len(line)
                assessment = _parse_line(line, f"{output}, line {number}")
                facts = assessment.facts
                sizes[os.path.abspath(assessment.path)] = None if facts is None else facts.byte_size
    except OSError as error:
        raise SourceError(f"{output}: cannot be continued: {error.strerror or error}") from error
    return sizes


def _parse_line(line: bytes, position: str) -> Assessment:
    try:
        return Assessment.model_validate_json(line)
    except ValidationError as error:
        raise InvalidInput(f"{position}: is not what --watch writes: choose another output") from error


@contextmanager
def _open_lines(output: Path | None) -> Iterator[TextIO]:
    """Open what lines are added to; a file is held until then, however this process ends."""
    if output is None:
        yield get_standard_output(for_people=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        stream = output.open("a", encoding="utf-8", newline="")
    except OSError as error:
        raise SourceError(f"{output}: cannot be written: {error.strerror}") from error
    with stream:
        if output.is_file() and not try_lock(stream.fileno()):
            raise SourceError(
                f"{output}: another packshot --watch is writing to it:"
                " stop that one, or name another output"
            )
        yield stream


def announce(folder: Path, quiet: bool) -> None:
    """Tell people what is waited for."""
    if not quiet and sys.stderr is not None:
        print_error(f"watching {folder}: photos are assessed as they arrive; Ctrl-C ends it")

"""Progress on standard error: a bar on a terminal, a line every half minute elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from packshot.cli.formats import LINE_FORMATS
from packshot.cli.streams import print_error
from packshot.render.terminal import make_console

Item = TypeVar("Item")

LINE_INTERVAL_S: Final = 30.0
"""Seconds between two lines: often enough to see that a run lives, seldom enough for a log."""


class ProgressStyle(StrEnum):
    """The form in which progress is shown."""

    NONE = "none"
    BAR = "bar"
    LINES = "lines"


def choose_progress(output: Path | None, output_format: str, quiet: bool) -> ProgressStyle:
    """Choose the form: none in silence, and between lines written to the same terminal."""
    is_live_output = output is None and output_format in LINE_FORMATS
    if quiet or (is_live_output and sys.stdout.isatty()):
        return ProgressStyle.NONE
    return ProgressStyle.BAR if sys.stderr.isatty() else ProgressStyle.LINES


def track_progress(
    results: Iterable[Item], total: int, activity: str, style: ProgressStyle
) -> Iterator[Item]:
    """Yield the results, and show how far they are.

    Args:
        results: What is waited for.
        total: How many there will be.
        activity: What is being done, such as "assessing".
        style: See `choose_progress`.
    """
    if style is ProgressStyle.NONE:
        yield from results
    elif style is ProgressStyle.LINES:
        with print_progress_lines(activity, total) as progress:
            for result in results:
                yield result
                progress.done_count += 1
    else:
        yield from _track_with_bar(results, total, activity)


class LineProgress:
    """How far a run is, as a line.

    Attributes:
        done_count: What is done.
        total: How many there are; None where that is not known yet.
    """

    def __init__(self, activity: str, total: int | None, done_count: int = 0) -> None:
        """Begin.

        Args:
            activity: What is being done.
            total: How many there are, if that is known.
            done_count: What was done before.
        """
        self.total = total
        self.done_count = done_count
        self._activity = activity
        self._first_count = done_count
        self._started = time.monotonic()

    def describe(self) -> str:
        """Describe how far the run is, how fast it goes, and how long it will take.

        Example:
            >>> LineProgress("assessing", 5000).describe()
            'assessing: 0 of 5000'
        """
        of_text = "" if self.total is None else f" of {self.total}"
        text = f"{self._activity}: {self.done_count}{of_text}"
        new_count = self.done_count - self._first_count
        if not new_count:
            return text
        rate = new_count / (time.monotonic() - self._started)
        text = f"{text}, {rate:.1f} a second"
        if self.total is None:
            return text
        return f"{text}, about {format_duration((self.total - self.done_count) / rate)} left"


@contextmanager
def print_progress_lines(
    activity: str, total: int | None, done_count: int = 0
) -> Iterator[LineProgress]:
    """Print a line of progress at regular intervals, also while nothing comes; see `LineProgress`."""
    progress = LineProgress(activity, total, done_count)
    ended = threading.Event()

    def print_lines() -> None:
        while not ended.wait(LINE_INTERVAL_S):
            print_error(progress.describe())

    thread = threading.Thread(target=print_lines, name="progress", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        ended.set()
        thread.join(timeout=1.0)


def format_duration(seconds: float) -> str:
    """Format a time that is left.

    Example:
        >>> format_duration(40), format_duration(700), format_duration(12_000)
        ('40 s', '12 min', '3 h 20 min')
    """
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _track_with_bar(results: Iterable[Item], total: int, activity: str) -> Iterator[Item]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(activity), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=make_console(sys.stderr), transient=True) as progress:
        yield from progress.track(results, total=total)

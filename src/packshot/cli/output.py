"""Output of commands that write results: where to, with progress, and refusals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from packshot.cli.exits import ExitStatus
from packshot.cli.formats import BINARY_FORMATS, LINE_FORMATS, OutputFormat
from packshot.cli.interrupts import (
    allow_interrupt,
    defer_interrupt,
    has_interrupt,
    ignore_signals,
    skip_exit_message,
)
from packshot.cli.streams import ErrorConsole, get_standard_output
from packshot.errors import InvalidInput
from packshot.files import append_suffix, atomic_write
from packshot.processes import count_available_cores
from packshot.render.renderer import Renderer, Result


@contextmanager
def open_output(output: Path | None, output_format: str) -> Iterator[TextIO | BinaryIO]:
    """Open standard output, or a file that appears only when it is complete; bytes for a binary format.

    The complete lines of a run that was interrupted are kept beside it, in ``NAME.part``.
    """
    if output is None:
        yield get_standard_output(for_people=output_format == OutputFormat.TABLE)
        return
    partial_path = append_suffix(output, ".part") if output_format in LINE_FORMATS else None
    with (
        atomic_write(output, partial_output=partial_path) as path,
        _open_file(path, output_format) as stream,
    ):
        yield stream


def _open_file(path: Path, output_format: str) -> TextIO | BinaryIO:
    if output_format in BINARY_FORMATS:
        return path.open("wb")
    return path.open("w", encoding="utf-8", newline="")


def run_and_report(work: Callable[[], None], report: Callable[[str], None]) -> ExitStatus:
    """Do the work of a command and report on it, also where it was interrupted.

    Args:
        work: Writes results as they come.
        report: Told what to begin with, such as "interrupted: ".
    """
    try:
        with allow_interrupt():
            work()
    except KeyboardInterrupt:
        report("interrupted: ")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Whoever read standard output has had enough, as in "packshot ... | head".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.BROKEN_PIPE
    ignore_signals()
    report("")
    return ExitStatus.DONE


def choose_status(
    status: ExitStatus, *, photo_count: int, unreadable_count: int, is_unmet: bool = False
) -> ExitStatus:
    """Return the exit status of a run that may have come to nothing.

    Args:
        status: Of its work, from `run_and_report`.
        photo_count: Photos that it was about.
        unreadable_count: Those of them that have no result.
        is_unmet: A threshold or target that was set is not met.

    Example:
        >>> choose_status(ExitStatus.DONE, photo_count=2, unreadable_count=1).name
        'DONE'
        >>> choose_status(ExitStatus.DONE, photo_count=2, unreadable_count=2).name
        'NOT_REACHED'
    """
    has_nothing = 0 < photo_count <= unreadable_count
    if status is ExitStatus.DONE and (has_nothing or is_unmet):
        return ExitStatus.NOT_REACHED
    return status


def make_error_console() -> ErrorConsole:
    """Return a console on standard error, for words that are meant as they stand."""
    return ErrorConsole()


def print_summary(
    lines: Sequence[str], quiet: bool, output: Path | None, unreadable: Sequence[tuple[str, str]]
) -> None:
    """Print what a run came to on standard error; unreadable files are listed in any case.

    Of a run that was interrupted the first line is enough, even where silence was asked for.
    """
    console = make_error_console()
    if has_interrupt():
        console.print("packshot: interrupted" if quiet else lines[0])
        skip_exit_message()
        return
    if not quiet:
        for line in lines:
            console.print(line)
        if output is not None:
            console.print(f"written to {output}")
    print_unreadable(console, unreadable)


def print_unreadable(console: ErrorConsole, unreadable: Sequence[tuple[str, str]]) -> None:
    """Print paths and reasons; nothing where there are none."""
    if unreadable:
        console.print(f"{len(unreadable)} unreadable:")
    for path, reason in unreadable:
        console.print(f"  {path}: {reason}")


def write_results(
    results: Iterable[Result], renderer: Renderer[Result], count_result: Callable[[Result], object]
) -> None:
    """Count results and write them, each whole."""
    for result in results:
        count_result(result)
        with defer_interrupt():
            renderer.add(result)


def choose_workers(photo_count: int, requested: int | None, parallel_threshold: int) -> int:
    """Return processes for a run: as wanted, else one for each core, but one for a few photos.

    Never none: a decoder that crashes, or never ends, must not take the command with it.

    Args:
        photo_count: How many there are.
        requested: The user's choice, if any.
        parallel_threshold: Photos from which several processes pay: starting one costs about a second.
    """
    return requested or (1 if photo_count < parallel_threshold else count_available_cores())


def check_page_output(output: Path | None, output_format: str) -> None:
    """Raise `InvalidInput` where a page would go to a terminal, or bytes to standard output."""
    if output_format in BINARY_FORMATS and output is None:
        raise InvalidInput(
            f"{output_format} cannot go to standard output: add -o scores.{output_format}"
        )
    if output_format == OutputFormat.HTML and output is None and sys.stdout.isatty():
        raise InvalidInput("an HTML page cannot go to the terminal: add -o report.html")


def choose_page_file(output: Path | None) -> Path | None:
    """Return the file that a folder of a large page may lie beside; None for a device, or a pipe.

    Example:
        >>> choose_page_file(Path("report.html")), choose_page_file(Path("/dev/stdout"))
        (PosixPath('report.html'), None)
    """
    if output is None or (output.exists() and not output.is_file()) or output.is_relative_to("/dev"):
        return None
    return output


def check_not_overwriting(output: Path | None, paths: list[Path]) -> None:
    """Raise `InvalidInput` where the output is one of the inputs."""
    if output is None or not output.exists():
        return
    if any(path.exists() and path.samefile(output) for path in paths):
        raise InvalidInput(f"{output} is one of the inputs: choose another name for the output")


def format_photo_count(count: int) -> str:
    """Format a number of photos in words."""
    return format_count(count, "photo")


def format_count(count: int, one: str, several: str | None = None) -> str:
    """Format a number of things in words.

    Args:
        count: How many.
        one: What one of them is called.
        several: What several are called; by default with an "s".

    Example:
        >>> format_count(1, "input"), format_count(2, "group of copies", "groups of copies")
        ('1 input', '2 groups of copies')
    """
    return f"{count} {one if count == 1 else several or one + 's'}"

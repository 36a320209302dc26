"""What commands that write results share: where to, with progress, and what they refuse to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from packshot.cli.exits import Exit
from packshot.cli.interrupts import finish, interrupted, interruptible, told, undisturbed
from packshot.cli.streams import Messages, standard_output
from packshot.errors import InvalidInput
from packshot.files import beside, whole
from packshot.processes import available_cores
from packshot.render.renderer import Renderer, Result
from packshot.render.terminal import console_for

Anything = TypeVar("Anything")

_LINE_FORMATS = frozenset({"jsonl", "csv"})


@contextmanager
def sink(output: Path | None, output_format: str) -> Iterator[TextIO]:
    """Standard output, or a file that appears only when it is complete.

    The complete lines of a run that was interrupted are kept beside it, in ``NAME.part``.
    """
    if output is None:
        yield standard_output(for_people=output_format == "table")
        return
    kept = beside(output, ".part") if output_format in _LINE_FORMATS else None
    with (
        whole(output, interrupted=kept) as path,
        path.open("w", encoding="utf-8", newline="") as stream,
    ):
        yield stream


def carried_out(work: Callable[[], None], report: Callable[[str], None]) -> Exit:
    """Do the work of a command and report on it, also where it was interrupted.

    Args:
        work: Writes results as they come.
        report: Told what to begin with, such as "interrupted: ".
    """
    try:
        with interruptible():
            work()
    except KeyboardInterrupt:
        report("interrupted: ")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read standard output has had enough, as in "packshot ... | head".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    finish()
    report("")
    return Exit.DONE


def messages() -> Messages:
    """Standard error, for words that are meant as they stand."""
    return Messages()


def tell(
    lines: Sequence[str], quiet: bool, written: Path | None, unreadable: Sequence[tuple[str, str]]
) -> None:
    """Say on standard error what a run came to; files that could not be read are listed in any case.

    Of a run that was interrupted the first line is enough, even where silence was asked for.
    """
    console = messages()
    if interrupted():
        console.print("packshot: interrupted" if quiet else lines[0])
        told()
        return
    if not quiet:
        for line in lines:
            console.print(line)
        if written is not None:
            console.print(f"written to {written}")
    list_unreadable(console, unreadable)


def list_unreadable(console: Messages, unreadable: Sequence[tuple[str, str]]) -> None:
    """Paths and reasons; nothing where there are none."""
    if unreadable:
        console.print(f"{len(unreadable)} unreadable:")
    for path, reason in unreadable:
        console.print(f"  {path}: {reason}")


def shows_progress(output: Path | None, output_format: str, quiet: bool) -> bool:
    """Only for people, and not between lines that are being written to the same terminal."""
    written_live = output is None and output_format in _LINE_FORMATS
    return not quiet and sys.stderr.isatty() and not (written_live and sys.stdout.isatty())


def watched(results: Iterable[Anything], total: int, doing: str, shown: bool) -> Iterator[Anything]:
    """The results, with a progress bar named by what is being done, if it is to be shown."""
    if not shown:
        yield from results
        return
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console_for(sys.stderr), transient=True) as progress:
        yield from progress.track(results, total=total)


def add_each(
    results: Iterable[Result], writer: Renderer[Result], count: Callable[[Result], object]
) -> None:
    """Count results and write them, each whole."""
    for result in results:
        count(result)
        with undisturbed():
            writer.add(result)


def processes_for(photos: int, wanted: int | None, few: int) -> int:
    """Processes for a run: as wanted, else one for each core, but one for a few photos.

    Never none: a decoder that crashes, or never ends, must not take the command with it.

    Args:
        photos: How many there are.
        wanted: The user's choice, if any.
        few: Starting a process costs about a second: fewer photos than these are done sooner by one.
    """
    return wanted or (1 if photos < few else available_cores())


def refuse_page_on_terminal(output: Path | None, output_format: str) -> None:
    """Raise `InvalidInput` where a page would go to a terminal."""
    if output_format == "html" and output is None and sys.stdout.isatty():
        raise InvalidInput("a page is not for the terminal: add -o report.html")


def refuse_overwriting(output: Path | None, paths: list[Path]) -> None:
    """Raise `InvalidInput` where the output is one of the inputs."""
    if output is None or not output.exists():
        return
    if any(path.exists() and path.samefile(output) for path in paths):
        raise InvalidInput(f"{output} is one of the inputs: choose another name for the output")


def counted(photos: int) -> str:
    """A number of photos in words."""
    return "1 photo" if photos == 1 else f"{photos} photos"

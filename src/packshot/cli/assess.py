"""`packshot assess`: from paths to a written result."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.catalog import renderer
from packshot.cli.exits import Exit
from packshot.errors import InvalidInput, SourceError
from packshot.processes import available_cores
from packshot.report import Assessment, Status
from packshot.sources import expand

# Starting processes costs about a second: not worth it for a handful of photos.
_FEW = 8

_LINE_FORMATS = frozenset({"jsonl", "csv"})


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output_format: str
    output: Path | None
    fail_under: float | None
    explain: bool
    workers: int | None
    quiet: bool
    settings: AssessorSettings


@dataclass
class Tally:
    """What a run met, for the summary and the exit status."""

    assessed: int = 0
    below: int = 0
    total_score: float = 0.0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, assessment: Assessment, bar: float | None) -> None:
        """Take one result into account."""
        if assessment.status is Status.UNREADABLE:
            self.unreadable.append((assessment.path, assessment.error or ""))
            return
        score = assessment.score or 0.0
        self.assessed += 1
        self.total_score += score
        self.below += bar is not None and score < bar


def run(request: Request) -> int:
    """Assess and write; returns the exit status.

    Raises:
        PackshotError: Nothing to assess, or nowhere to write.
    """
    paths = list(expand(request.paths))
    _refuse_overwriting(request.output, [*paths, *map(Path, request.paths)])
    _refuse_page_on_terminal(request)
    tally = Tally()
    try:
        _assess(request, paths, tally)
    except KeyboardInterrupt:
        _report(tally, request, "interrupted: ")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read standard output has had enough, as in "packshot ... | head".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    _report(tally, request)
    failed = tally.below or tally.unreadable
    return Exit.BELOW_BAR if request.fail_under is not None and failed else Exit.DONE


def _assess(request: Request, paths: list[Path], tally: Tally) -> None:
    language = request.settings.language
    with (
        _sink(request) as stream,
        renderer(request.output_format, stream, language, request.explain) as writer,
        closing(_results(request, paths)) as results,
    ):
        for assessment in _watched(results, len(paths), _shows_progress(request)):
            tally.count(assessment, request.fail_under)
            with _undisturbed():
                writer.add(assessment)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off until a line is written whole, also into a pipe that is full."""
    received: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: received.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if received:
        raise KeyboardInterrupt


def _results(request: Request, paths: list[Path]) -> Generator[Assessment]:
    workers = request.workers or (1 if len(paths) < _FEW else available_cores())
    yield from assess_paths(paths, settings=request.settings, workers=workers)


def _shows_progress(request: Request) -> bool:
    """Only for people, and not between lines that are being written to the same terminal."""
    written_live = request.output is None and request.output_format in _LINE_FORMATS
    return not request.quiet and sys.stderr.isatty() and not (written_live and sys.stdout.isatty())


def _watched(results: Iterable[Assessment], total: int, shown: bool) -> Iterator[Assessment]:
    """The results, with a progress bar if it is to be shown."""
    if not shown:
        yield from results
        return
    columns = (
        TextColumn("assessing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(results, total=total)


@contextmanager
def _sink(request: Request) -> Iterator[TextIO]:
    """Standard output, or a file that appears only when it is complete.

    The complete lines of a run that was interrupted are kept beside it, in ``NAME.part``.
    """
    output = request.output
    if output is None:
        yield sys.stdout
        return
    partial = output.with_name(output.name + ".part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise SourceError(f"cannot write {output}: {error.strerror}") from error
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
        _publish(name, output)
    except KeyboardInterrupt:
        if request.output_format in _LINE_FORMATS:
            _publish(name, partial)
        raise
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(name: str, target: Path) -> None:
    """Put a finished file in its place, readable as any other."""
    Path(name).chmod(0o644)
    os.replace(name, target)


def _refuse_page_on_terminal(request: Request) -> None:
    if request.output_format == "html" and request.output is None and sys.stdout.isatty():
        raise InvalidInput("a page is not for the terminal: add -o report.html")


def _refuse_overwriting(output: Path | None, paths: list[Path]) -> None:
    if output is None or not output.exists():
        return
    if any(path.exists() and path.samefile(output) for path in paths):
        raise InvalidInput(f"{output} is one of the inputs: choose another name for the output")


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    if not request.quiet:
        mean = f", mean score {tally.total_score / tally.assessed:.1f}" if tally.assessed else ""
        console.print(f"{prefix}{_counted(tally.assessed)} assessed{mean}")
        if request.fail_under is not None:
            console.print(f"{tally.below} below {request.fail_under:g}")
        if request.output is not None and not prefix:
            console.print(f"written to {request.output}")
    if tally.unreadable:
        console.print(f"{len(tally.unreadable)} unreadable:")
        for path, reason in tally.unreadable:
            console.print(f"  {path}: {reason}")


def _counted(photos: int) -> str:
    return "1 photo" if photos == 1 else f"{photos} photos"

"""`packshot emotion`: from paths to a written result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_workers,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    should_show_progress,
    track_progress,
    write_results,
)
from packshot.emotion.pool import read_emotions
from packshot.render import RenderOptions, renderer_for
from packshot.report import Emotion, Polarity
from packshot.sources import expand, find_photo_file

# Reading a photo is quick: starting processes, which costs about a second, pays later than in assessing.
_PARALLEL_THRESHOLD = 32


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output_format: str
    output: Path | None
    model: Path | None
    language: str
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """What a run met, for the summary."""

    polarity_counts: Counter[Polarity] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, emotion: Emotion) -> None:
        """Take one result into account."""
        if emotion.polarity is None:
            self.unreadable.append((emotion.path, emotion.error or ""))
        else:
            self.polarity_counts[emotion.polarity] += 1


def run(request: Request) -> int:
    """Read and write; returns the exit status.

    Raises:
        PackshotError: Nothing to read, nowhere to write, or a model that cannot be used.
    """
    paths = list(expand(request.paths, standard_input=True))
    check_not_overwriting(request.output, [*paths, *map(Path, request.paths)])
    check_page_output(request.output, request.output_format)
    tally = Tally()
    return run_and_report(
        partial(_read_emotions, request, paths, tally), partial(_print_report, tally, request)
    )


def _read_emotions(request: Request, paths: list[Path], tally: Tally) -> None:
    show_progress = should_show_progress(request.output, request.output_format, request.quiet)
    options = RenderOptions(request.language, file_of=find_photo_file)
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(Emotion, request.output_format, stream, options) as renderer,
        closing(_iter_results(request, paths)) as results,
    ):
        write_results(
            track_progress(results, len(paths), "reading", show_progress), renderer, tally.count
        )


def _iter_results(request: Request, paths: list[Path]) -> Generator[Emotion]:
    workers = choose_workers(len(paths), request.workers, _PARALLEL_THRESHOLD)
    yield from read_emotions(paths, model=request.model, workers=workers, timeout_s=request.timeout_s)


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    parts = ", ".join(f"{tally.polarity_counts[polarity]} {polarity.value}" for polarity in Polarity)
    lines = [f"{prefix}{format_photo_count(tally.polarity_counts.total())} read: {parts}"]
    print_summary(lines, request.quiet, request.output, tally.unreadable)

"""`packshot emotion`: from paths to a written result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.cli.output import (
    add_each,
    carried_out,
    counted,
    processes_for,
    refuse_overwriting,
    refuse_page_on_terminal,
    shows_progress,
    sink,
    tell,
    watched,
)
from packshot.emotion.pool import read_paths
from packshot.render import RenderOptions, renderer_for
from packshot.report import Emotion, Polarity
from packshot.sources import expand, find_file

# Reading a photo is quick: starting processes, which costs about a second, pays later than in assessing.
_FEW = 32


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output_format: str
    output: Path | None
    model: Path | None
    language: str
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass
class Tally:
    """What a run met, for the summary."""

    polarities: Counter[Polarity] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, emotion: Emotion) -> None:
        """Take one result into account."""
        if emotion.polarity is None:
            self.unreadable.append((emotion.path, emotion.error or ""))
        else:
            self.polarities[emotion.polarity] += 1


def run(request: Request) -> int:
    """Read and write; returns the exit status.

    Raises:
        PackshotError: Nothing to read, nowhere to write, or a model that cannot be used.
    """
    paths = list(expand(request.paths, standard_input=True))
    refuse_overwriting(request.output, [*paths, *map(Path, request.paths)])
    refuse_page_on_terminal(request.output, request.output_format)
    tally = Tally()
    return carried_out(partial(_read, request, paths, tally), partial(_report, tally, request))


def _read(request: Request, paths: list[Path], tally: Tally) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    options = RenderOptions(request.language, file_of=find_file)
    with (
        sink(request.output, request.output_format) as stream,
        renderer_for(Emotion, request.output_format, stream, options) as writer,
        closing(_results(request, paths)) as results,
    ):
        add_each(watched(results, len(paths), "reading", shown), writer, tally.count)


def _results(request: Request, paths: list[Path]) -> Generator[Emotion]:
    workers = processes_for(len(paths), request.workers, _FEW)
    yield from read_paths(paths, model=request.model, workers=workers, time_limit=request.time_limit)


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    parts = ", ".join(f"{tally.polarities[polarity]} {polarity.value}" for polarity in Polarity)
    lines = [f"{prefix}{counted(tally.polarities.total())} read: {parts}"]
    tell(lines, request.quiet, request.output, tally.unreadable)

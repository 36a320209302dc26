"""`packshot assess`: from paths to a written result."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.cli.exits import Exit
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
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment, Status
from packshot.sources import expand, find_file

_FEW = 8


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output_format: str
    output: Path | None
    fail_under: float | None
    explain: bool
    workers: int | None
    time_limit: float
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
        if assessment.status is not Status.OK:
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
    paths = list(expand(request.paths, standard_input=True))
    refuse_overwriting(request.output, [*paths, *map(Path, request.paths)])
    refuse_page_on_terminal(request.output, request.output_format)
    tally = Tally()
    ended = carried_out(lambda: _assess(request, paths, tally), partial(_report, tally, request))
    if ended is not Exit.DONE:
        return ended
    failed = tally.below or tally.unreadable
    return Exit.BELOW_BAR if request.fail_under is not None and failed else Exit.DONE


def _assess(request: Request, paths: list[Path], tally: Tally) -> None:
    options = RenderOptions(request.settings.language, request.explain, file_of=find_file)
    shown = shows_progress(request.output, request.output_format, request.quiet)
    with (
        sink(request.output, request.output_format) as stream,
        renderer_for(Assessment, request.output_format, stream, options) as writer,
        closing(_results(request, paths)) as results,
    ):
        count = partial(tally.count, bar=request.fail_under)
        add_each(watched(results, len(paths), "assessing", shown), writer, count)


def _results(request: Request, paths: list[Path]) -> Generator[Assessment]:
    workers = processes_for(len(paths), request.workers, _FEW)
    yield from assess_paths(
        paths, settings=request.settings, workers=workers, time_limit=request.time_limit
    )


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    mean = f", mean score {tally.total_score / tally.assessed:.1f}" if tally.assessed else ""
    lines = [f"{prefix}{counted(tally.assessed)} assessed{mean}"]
    if request.fail_under is not None:
        lines.append(f"{tally.below} below {request.fail_under:g}")
    tell(lines, request.quiet, request.output, tally.unreadable)

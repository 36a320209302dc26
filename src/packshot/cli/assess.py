"""`packshot assess`: from paths to a written result."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.cli.exits import ExitStatus
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
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment, Status
from packshot.sources import expand, find_photo_file

_PARALLEL_THRESHOLD = 8


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output_format: str
    output: Path | None
    fail_under: float | None
    explain: bool
    workers: int | None
    timeout_s: float
    quiet: bool
    settings: AssessorSettings


@dataclass
class Tally:
    """What a run met, for the summary and the exit status."""

    assessed_count: int = 0
    below_count: int = 0
    total_score: float = 0.0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, assessment: Assessment, threshold: float | None) -> None:
        """Take one result into account."""
        if assessment.status is not Status.OK:
            self.unreadable.append((assessment.path, assessment.error or ""))
            return
        score = assessment.score or 0.0
        self.assessed_count += 1
        self.total_score += score
        self.below_count += threshold is not None and score < threshold


def run(request: Request) -> int:
    """Assess and write; returns the exit status.

    Raises:
        PackshotError: Nothing to assess, or nowhere to write.
    """
    paths = list(expand(request.paths, standard_input=True))
    check_not_overwriting(request.output, [*paths, *map(Path, request.paths)])
    check_page_output(request.output, request.output_format)
    tally = Tally()
    status = run_and_report(
        lambda: _assess(request, paths, tally), partial(_print_report, tally, request)
    )
    if status is not ExitStatus.DONE:
        return status
    has_failure = tally.below_count or tally.unreadable
    return (
        ExitStatus.BELOW_THRESHOLD if request.fail_under is not None and has_failure else ExitStatus.DONE
    )


def _assess(request: Request, paths: list[Path], tally: Tally) -> None:
    options = RenderOptions(request.settings.language, request.explain, file_of=find_photo_file)
    show_progress = should_show_progress(request.output, request.output_format, request.quiet)
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(Assessment, request.output_format, stream, options) as renderer,
        closing(_iter_results(request, paths)) as results,
    ):
        count_result = partial(tally.count, threshold=request.fail_under)
        write_results(
            track_progress(results, len(paths), "assessing", show_progress), renderer, count_result
        )


def _iter_results(request: Request, paths: list[Path]) -> Generator[Assessment]:
    workers = choose_workers(len(paths), request.workers, _PARALLEL_THRESHOLD)
    yield from assess_paths(
        paths, settings=request.settings, workers=workers, timeout_s=request.timeout_s
    )


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    mean = f", mean score {tally.total_score / tally.assessed_count:.1f}" if tally.assessed_count else ""
    lines = [f"{prefix}{format_photo_count(tally.assessed_count)} assessed{mean}"]
    if request.fail_under is not None:
        lines.append(f"{tally.below_count} below {request.fail_under:g}")
    print_summary(lines, request.quiet, request.output, tally.unreadable)

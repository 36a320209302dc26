"""`packshot enhance` and `packshot optimize`: from paths to written photos, and a result for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.cli.exits import ExitStatus
from packshot.cli.interrupts import defer_interrupt
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
)
from packshot.enhance.loop import LoopOptions
from packshot.enhance.output import OutputOptions
from packshot.enhance.outputs import plan_in_place, plan_outputs
from packshot.enhance.pool import EnhancementTask, enhance_paths
from packshot.render import Renderer, RenderOptions, renderer_for
from packshot.report import Action, Enhancement, Status
from packshot.sources import expand_with_names, find_photo_file

_PARALLEL_THRESHOLD = 3


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    output: Path | None  # None to replace the photos themselves
    skip_existing: bool
    output_format: str
    report: Path | None
    explain: bool
    workers: int | None
    timeout_s: float
    quiet: bool
    settings: AssessorSettings
    options: LoopOptions
    kept: OutputOptions


@dataclass
class Tally:
    """What a run did, for the summary and the exit status."""

    action_counts: Counter[Action] = field(default_factory=Counter)
    reached_count: int = 0
    crash_count: int = 0
    total_gain: float = 0.0
    skipped_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, result: Enhancement, target: float | None) -> None:
        """Take one result into account."""
        if result.status is not Status.OK or result.action is None:
            self.unreadable.append((result.path, result.error or ""))
            self.crash_count += result.status is Status.CRASHED
            return
        self.action_counts[result.action] += 1
        after = result.score_after or 0.0
        self.total_gain += after - (result.score_before or 0.0)
        self.reached_count += target is not None and after >= target


def run(request: Request) -> int:
    """Enhance and write; returns the exit status.

    Raises:
        PackshotError: Nothing to enhance, nowhere to write, or an output that would harm an original.
    """
    tally = Tally()
    tasks = _plan_tasks(request, tally)
    if request.report is not None:
        check_not_overwriting(
            request.report, [path for task in tasks for path in (task.path, task.output)]
        )
    check_page_output(None, request.output_format)
    status = run_and_report(
        lambda: _enhance(request, tasks, tally), partial(_print_report, tally, request)
    )
    return ExitStatus.BELOW_THRESHOLD if status is ExitStatus.DONE and tally.crash_count else status


def _plan_tasks(request: Request, tally: Tally) -> list[EnhancementTask]:
    photos = expand_with_names(request.paths, standard_input=request.output is not None)
    tasks = plan_in_place(photos) if request.output is None else plan_outputs(photos, request.output)
    if not request.skip_existing:
        return tasks
    missing = [task for task in tasks if not task.output.exists()]
    tally.skipped_count = len(tasks) - len(missing)
    return missing


def _enhance(request: Request, tasks: list[EnhancementTask], tally: Tally) -> None:
    show_progress = should_show_progress(None, request.output_format, request.quiet)
    with ExitStack() as stack:
        renderers = [stack.enter_context(writer) for writer in _open_renderers(request, stack)]
        results = stack.enter_context(closing(_iter_results(request, tasks)))
        for result in track_progress(results, len(tasks), "enhancing", show_progress):
            tally.count(result, request.options.target_score)
            with defer_interrupt():
                for renderer in renderers:
                    renderer.add(result)


def _open_renderers(request: Request, stack: ExitStack) -> Iterator[Renderer[Enhancement]]:
    """One for the terminal, and one for the report where it is wanted."""
    options = RenderOptions(request.settings.language, request.explain, file_of=find_photo_file)
    terminal_stream = stack.enter_context(open_output(None, request.output_format))
    yield renderer_for(Enhancement, request.output_format, terminal_stream, options)
    if request.report is not None:
        file_format = choose_report_format(request.report)
        stream = stack.enter_context(open_output(request.report, file_format))
        yield renderer_for(Enhancement, file_format, stream, options)


def choose_report_format(report: Path) -> str:
    """The format that a report's extension names; a page for any other."""
    return {".jsonl": "jsonl", ".csv": "csv"}.get(report.suffix.lower(), "html")


def _iter_results(request: Request, tasks: list[EnhancementTask]) -> Generator[Enhancement]:
    workers = choose_workers(len(tasks), request.workers, _PARALLEL_THRESHOLD)
    yield from enhance_paths(
        tasks,
        settings=request.settings,
        options=request.options,
        workers=workers,
        timeout_s=request.timeout_s,
        output_options=request.kept,
    )


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    done_count = sum(tally.action_counts.values())
    parts = [f"{tally.action_counts[action]} {action.value}" for action in Action]
    gain_text = f", mean score {tally.total_gain / done_count:+.1f}" if done_count else ""
    lines = [f"{prefix}{format_photo_count(done_count)}: {', '.join(parts)}{gain_text}"]
    if request.options.target_score is not None:
        lines.append(f"{tally.reached_count} of {done_count} reach {request.options.target_score:g}")
    if tally.skipped_count:
        lines.append(f"{format_photo_count(tally.skipped_count)} skipped: the output is there")
    if request.report is not None:
        lines.append(f"report: {request.report}")
    print_summary(lines, request.quiet, None, tally.unreadable)

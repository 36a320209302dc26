"""`packshot enhance` and `packshot optimize`: from paths to written photos, and a result for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.cli.exits import Exit
from packshot.cli.interrupts import undisturbed
from packshot.cli.output import (
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
from packshot.enhance.loop import LoopOptions
from packshot.enhance.output import Kept
from packshot.enhance.outputs import plan, plan_in_place
from packshot.enhance.pool import Task, enhance_paths
from packshot.render import Renderer, RenderOptions, renderer_for
from packshot.report import Action, Enhancement, Status
from packshot.sources import expand_named, find_file

_FEW = 3


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
    time_limit: float
    quiet: bool
    settings: AssessorSettings
    options: LoopOptions
    kept: Kept


@dataclass
class Tally:
    """What a run did, for the summary and the exit status."""

    actions: Counter[Action] = field(default_factory=Counter)
    reached: int = 0
    crashed: int = 0
    gained: float = 0.0
    skipped: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, result: Enhancement, target: float | None) -> None:
        """Take one result into account."""
        if result.status is not Status.OK or result.action is None:
            self.unreadable.append((result.path, result.error or ""))
            self.crashed += result.status is Status.CRASHED
            return
        self.actions[result.action] += 1
        after = result.score_after or 0.0
        self.gained += after - (result.score_before or 0.0)
        self.reached += target is not None and after >= target


def run(request: Request) -> int:
    """Enhance and write; returns the exit status.

    Raises:
        PackshotError: Nothing to enhance, nowhere to write, or an output that would harm an original.
    """
    tally = Tally()
    tasks = _tasks(request, tally)
    if request.report is not None:
        refuse_overwriting(request.report, [path for task in tasks for path in (task.path, task.output)])
    refuse_page_on_terminal(None, request.output_format)
    ended = carried_out(lambda: _enhance(request, tasks, tally), partial(_report, tally, request))
    return Exit.BELOW_BAR if ended is Exit.DONE and tally.crashed else ended


def _tasks(request: Request, tally: Tally) -> list[Task]:
    photos = expand_named(request.paths, standard_input=request.output is not None)
    tasks = plan_in_place(photos) if request.output is None else plan(photos, request.output)
    if not request.skip_existing:
        return tasks
    missing = [task for task in tasks if not task.output.exists()]
    tally.skipped = len(tasks) - len(missing)
    return missing


def _enhance(request: Request, tasks: list[Task], tally: Tally) -> None:
    shown = shows_progress(None, request.output_format, request.quiet)
    with ExitStack() as stack:
        writers = [stack.enter_context(writer) for writer in _writers(request, stack)]
        results = stack.enter_context(closing(_results(request, tasks)))
        for result in watched(results, len(tasks), "enhancing", shown):
            tally.count(result, request.options.target)
            with undisturbed():
                for writer in writers:
                    writer.add(result)


def _writers(request: Request, stack: ExitStack) -> Iterator[Renderer[Enhancement]]:
    """One for the terminal, and one for the report where it is wanted."""
    options = RenderOptions(request.settings.language, request.explain, file_of=find_file)
    shown = stack.enter_context(sink(None, request.output_format))
    yield renderer_for(Enhancement, request.output_format, shown, options)
    if request.report is not None:
        kind = report_format(request.report)
        stream = stack.enter_context(sink(request.report, kind))
        yield renderer_for(Enhancement, kind, stream, options)


def report_format(report: Path) -> str:
    """The format that a report's extension names; a page for any other."""
    return {".jsonl": "jsonl", ".csv": "csv"}.get(report.suffix.lower(), "html")


def _results(request: Request, tasks: list[Task]) -> Generator[Enhancement]:
    workers = processes_for(len(tasks), request.workers, _FEW)
    yield from enhance_paths(
        tasks,
        settings=request.settings,
        options=request.options,
        workers=workers,
        time_limit=request.time_limit,
        kept=request.kept,
    )


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    done = sum(tally.actions.values())
    parts = [f"{tally.actions[action]} {action.value}" for action in Action]
    gain = f", mean score {tally.gained / done:+.1f}" if done else ""
    lines = [f"{prefix}{counted(done)}: {', '.join(parts)}{gain}"]
    if request.options.target is not None:
        lines.append(f"{tally.reached} of {done} reach {request.options.target:g}")
    if tally.skipped:
        lines.append(f"{counted(tally.skipped)} skipped: the output is there")
    if request.report is not None:
        lines.append(f"report: {request.report}")
    tell(lines, request.quiet, None, tally.unreadable)

"""`packshot audit`: from a feed to a folder of results."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from packshot.assess.pool import AssessorSettings
from packshot.catalog.audit import (
    Answer,
    AuditSettings,
    LocalEngine,
    Options,
    Outcome,
    RayEngine,
    date_of,
    default_cache,
    run_audit,
)
from packshot.catalog.terminal import console_for
from packshot.cli.exits import Exit
from packshot.cli.fetching import Access
from packshot.cli.output import messages
from packshot.cli.streams import Messages
from packshot.errors import InvalidInput, PackshotError
from packshot.report import AuditSummary
from packshot.sources import read_feed

_ENGINES: dict[str, type[LocalEngine] | type[RayEngine]] = {"local": LocalEngine, "ray": RayEngine}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    feed: str
    output: Path
    policies: list[str]
    on: date | None
    fail_under: float | None
    columns: list[str]
    restart: bool
    cache: Path | None
    no_cache: bool
    access: Access
    worst: int
    language: str
    atlas: Path | None
    workers: int | None
    engine: str
    quiet: bool


def run(request: Request) -> int:
    """Audit and write; returns the exit status.

    Raises:
        PackshotError: What was asked for cannot be done.
    """
    settings = _settings(request)
    cache = None if request.no_cache else request.cache or default_cache()
    engine = _ENGINES[request.engine]
    options = Options(request.workers, cache, request.restart, engine=engine)
    shown = not request.quiet and sys.stderr.isatty()
    with _until_asked_to_stop() as stop:
        watch = partial(_watched, settings, shown)
        outcome = run_audit(settings, request.output, options, stopped=stop.is_set, watch=watch)
    _report(outcome, request)
    if outcome.summary is None:
        return Exit.INTERRUPTED
    barred = request.fail_under is not None or bool(request.policies)
    return Exit.BELOW_BAR if barred and outcome.summary.failed else Exit.DONE


def _settings(request: Request) -> AuditSettings:
    begun = date_of(request.output, request.restart)
    return AuditSettings(
        feed=request.feed,
        columns=dict(map(_column, request.columns)),
        policies=tuple(request.policies),
        on=request.on or begun or datetime.now().astimezone().date(),
        fail_under=request.fail_under,
        assessor=AssessorSettings(atlas=request.atlas, language=request.language),
        fetcher=request.access.fetcher,
        worst=request.worst,
    )


def _column(text: str) -> tuple[str, str]:
    ours, separator, theirs = text.partition("=")
    if not separator or not ours.strip() or not theirs.strip():
        raise InvalidInput(f"--columns {text}: write our name, =, and yours, such as sku=ITEM_NO")
    return ours.strip(), theirs.strip()


@contextmanager
def _until_asked_to_stop() -> Iterator[Event]:
    """An event that Ctrl-C, or being asked to end, sets; the second time it interrupts at once."""
    stop = Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        messages().print("stopping: finishing what is on its way (again to stop at once)")

    before = {number: signal.signal(number, asked) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watched(
    settings: AuditSettings, shown: bool, answers: Iterable[Answer], done: int
) -> Iterator[Answer]:
    """The answers, with a bar that knows how many there will be once the feed is counted."""
    if not shown:
        yield from answers
        return
    columns = (
        TextColumn("auditing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console_for(sys.stderr), transient=True) as progress:
        bar = progress.add_task("auditing", total=None, completed=done, rate="")
        Thread(target=_count, args=(settings, progress, bar), daemon=True).start()
        for answer in answers:
            yield answer
            speed = progress.tasks[0].speed
            progress.update(bar, advance=1, rate=f"{speed:.1f}/s" if speed else "")


def _count(settings: AuditSettings, progress: Progress, bar: TaskID) -> None:
    """Read the feed once more, only to count it; what is wrong with it, the audit will say."""
    with suppress(PackshotError):
        total = sum(1 for _ in read_feed(settings.feed, settings.columns, settings.fetcher))
        progress.update(bar, total=total)


def _report(outcome: Outcome, request: Request) -> None:
    """What came of it, on standard error."""
    console = messages()
    for note in outcome.notes:
        console.print(note)
    if outcome.summary is None:
        console.print(
            f"interrupted: {outcome.done} inputs are done and kept; the same command goes on from there"
        )
    elif not request.quiet:
        _tell(console, outcome.summary, request.output)


def _tell(console: Messages, summary: AuditSummary, folder: Path) -> None:
    mean = "" if summary.mean_score is None else f", mean score {summary.mean_score:.1f}"
    console.print(f"{summary.inputs} inputs: {_counts(summary.statuses)}{mean}")
    console.print(f"verdicts: {_counts(summary.verdicts) or 'none'}")
    run = summary.run
    console.print(
        f"{run.seconds:.1f} s, {run.photos_per_second:.1f} inputs a second,"
        f" {run.remembered} known from the cache"
    )
    for name, lack in summary.outputs.items():
        if lack.startswith("not written"):
            console.print(f"{name}: {lack}")
    console.print(f"written to {folder}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())

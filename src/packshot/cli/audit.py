"""`packshot audit`: from a feed to a folder of results."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import Thread

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
from packshot.cli.exits import Exit
from packshot.cli.fetching import Access
from packshot.cli.output import carried_out, messages, tell
from packshot.errors import InvalidInput, PackshotError
from packshot.render.terminal import console_for
from packshot.report import AuditSummary
from packshot.sources import read_feed

_ENGINES: dict[str, type[LocalEngine] | type[RayEngine]] = {"local": LocalEngine, "ray": RayEngine}


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
    time_limit: float
    engine: str
    quiet: bool


def run(request: Request) -> int:
    """Audit and write; returns the exit status.

    Raises:
        PackshotError: What was asked for cannot be done.
    """
    settings = _settings(request)
    cache = None if request.no_cache else request.cache or default_cache()
    if cache is None and not request.no_cache and not request.quiet:
        messages().print("no home folder to remember assessments in: --cache names another")
    engine = _ENGINES[request.engine]
    options = Options(
        request.workers, cache, request.restart, patience=request.time_limit, engine=engine
    )
    tally = Tally(settings, shown=not request.quiet and sys.stderr.isatty())

    def work() -> None:
        tally.outcome = run_audit(settings, request.output, options, watch=tally.watch)

    ended = carried_out(work, partial(_report, tally, request))
    if ended is not Exit.DONE or tally.outcome is None:
        return ended
    summary = tally.outcome.summary
    barred = request.fail_under is not None or bool(request.policies)
    return Exit.BELOW_BAR if barred and summary is not None and summary.failed else Exit.DONE


@dataclass
class Tally:
    """What an audit has done.

    Attributes:
        settings: Of the audit.
        shown: Whether to show progress.
        done: Inputs that are done and kept, those of earlier runs among them.
        outcome: None until the end.
    """

    settings: AuditSettings
    shown: bool
    done: int = 0
    outcome: Outcome | None = None

    def watch(self, answers: Iterable[Answer], done: int) -> Iterator[Answer]:
        """Count answers, each once it is kept, and show progress."""
        self.done = done
        for answer in _watched(self.settings, self.shown, answers, done):
            yield answer
            self.done += 1


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


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """What came of it, on standard error."""
    if prefix:
        kept = f"{tally.done} inputs are done and kept; the same command goes on from there"
        tell([prefix + kept], request.quiet, None, ())
    elif tally.outcome is not None and tally.outcome.summary is not None:
        for note in tally.outcome.notes:
            messages().print(note)
        tell(list(_told(tally.outcome.summary)), request.quiet, request.output, ())


def _told(summary: AuditSummary) -> Iterator[str]:
    mean = "" if summary.mean_score is None else f", mean score {summary.mean_score:.1f}"
    yield f"{summary.inputs} inputs: {_counts(summary.statuses)}{mean}"
    yield f"verdicts: {_counts(summary.verdicts) or 'none'}"
    run = summary.run
    yield (
        f"{run.seconds:.1f} s, {run.photos_per_second:.1f} inputs a second,"
        f" {run.remembered} known from the cache"
    )
    for name, lack in summary.outputs.items():
        if lack.startswith("not written"):
            yield f"{name}: {lack}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())

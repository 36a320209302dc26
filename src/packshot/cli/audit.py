"""`packshot audit`: from a feed to a folder of results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Annotated, Final

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from packshot.assess.pool import AssessorSettings
from packshot.catalog.audit import (
    AuditOptions,
    AuditOutcome,
    AuditSettings,
    LocalEngine,
    RayEngine,
    RowResult,
    find_default_cache_folder,
    read_audit_date,
    run_audit,
)
from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import parse_columns
from packshot.cli.fetching import FetchAccess
from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    ColumnNames,
    Day,
    EncoderFolder,
    Feed,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.cli.output import (
    choose_status,
    format_count,
    make_error_console,
    print_summary,
    run_and_report,
)
from packshot.cli.progress import ProgressStyle, choose_progress, print_progress_lines
from packshot.errors import PackshotError
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render.terminal import make_console
from packshot.report import AuditStatus, AuditSummary
from packshot.sources import read_feed

_ENGINES: dict[str, type[LocalEngine] | type[RayEngine]] = {"local": LocalEngine, "ray": RayEngine}

application = CommandGroup()

AUDIT_HELP: Final = """Judge every photo of a feed; a folder of results accounts for every input.

FEED is a folder, a table (columns such as sku, image, role, category, seller), or an address. DIR gets
audit.parquet, audit.csv, audit.xlsx, audit.html with the worst photos, and summary.json. After a
crash, a kill or Ctrl-C, run the same command again: it continues where it stopped. Nothing is read from
standard input; messages go to standard error.

\b
Examples:
  packshot audit shop-photos/ -o audit/
  packshot audit feed.csv -o audit/ --policy amazon-main --fail-under 60
  packshot audit feed.parquet -o audit/ --columns sku=item --columns image=url
  packshot audit feed.csv -o audit/ --policy google-merchant --on 2027-02-01

Exit status: 0 done; 1 no photo could be read, or with --fail-under or --policy a photo fails or could
not be assessed; 2 wrong usage, a feed or policy that cannot be read, or another audit in DIR; 130
interrupted: the same command continues it.
"""


class EngineName(StrEnum):
    """The engine that examines photos: this machine's processes, or a cluster's."""

    LOCAL = "local"
    RAY = "ray"


@application.command("audit", help=AUDIT_HELP, runs_networks=True)
def audit_command(
    feed: Feed,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="DIR", help="Folder for the results; not -."
        ),
    ],
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", "-p", help="Name of a policy, or a YAML file; may be repeated."),
    ] = None,
    on: Day = None,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=100, help="Photos that score below this fail.")
    ] = None,
    columns: ColumnNames = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Start over: forget what was done in DIR.")
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FOLDER",
            help="Assessments shared between audits; your cache by default.",
        ),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Assess every input afresh, even identical files.")
    ] = False,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    worst: Annotated[
        int, typer.Option(min=0, max=5000, help="Number of photos shown on the page.")
    ] = 200,
    language: Annotated[str, typer.Option(help="Language of remedies and the page: en or zh.")] = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    engine: Annotated[
        EngineName,
        typer.Option(help="ray: a cluster (RAY_ADDRESS) that sees the same files; it uses no cache."),
    ] = EngineName.LOCAL,
    quiet: Quiet = False,
) -> None:
    """Audit a feed; users read `AUDIT_HELP`."""
    request = Request(
        feed=feed,
        output=output,
        policies=policies or [],
        on=on.date() if on else None,
        fail_under=fail_under,
        columns=columns or [],
        restart=restart,
        cache=None if no_cache else cache,
        no_cache=no_cache,
        access=FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials),
        worst=worst,
        language=language,
        atlas=atlas,
        encoder=encoder,
        workers=workers,
        timeout_s=timeout_s,
        engine=engine.value,
        quiet=quiet,
    )
    raise typer.Exit(run(request))


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    feed: str
    output: Path
    policies: list[str]
    on: date | None
    fail_under: float | None
    columns: list[str]
    restart: bool
    cache: Path | None
    no_cache: bool
    access: FetchAccess
    worst: int
    language: str
    atlas: Path | None
    encoder: Path | None
    workers: int | None
    timeout_s: float
    engine: str
    quiet: bool


def run(request: Request) -> int:
    """Audit and write; return the exit status.

    Raises:
        PackshotError: What was asked for cannot be done.
    """
    settings = _build_settings(request)
    cache = None if request.no_cache else request.cache or find_default_cache_folder()
    if cache is None and not request.no_cache and not request.quiet:
        make_error_console().print("no home folder to remember assessments in: --cache names another")
    engine = _ENGINES[request.engine]
    options = AuditOptions(
        request.workers, cache, request.restart, timeout_s=request.timeout_s, engine_factory=engine
    )
    tally = Tally(settings, choose_progress(request.output, "", request.quiet))

    def audit_feed() -> None:
        tally.outcome = run_audit(settings, request.output, options, progress=tally.track)

    status = run_and_report(audit_feed, partial(_print_report, tally, request))
    summary = None if tally.outcome is None else tally.outcome.summary
    if summary is None:
        return status
    has_threshold = request.fail_under is not None or bool(request.policies)
    return choose_status(
        status,
        photo_count=summary.inputs,
        unreadable_count=summary.inputs - summary.statuses.get(AuditStatus.OK, 0),
        is_unmet=has_threshold and bool(summary.failed),
    )


@dataclass
class Tally:
    """Counts of an audit.

    Attributes:
        settings: Of the audit.
        progress_style: Of the progress shown.
        done_count: Inputs that are done and kept, those of earlier runs among them.
        outcome: None until the end.
    """

    settings: AuditSettings
    progress_style: ProgressStyle
    done_count: int = 0
    outcome: AuditOutcome | None = None

    def track(self, results: Iterable[RowResult], done_count: int) -> Iterator[RowResult]:
        """Count answers, each once it is kept, and show progress."""
        self.done_count = done_count
        for result in _track_progress(self.settings, self.progress_style, results, done_count):
            yield result
            self.done_count += 1


def _build_settings(request: Request) -> AuditSettings:
    audit_date = read_audit_date(request.output, request.restart)
    return AuditSettings(
        feed=request.feed,
        columns=parse_columns(request.columns),
        policies=tuple(request.policies),
        on=request.on or audit_date or datetime.now().astimezone().date(),
        fail_under=request.fail_under,
        assessor=AssessorSettings(
            atlas=request.atlas, language=request.language, encoder=request.encoder
        ),
        fetcher=request.access.fetcher,
        worst=request.worst,
    )


def _track_progress(
    settings: AuditSettings, style: ProgressStyle, results: Iterable[RowResult], done_count: int
) -> Iterator[RowResult]:
    """Yield the answers, with progress that knows how many there will be once the feed is counted."""
    if style is ProgressStyle.NONE:
        yield from results
    elif style is ProgressStyle.LINES:
        with print_progress_lines("auditing", None, done_count) as progress:
            _count_feed_rows(settings, partial(setattr, progress, "total"))
            for result in results:
                yield result
                progress.done_count += 1
    else:
        yield from _track_with_bar(settings, results, done_count)


def _track_with_bar(
    settings: AuditSettings, results: Iterable[RowResult], done_count: int
) -> Iterator[RowResult]:
    columns = (
        TextColumn("auditing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=make_console(sys.stderr), transient=True) as progress:
        task_id = progress.add_task("auditing", total=None, completed=done_count, rate="")
        _count_feed_rows(settings, lambda total: progress.update(task_id, total=total))
        for result in results:
            yield result
            speed = progress.tasks[0].speed
            progress.update(task_id, advance=1, rate=f"{speed:.1f}/s" if speed else "")


def _count_feed_rows(settings: AuditSettings, take_total: Callable[[int], None]) -> None:
    """Read the feed once more, beside the work, to count it; the audit says what is wrong."""

    def count() -> None:
        with suppress(PackshotError):
            take_total(sum(1 for _ in read_feed(settings.feed, settings.columns, settings.fetcher)))

    Thread(target=count, daemon=True).start()


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print the outcome on standard error."""
    if prefix:
        done = format_count(tally.done_count, "input is", "inputs are")
        resume_text = f"{done} done and kept; the same command goes on from there"
        print_summary([prefix + resume_text], request.quiet, None, ())
    elif tally.outcome is not None and tally.outcome.summary is not None:
        for note in tally.outcome.notes:
            make_error_console().print(note)
        print_summary(list(_format_summary(tally.outcome.summary)), request.quiet, request.output, ())


def _format_summary(summary: AuditSummary) -> Iterator[str]:
    mean = "" if summary.mean_score is None else f", mean score {summary.mean_score:.1f}"
    yield f"{format_count(summary.inputs, 'input')}: {_format_counts(summary.statuses)}{mean}"
    yield f"verdicts: {_format_counts(summary.decisions) or 'none'}"
    if summary.manual_checks:
        yield f"only a person can judge: {', '.join(summary.manual_checks)}"
    run = summary.run
    yield (
        f"{run.seconds:.1f} s, {run.photos_per_second:.1f} inputs a second,"
        f" {run.remembered} known from the cache"
    )
    for name, note in summary.outputs.items():
        if note.startswith("not written"):
            yield f"{name}: {note}"


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())

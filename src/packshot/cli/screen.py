"""`packshot screen`: from paths to verdicts."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from packshot import regular_files
from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, add_listings, make_feed_options
from packshot.cli.fetching import select_local_files
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    ColumnNames,
    Day,
    EncoderFolder,
    FormatOption,
    OutputFile,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    TimeLimit,
    Workers,
)
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_page_file,
    choose_status,
    choose_workers,
    format_photo_count,
    make_error_console,
    open_output,
    print_summary,
    run_and_report,
    write_results,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.errors import InvalidInput, SourceError
from packshot.policy import Policy, find_required_overlays, is_newly_failing, load_policy, screen
from packshot.policy.wording import summarise_policy
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment, Decision, Listing, Status, Verdict
from packshot.sources import InputPhoto, PhotoList, is_remote

_PARALLEL_THRESHOLD = 8
"""Photos from which several processes pay: starting one costs about a second."""

_ASSESSMENTS_SUFFIX = ".jsonl"
"""Files of this suffix hold assessments that were written before, not photos."""

_MAX_LINE_BYTES = 4 * 2**20
"""Bytes of an assessment in JSON; most take some thousand, one with all maps a hundred thousand."""

ScreenedInput = tuple[Assessment, InputPhoto | None]
"""An assessment, and what a feed says of its photo where there is one."""

application = CommandGroup()

SCREEN_HELP: Final = """Check photos against the rules of marketplaces, as they stand on a given day.

PATHS are files, folders, globs, feeds (their roles and categories are used), addresses, the output of
"packshot assess --format jsonl" (photos are then not decoded again), or - for a photo on standard input.
A policy is one listed by "packshot policies", or a YAML file of your own. What could not be measured on
a photo never passes: somebody has to look. What only a person can judge is said once for a policy, and
the rest passes or fails. Verdicts go to standard output, or to -o FILE; no photo is changed.

\b
Examples:
  packshot screen shop-photos/ --policy amazon-main
  packshot screen feed.csv -p amazon-main -p google-merchant -o rules.html
  packshot screen feed.csv -p google-merchant --on 2027-02-01 --compare-dates
  packshot screen upload.jpg --policy our-shop.yaml --fail-on fail
  packshot screen dress.jpg -p amazon-main --category apparel --role main
  packshot screen - --policy amazon-main < upload.jpg    # - is standard input

Exit status: 0 done; 1 no photo could be read, or with --fail-on a verdict is that or worse, or a photo
is unreadable; 2 wrong usage, a mistake in a policy, no photo found, or the output cannot be written;
130 interrupted.
"""


class FailThreshold(StrEnum):
    """Decisions that may fail a run; each includes those before it."""

    FAIL = "fail"
    MANUAL = "manual"
    WARN = "warn"


@application.command("screen", help=SCREEN_HELP, runs_networks=True)
def screen_command(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, globs, feeds, addresses, assessments as .jsonl; "
            "- for a photo on standard input."
        ),
    ],
    policies: Annotated[
        list[str],
        typer.Option("--policy", "-p", help="Name of a policy, or a YAML file; may be repeated."),
    ],
    on: Day = None,
    role: Annotated[
        str, typer.Option(help="Role of photos where no feed says: main or other.")
    ] = "main",
    category: Annotated[
        str | None, typer.Option(help="Category of photos where no feed says, such as apparel.")
    ] = None,
    compare_dates: Annotated[
        bool,
        typer.Option(
            "--compare-dates", help="Only photos that fail on the day --on but not on --since."
        ),
    ] = False,
    since: Day = None,
    fail_on: Annotated[
        FailThreshold | None, typer.Option(help="Exit with status 1 if any verdict is this or worse.")
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Language of reasons and reports: en or zh.")] = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Screen photos; users read `SCREEN_HELP`."""
    if since is not None and not compare_dates:
        raise typer.BadParameter("needs --compare-dates", param_hint="--since")
    today = datetime.now().astimezone().date()
    earlier = since.date() if since else today
    request = Request(
        paths=paths,
        feeds=make_feed_options(columns, retries, allow_private, ports, store_credentials),
        policies=policies,
        on=on.date() if on else today,
        since=earlier if compare_dates else None,
        role=role.lower(),
        category=category.lower() if category else None,
        fail_on=fail_on.value if fail_on else None,
        output_format=(output_format or choose_format(output)).value,
        output=output,
        settings=AssessorSettings(atlas=atlas, language=language, encoder=encoder, draws_map=False),
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    raise typer.Exit(run(request))


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    policies: list[str]
    on: date
    since: date | None
    role: str
    category: str | None
    fail_on: str | None
    output_format: str
    output: Path | None
    settings: AssessorSettings
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary and the exit status.

    Attributes:
        input_count: Photos, with those that have no verdict to be written.
        photo_count: Photos with a verdict that is written.
        last_path: The photo of the last verdict.
        decision_counts: By policy.
        manual_checks: Rules that only a person can judge, by policy.
        unreadable: Reasons by path.
    """

    input_count: int = 0
    photo_count: int = 0
    last_path: str = ""
    decision_counts: dict[str, Counter[Decision]] = field(default_factory=dict)
    manual_checks: dict[str, dict[str, None]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def count_input(self, pair: ScreenedInput) -> ScreenedInput:
        """Take a photo into account."""
        self.input_count += 1
        return pair

    def count(self, verdict: Verdict) -> None:
        """Take one verdict into account."""
        if verdict.decision is None:
            self.unreadable[verdict.path] = verdict.error or ""
            return
        self.photo_count += verdict.path != self.last_path  # The verdicts of a photo follow one another.
        self.last_path = verdict.path
        self.decision_counts.setdefault(verdict.policy, Counter())[verdict.decision] += 1
        self.manual_checks.setdefault(verdict.policy, {}).update(dict.fromkeys(verdict.manual_checks))

    def has_failure(self, threshold: Decision) -> bool:
        """True if any verdict is the threshold's or worse, or a photo is unreadable."""
        failing_decisions = tuple(Decision)[: tuple(Decision).index(threshold) + 1]
        has_failing_decision = any(
            counts[decision]
            for counts in self.decision_counts.values()
            for decision in failing_decisions
        )
        return has_failing_decision or bool(self.unreadable)


def run(request: Request) -> int:
    """Screen and write; return the exit status.

    Raises:
        PackshotError: A policy with a mistake, nothing to screen, or nowhere to write.
    """
    policies = _load_policies(request)
    assessment_files = [Path(path) for path in request.paths if _holds_assessments(path)]
    photo_arguments = [path for path in request.paths if not _holds_assessments(path)]
    with request.feeds.list_photos(photo_arguments, standard_input=True) as photos:
        check_not_overwriting(request.output, [*photos.local_paths, *select_local_files(request.paths)])
        check_page_output(request.output, request.output_format)
        tally = Tally()
        work = partial(_screen_photos, request, policies, assessment_files, photos, tally)
        status = run_and_report(work, partial(_print_report, tally, request))
    return choose_status(
        status,
        photo_count=tally.input_count,
        unreadable_count=len(tally.unreadable),
        is_unmet=request.fail_on is not None and tally.has_failure(Decision(request.fail_on)),
    )


def _holds_assessments(path: str) -> bool:
    """Return whether a file is of assessments, and no feed: its first line is one, or half of one."""
    if not path.endswith(_ASSESSMENTS_SUFFIX) or is_remote(path) or os.path.isdir(path):
        return False
    try:
        with regular_files.open_file(path) as lines:
            first = lines.readline(_MAX_LINE_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    try:
        cells = json.loads(first)
    except ValueError:
        return True
    return not isinstance(cells, dict) or {"path", "status"} <= cells.keys() or not cells


def _load_policies(request: Request) -> list[Policy]:
    """Load the policies asked for; also a note where the category has no rules in any of them."""
    policies = [load_policy(name) for name in dict.fromkeys(request.policies)]
    names = [policy.name for policy in policies]
    if len(set(names)) < len(names):
        raise InvalidInput(f"two policies have the same name: {', '.join(names)}")
    known_categories = {category for policy in policies for category in policy.categories}
    if (
        request.category
        and known_categories
        and request.category not in known_categories
        and not request.quiet
    ):
        make_error_console().print(
            f'note: no rule is made for the category "{request.category}", only for '
            f"{', '.join(sorted(known_categories))}; the rules for all categories hold"
        )
    return policies


def _screen_photos(
    request: Request,
    policies: list[Policy],
    assessment_files: list[Path],
    photos: PhotoList,
    tally: Tally,
) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    language = request.settings.language
    options = RenderOptions(
        language,
        policies=tuple(summarise_policy(policy, language) for policy in policies),
        on=request.on,
        since=request.since,
        file_of=photos.find_file,
        page_file=choose_page_file(request.output),
    )
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(Verdict, request.output_format, stream, options) as renderer,
        closing(
            _iter_assessments(request, find_required_overlays(policies), assessment_files, photos)
        ) as results,
    ):
        verdicts = (
            verdict
            for assessment, photo in track_progress(
                map(tally.count_input, results), len(photos), "screening", progress_style
            )
            for verdict in _iter_verdicts(assessment, policies, photo, request)
        )
        write_results(verdicts, renderer, tally.count)


def _iter_assessments(
    request: Request, overlays: tuple[str, ...], assessment_files: list[Path], photos: PhotoList
) -> Generator[ScreenedInput]:
    """Yield those that were written before, then those of the photos, with these."""
    for file in assessment_files:
        yield from ((assessment, None) for assessment in _read_assessments(file))
    if photos:
        workers = choose_workers(len(photos), request.workers, _PARALLEL_THRESHOLD)
        settings = replace(request.settings, overlays=overlays)
        with (
            closing(photos.fetch()) as paths,
            closing(
                assess_paths(paths, settings=settings, workers=workers, timeout_s=request.timeout_s)
            ) as results,
        ):
            yield from zip(add_listings(photos, results), photos.photos, strict=True)


def _read_assessments(file: Path) -> Iterator[Assessment]:
    """Read assessments that `packshot assess` wrote, one a line."""
    try:
        with regular_files.open_file(file) as lines:
            for number in count(1):
                line = lines.readline(_MAX_LINE_BYTES + 1)
                if not line:
                    return
                yield _parse_assessment(line, f"{file}, line {number}")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error}") from error


def _parse_assessment(line: bytes, position: str) -> Assessment:
    if len(line) > _MAX_LINE_BYTES:
        raise SourceError(f"{position}: longer than {_MAX_LINE_BYTES:,} bytes, and no assessment")
    try:
        return Assessment.model_validate_json(line)
    except ValidationError as error:
        raise SourceError(f"{position}: is not an assessment") from error


def _iter_verdicts(
    assessment: Assessment, policies: list[Policy], photo: InputPhoto | None, request: Request
) -> Iterator[Verdict]:
    """Yield the verdicts; where dates are compared, only of what newly fails or is unreadable."""
    said = assessment.listing or Listing()
    role = (photo.role if photo else said.role).lower()
    category = (photo.category if photo else said.category).lower()
    for policy in policies:
        verdict = screen(
            assessment,
            policy,
            on=request.on,
            role=role or request.role,
            category=category or request.category,
            language=request.settings.language,
            compared_with=request.since,
        ).model_copy(update={"listing": assessment.listing})
        is_unreadable = verdict.status is not Status.OK
        if request.since is None or is_unreadable or is_newly_failing(verdict):
            yield verdict


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    text = f"{format_photo_count(tally.photo_count)} screened"
    if request.since is not None:
        text = (
            f"fails on {request.on} and not on {request.since}: {format_photo_count(tally.photo_count)}"
        )
    lines = [prefix + text]
    for policy, counts in tally.decision_counts.items():
        parts = (f"{counts[decision]} {decision}" for decision in Decision if counts[decision])
        lines.append(f"  {policy}: {', '.join(parts)}")
        if tally.manual_checks[policy]:
            lines.append(f"    only a person can judge: {', '.join(tally.manual_checks[policy])}")
    print_summary(lines, request.quiet, request.output, list(tally.unreadable.items()))

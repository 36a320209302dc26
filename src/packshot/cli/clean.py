"""`packshot clean`: from a training set to proposals, and to a cleaned copy where that is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings
from packshot.catalog.clean import (
    CleanSettings,
    LabelSource,
    Sample,
    check_target_empty,
    decide_outcomes,
    propose_changes,
    read_samples,
    write_feed,
    write_folder,
)
from packshot.cli.commands import CommandGroup
from packshot.cli.fetching import FetchAccess, select_local_files
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    Feed,
    FormatOption,
    OutputFile,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    StoreFile,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_page_file,
    choose_status,
    format_count,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    write_results,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.errors import InvalidInput
from packshot.processes import DEFAULT_TIME_LIMIT_S, count_available_cores
from packshot.render import RenderOptions, renderer_for
from packshot.report import Problem, Proposal
from packshot.search.duplicates import SignatureStore, Signer, default_store_path
from packshot.sources import LocalCopies

application = CommandGroup()

CLEAN_HELP: Final = """Find what spoils a training set of photos, and propose what to do about it.

Finds photos that are unreadable, blurred, out of focus, over- or under-exposed; copies, also across the
splits of a set; labels that do not fit the picture; and proposes labels for photos that have none. FEED
is a folder whose subfolders are labels, or a table, on this machine, in an object store or at a URL
(tables only). Remote photos are fetched into a temporary folder. The proposals go to standard output, or
to -o FILE. The set itself is never changed: --apply writes a cleaned copy of a local folder, or for
anything else a feed of what is left. The copy appears only once it is complete; its photos are identical
to the originals, metadata included.

\b
Examples:
  packshot clean training-set/ -o proposals.csv
  packshot clean training-set/ -o sheet.html             # contact sheets
  packshot clean set.csv --label-column type --split-column split
  packshot clean training-set/ -o proposals.csv --apply --to new/ --sure 0.9

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, or the output cannot be
written; 130 interrupted.
"""


class LabelSourceName(StrEnum):
    """See `packshot.catalog.clean.LabelSource`."""

    FOLDER = "folder"
    COLUMN = "column"


@application.command("clean", help=CLEAN_HELP, runs_networks=True)
def clean_command(
    feed: Feed,
    labels_from: Annotated[
        LabelSourceName | None, typer.Option(help="Where labels come from; by default what FEED has.")
    ] = None,
    label_column: Annotated[
        str | None, typer.Option(help='Column of labels; "label" by default.')
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option(help='Column of splits, to find copies across them; "split" by default.'),
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write a cleaned copy; the set itself is not changed.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path, metavar="DIR", help="Where the cleaned copy goes: a new folder, or feed."
        ),
    ] = None,
    sure: Annotated[
        float, typer.Option(min=0, max=1, help="Least confidence at which proposals are carried out.")
    ] = 0.8,
    link: Annotated[
        bool, typer.Option("--link", help="Hard-link the files instead of copying them.")
    ] = False,
    store: StoreFile = None,
    language: Annotated[str, typer.Option(help="Language of reasons and reports: en or zh.")] = "en",
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Clean a training set; users read `CLEAN_HELP`."""
    if apply != (to is not None):
        raise InvalidInput("--apply and --to DIR go together")
    request = Request(
        feed=feed,
        labels_from=None if labels_from is None else LabelSource(labels_from.value),
        label_column=label_column,
        split_column=split_column,
        access=FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials),
        settings=CleanSettings(
            AssessorSettings(language=language, draws_map=False),
            workers or count_available_cores(),
            timeout_s,
        ),
        apply=None if to is None else ApplyOptions(to, sure, link),
        store=store,
        output_format=(output_format or choose_format(output)).value,
        output=output,
        quiet=quiet,
    )
    raise typer.Exit(run(request))


@dataclass(frozen=True)
class ApplyOptions:
    """Options of carrying proposals out; see the command's options."""

    target: Path
    min_confidence: float
    use_hardlinks: bool


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    feed: str
    labels_from: LabelSource | None
    label_column: str | None
    split_column: str | None
    access: FetchAccess
    settings: CleanSettings
    apply: ApplyOptions | None
    store: Path | None
    output_format: str
    output: Path | None
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary."""

    photo_count: int = 0
    proposals: list[Proposal] = field(default_factory=list)
    applied_text: str = ""


def run(request: Request) -> int:
    """Inspect, propose, carry out; return the exit status.

    Raises:
        PackshotError: No photo, nowhere to write, or a store that cannot be used.
    """
    samples = read_samples(
        request.feed,
        request.labels_from,
        label_column=request.label_column,
        split_column=request.split_column,
        fetcher=request.access.fetcher,
    )
    _check_request(request, samples)
    tally = Tally(photo_count=len(samples))
    status = run_and_report(
        partial(_clean, request, samples, tally), partial(_print_report, tally, request)
    )
    unreadable_count = sum(one.problem is Problem.UNREADABLE for one in tally.proposals)
    return choose_status(status, photo_count=tally.photo_count, unreadable_count=unreadable_count)


def _check_request(request: Request, samples: list[Sample]) -> None:
    """Refuse before the work what could not be written after it."""
    check_not_overwriting(
        request.output, select_local_files((request.feed, *(one.path for one in samples)))
    )
    check_page_output(request.output, request.output_format)
    if request.apply is None:
        return
    target = request.apply.target
    check_target_empty(target)
    feed = Path(request.feed).resolve()
    if feed.is_dir() and target.resolve().is_relative_to(feed):
        raise InvalidInput(f"{target} is inside the set itself: name a folder beside it with --to")


def _clean(request: Request, samples: list[Sample], tally: Tally) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.with_feed_restrictions(request.feed)) as local_copies,
        open_output(request.output, request.output_format) as stream,
        renderer_for(
            Proposal,
            request.output_format,
            stream,
            RenderOptions(
                language, file_of=local_copies.path, page_file=choose_page_file(request.output)
            ),
        ) as renderer,
        SignatureStore(request.store or default_store_path(), Signer().maker) as store,
    ):
        proposals = propose_changes(
            samples,
            local_copies,
            store,
            request.settings,
            partial(track_progress, style=progress_style),
        )
        write_results(proposals, renderer, tally.proposals.append)
    if request.apply is not None:
        tally.applied_text = _apply(request, samples, tally.proposals, request.apply)


def _apply(
    request: Request, samples: list[Sample], proposals: list[Proposal], apply_options: ApplyOptions
) -> str:
    """Write the cleaned set; return what was done."""
    outcomes = decide_outcomes(samples, proposals, min_confidence=apply_options.min_confidence)
    if Path(request.feed).is_dir():
        write_folder(samples, outcomes, apply_options.target, link=apply_options.use_hardlinks)
    else:
        write_feed(samples, outcomes, apply_options.target)
    kept_count = sum(outcome.kept for outcome in outcomes)
    relabelled_count = sum(outcome.relabelled for outcome in outcomes)
    counts = f"{format_photo_count(kept_count)} kept, {relabelled_count} relabelled"
    return f"{counts}, in {apply_options.target}"


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print the summary on standard error."""
    proposal_count = format_count(len(tally.proposals), "proposal")
    lines = [f"{prefix}{format_photo_count(tally.photo_count)}, {proposal_count}"]
    problems = Counter(proposal.problem for proposal in tally.proposals)
    lines += [f"  {problem}: {count}" for problem, count in problems.items()]
    if tally.applied_text:
        lines.append(tally.applied_text)
    print_summary(lines, request.quiet, request.output, ())

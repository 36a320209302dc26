"""`packshot clean`: from a training set to proposals, and to a cleaned copy where that is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

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
from packshot.cli.exits import ExitStatus
from packshot.cli.fetching import FetchAccess, select_local_files
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    should_show_progress,
    track_progress,
    write_results,
)
from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import Proposal
from packshot.search.duplicates import SignatureStore, Signer, default_store_path
from packshot.sources import LocalCopies


@dataclass(frozen=True)
class ApplyOptions:
    """How proposals are to be carried out; see the command's options."""

    target: Path
    min_confidence: float
    use_hardlinks: bool


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

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
    """What a run found and did, for the summary."""

    photo_count: int = 0
    proposals: list[Proposal] = field(default_factory=list)
    applied_text: str = ""


def run(request: Request) -> int:
    """Look, propose, carry out; returns the exit status.

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
    return ExitStatus(status)


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
        raise InvalidInput(f"{target} lies in the set itself: name a folder beside it with --to")


def _clean(request: Request, samples: list[Sample], tally: Tally) -> None:
    show_progress = should_show_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.with_feed_restrictions(request.feed)) as local_copies,
        open_output(request.output, request.output_format) as stream,
        renderer_for(
            Proposal, request.output_format, stream, RenderOptions(language, file_of=local_copies.path)
        ) as renderer,
        SignatureStore(request.store or default_store_path(), Signer().maker) as store,
    ):
        proposals = propose_changes(
            samples,
            local_copies,
            store,
            request.settings,
            partial(track_progress, show_progress=show_progress),
        )
        write_results(proposals, renderer, tally.proposals.append)
    if request.apply is not None:
        tally.applied_text = _apply(request, samples, tally.proposals, request.apply)


def _apply(
    request: Request, samples: list[Sample], proposals: list[Proposal], apply_options: ApplyOptions
) -> str:
    """Write the cleaned set; returns what was done."""
    outcomes = decide_outcomes(samples, proposals, min_confidence=apply_options.min_confidence)
    if Path(request.feed).is_dir():
        write_folder(samples, outcomes, apply_options.target, link=apply_options.use_hardlinks)
    else:
        write_feed(samples, outcomes, apply_options.target)
    kept_count = sum(outcome.kept for outcome in outcomes)
    relabelled_count = sum(outcome.relabelled for outcome in outcomes)
    return f"{format_photo_count(kept_count)} kept, {relabelled_count} relabelled, in {apply_options.target}"


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary on standard error."""
    lines = [f"{prefix}{format_photo_count(tally.photo_count)}, {len(tally.proposals)} proposals"]
    problems = Counter(proposal.problem for proposal in tally.proposals)
    lines += [f"  {problem}: {count}" for problem, count in problems.items()]
    if tally.applied_text:
        lines.append(tally.applied_text)
    print_summary(lines, request.quiet, request.output, ())

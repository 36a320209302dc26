"""`packshot clean`: from a training set to proposals, and to a cleaned copy where that is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.catalog.clean import (
    CleanSettings,
    LabelsFrom,
    Sample,
    decide,
    propose,
    read_samples,
    require_free,
    write_feed,
    write_folder,
)
from packshot.cli.exits import Exit
from packshot.cli.fetching import Access, files_among
from packshot.cli.output import (
    add_each,
    carried_out,
    counted,
    refuse_overwriting,
    refuse_page_on_terminal,
    shows_progress,
    sink,
    tell,
    watched,
)
from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import Proposal
from packshot.search.duplicates import SignatureStore, Signer, default_store
from packshot.sources import LocalCopies


@dataclass(frozen=True)
class Application:
    """How proposals are to be carried out; see the command's options."""

    target: Path
    sure: float
    link: bool


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    feed: str
    labels_from: LabelsFrom | None
    label_column: str | None
    split_column: str | None
    access: Access
    settings: CleanSettings
    apply: Application | None
    store: Path | None
    output_format: str
    output: Path | None
    quiet: bool


@dataclass
class Tally:
    """What a run found and did, for the summary."""

    photos: int = 0
    proposals: list[Proposal] = field(default_factory=list)
    done: str = ""


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
    _check(request, samples)
    tally = Tally(photos=len(samples))
    ended = carried_out(partial(_clean, request, samples, tally), partial(_report, tally, request))
    return Exit(ended)


def _check(request: Request, samples: list[Sample]) -> None:
    """Refuse before the work what could not be written after it."""
    refuse_overwriting(request.output, files_among((request.feed, *(one.path for one in samples))))
    refuse_page_on_terminal(request.output, request.output_format)
    if request.apply is None:
        return
    target = request.apply.target
    require_free(target)
    feed = Path(request.feed).resolve()
    if feed.is_dir() and target.resolve().is_relative_to(feed):
        raise InvalidInput(f"{target} lies in the set itself: name a folder beside it with --to")


def _clean(request: Request, samples: list[Sample], tally: Tally) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.for_photos_of(request.feed)) as copies,
        sink(request.output, request.output_format) as stream,
        renderer_for(
            Proposal, request.output_format, stream, RenderOptions(language, file_of=copies.path)
        ) as writer,
        SignatureStore(request.store or default_store(), Signer().maker) as store,
    ):
        proposals = propose(samples, copies, store, request.settings, partial(watched, shown=shown))
        add_each(proposals, writer, tally.proposals.append)
    if request.apply is not None:
        tally.done = _apply(request, samples, tally.proposals, request.apply)


def _apply(
    request: Request, samples: list[Sample], proposals: list[Proposal], asked: Application
) -> str:
    """Write the cleaned set; returns what was done."""
    outcomes = decide(samples, proposals, sure=asked.sure)
    if Path(request.feed).is_dir():
        write_folder(samples, outcomes, asked.target, link=asked.link)
    else:
        write_feed(samples, outcomes, asked.target)
    kept = sum(outcome.kept for outcome in outcomes)
    relabelled = sum(outcome.relabelled for outcome in outcomes)
    return f"{counted(kept)} kept, {relabelled} relabelled, in {asked.target}"


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary on standard error."""
    lines = [f"{prefix}{counted(tally.photos)}, {len(tally.proposals)} proposals"]
    problems = Counter(proposal.problem for proposal in tally.proposals)
    lines += [f"  {problem}: {count}" for problem, count in problems.items()]
    if tally.done:
        lines.append(tally.done)
    tell(lines, request.quiet, request.output, ())

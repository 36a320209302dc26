"""`packshot duplicates`: from paths to groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings
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
from packshot.processes import available_cores
from packshot.render import RenderOptions, renderer_for
from packshot.report import DuplicateGroup, DuplicateKind, Status
from packshot.search.duplicates import (
    DuplicateFinder,
    Options,
    Owners,
    SignatureStore,
    Signer,
    default_store,
    owners_by_folder,
    owners_in_table,
)
from packshot.sources import Named, expand, expand_named, find_file


@dataclass(frozen=True)
class Ownership:
    """Where it is told whose photos they are; see the command's options."""

    table: Path | None
    folders: bool
    across: bool


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    new: list[str]
    output_format: str
    output: Path | None
    same_product: bool
    ownership: Ownership
    store: Path | None
    language: str
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass
class Tally:
    """What a run found, for the summary."""

    copies: int = 0
    superfluous: int = 0
    products: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, group: DuplicateGroup) -> None:
        """Take one group into account."""
        if group.status is not Status.OK:
            self.unreadable.append((group.path, group.reason))
        elif group.kind is DuplicateKind.SAME_PRODUCT:
            self.products += 1
        else:
            self.copies += 1
            self.superfluous += len(group.paths) - 1


def run(request: Request) -> int:
    """Find and write; returns the exit status.

    Raises:
        PackshotError: Nothing to search, nowhere to write, or a store that cannot be used.
    """
    photos = list(expand_named(request.paths))
    new = list(expand(request.new))
    refuse_overwriting(request.output, [*(photo.path for photo in photos), *new])
    refuse_page_on_terminal(request.output, request.output_format)
    owners = _owners(request.ownership, photos)
    tally = Tally()
    work = partial(_find, request, [photo.path for photo in photos], new, owners, tally)
    return carried_out(work, partial(_report, tally, request))


def _owners(ownership: Ownership, photos: list[Named]) -> Owners:
    by_folder = owners_by_folder(photos) if ownership.folders else {}
    by_table = {} if ownership.table is None else owners_in_table(ownership.table)
    return {**by_folder, **by_table}


def _find(request: Request, paths: list[Path], new: list[Path], owners: Owners, tally: Tally) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    options = RenderOptions(request.language, file_of=find_file)
    with (
        sink(request.output, request.output_format) as stream,
        renderer_for(DuplicateGroup, request.output_format, stream, options) as writer,
        SignatureStore(request.store or default_store(), Signer().maker) as store,
    ):
        finder = DuplicateFinder(
            store, _options(request), owners=owners, watch=partial(watched, shown=shown)
        )
        groups = finder.groups(paths, new)
        add_each(
            filter(_spans_owners, groups) if request.ownership.across else groups, writer, tally.count
        )


def _options(request: Request) -> Options:
    return Options(
        same_product=request.same_product,
        workers=request.workers or available_cores(),
        time_limit=request.time_limit,
        settings=AssessorSettings(language=request.language),
    )


def _spans_owners(group: DuplicateGroup) -> bool:
    """Whether a group has several owners; a file that cannot be read is told of in any case."""
    owners = {photo.owner for photo in group.photos if photo.owner is not None}
    return len(owners) > 1 or group.status is not Status.OK


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    copies = f"{tally.copies} groups of copies, {counted(tally.superfluous)} superfluous"
    lines = [f"{prefix}{copies}; {tally.products} products in several photos"]
    tell(lines, request.quiet, request.output, tally.unreadable)

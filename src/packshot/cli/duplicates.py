"""`packshot duplicates`: from paths to groups."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings
from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, make_feed_options
from packshot.cli.fetching import select_local_files
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    ColumnNames,
    FilePaths,
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
from packshot.processes import DEFAULT_TIME_LIMIT_S, count_available_cores
from packshot.render import RenderOptions, renderer_for
from packshot.report import DuplicateGroup, DuplicateKind, Listing, Status
from packshot.search.duplicates import (
    DuplicateFinder,
    DuplicateOptions,
    Owners,
    SignatureStore,
    Signer,
    default_store_path,
    find_owners_by_folder,
    read_owners,
)
from packshot.sources import PhotoList

application = CommandGroup()

DUPLICATES_HELP: Final = """Find photos that are copies of each other, say how, and which to keep.

Finds the same file, the same pixels, copies that were saved again, resized, cropped, framed, marked,
mirrored, turned or recoloured; and, separately, photos that are alike but for a small place or a shade,
all of which are wanted. What is known about a photo is remembered: a second run looks only at what is
new, and a stopped one continues. The groups go to standard output, or to -o FILE; no photo is changed.

\b
Examples:
  packshot duplicates shop-photos/
  packshot duplicates shop-photos/ -o duplicates.html
  packshot duplicates shop-photos/ --format jsonl | jq -r '.paths[1:][]'
  packshot duplicates shop-photos/ --new upload.jpg      # one against all
  packshot duplicates sellers/ --owner-folders --across-owners -o copied.csv

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, or the output cannot be
written; 130 interrupted.
"""


@application.command("duplicates", help=DUPLICATES_HELP, runs_networks=True)
def duplicates_command(
    paths: FilePaths,
    new: Annotated[
        list[str] | None,
        typer.Option("--new", help="Only look this photo (or folder) up among PATHS; may be repeated."),
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    owners: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FILE",
            help='CSV with the columns "path" and "owner": who owns which photo.',
        ),
    ] = None,
    owner_folders: Annotated[
        bool, typer.Option("--owner-folders", help="Take each folder directly below PATHS as an owner.")
    ] = False,
    across_owners: Annotated[
        bool, typer.Option("--across-owners", help="Only groups with photos of more than one owner.")
    ] = False,
    store: StoreFile = None,
    language: Annotated[str, typer.Option(help="Language of reasons and reports: en or zh.")] = "en",
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Find duplicates; users read `DUPLICATES_HELP`."""
    request = Request(
        paths=paths,
        feeds=make_feed_options(columns, retries, allow_private, ports, store_credentials),
        new_paths=new or [],
        output_format=(output_format or choose_format(output)).value,
        output=output,
        ownership=Ownership(owners, owner_folders, across_owners),
        store=store,
        language=language,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    raise typer.Exit(run(request))


@dataclass(frozen=True)
class Ownership:
    """The source of the photos' owners; see the command's options."""

    table: Path | None
    by_folder: bool
    across_owners: bool


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    new_paths: list[str]
    output_format: str
    output: Path | None
    ownership: Ownership
    store: Path | None
    language: str
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary."""

    copy_group_count: int = 0
    superfluous_count: int = 0
    variant_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, group: DuplicateGroup) -> None:
        """Take one group into account."""
        if group.status is not Status.OK:
            self.unreadable.append((group.path, group.reason))
        elif group.kind is DuplicateKind.VARIANT:
            self.variant_count += 1
        else:
            self.copy_group_count += 1
            self.superfluous_count += len(group.paths) - 1


def run(request: Request) -> int:
    """Find and write; return the exit status.

    Raises:
        PackshotError: Nothing to search, nowhere to write, or a store that cannot be used.
    """
    with (
        request.feeds.list_photos(request.paths) as photos,
        request.feeds.list_photos(request.new_paths) as new_photos,
    ):
        inputs = [*photos.local_paths, *new_photos.local_paths]
        check_not_overwriting(request.output, [*inputs, *select_local_files(request.paths)])
        check_page_output(request.output, request.output_format)
        owners = _load_owners(request.ownership, photos)
        tally = Tally()
        work = partial(_find_duplicates, request, photos, new_photos, owners, tally)
        status = run_and_report(work, partial(_print_report, tally, request))
        return choose_status(
            status,
            photo_count=len(photos) + len(new_photos),
            unreadable_count=len(tally.unreadable),
        )


def _load_owners(ownership: Ownership, photos: PhotoList) -> Owners:
    """Load owners: what a feed calls the seller, folders, and last the user's table."""
    by_feed = {os.path.abspath(one.path): one.seller for one in photos.photos if one.seller}
    by_folder = find_owners_by_folder(photos.photos) if ownership.by_folder else {}
    by_table = {} if ownership.table is None else read_owners(ownership.table)
    return {**by_feed, **by_folder, **by_table}


def _find_duplicates(
    request: Request, photos: PhotoList, new_photos: PhotoList, owners: Owners, tally: Tally
) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    lists = (photos, new_photos)
    options = RenderOptions(
        request.language, file_of=partial(_find_file, lists), page_file=choose_page_file(request.output)
    )
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(DuplicateGroup, request.output_format, stream, options) as renderer,
        SignatureStore(request.store or default_store_path(), Signer().maker) as store,
    ):
        track = partial(track_progress, style=progress_style)
        finder = DuplicateFinder(store, _build_options(request), owners=owners, progress=track)
        paths, new_paths = (list(one.fetch()) for one in lists)
        try:
            groups = finder.find_groups(paths, new_paths)
            named = map(partial(_name_photos, _find_names(lists)), groups)
            write_results(
                filter(_has_several_owners, named) if request.ownership.across_owners else named,
                renderer,
                tally.count,
            )
        finally:
            store.delete_signatures(
                str(one.path) for part in lists for one in part.photos if one.is_remote
            )


def _find_file(lists: Sequence[PhotoList], location: str) -> Path:
    """Find the file of a photo in the list that has it."""
    found = (photos.find_file(location) for photos in lists)
    return next((path for path in found if path.exists()), Path(location))


def _find_names(lists: Sequence[PhotoList]) -> dict[str, tuple[str, Listing | None]]:
    """Find what photos are called, and what feeds say of them, by the paths of their files."""
    return {
        str(photo.path): (photo.location, listing)
        for photos in lists
        for photo, listing in zip(photos.photos, photos.iter_listings(), strict=True)
        if photo.is_remote or listing is not None
    }


def _name_photos(
    names: Mapping[str, tuple[str, Listing | None]], group: DuplicateGroup
) -> DuplicateGroup:
    """Call the photos of a group what their feeds call them."""

    def name(path: str | None) -> str | None:
        return path if path is None else names.get(path, (path, None))[0]

    photos = tuple(
        photo.model_copy(update=dict(zip(("path", "listing"), names[photo.path], strict=True)))
        if photo.path in names
        else photo
        for photo in group.photos
    )
    paths = tuple(name(path) for path in group.paths)
    return group.model_copy(update={"paths": paths, "keep": name(group.keep), "photos": photos})


def _build_options(request: Request) -> DuplicateOptions:
    return DuplicateOptions(
        workers=request.workers or count_available_cores(),
        timeout_s=request.timeout_s,
        assessor_settings=AssessorSettings(language=request.language, draws_map=False),
    )


def _has_several_owners(group: DuplicateGroup) -> bool:
    """Return whether a group has several owners; true for a file that cannot be read."""
    owners = {photo.owner for photo in group.photos if photo.owner is not None}
    return len(owners) > 1 or group.status is not Status.OK


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    superfluous = format_photo_count(tally.superfluous_count)
    groups = format_count(tally.copy_group_count, "group of copies", "groups of copies")
    variants = format_count(tally.variant_count, "group of variants", "groups of variants")
    lines = [f"{prefix}{groups}, {superfluous} superfluous; {variants}"]
    print_summary(lines, request.quiet, request.output, tally.unreadable)

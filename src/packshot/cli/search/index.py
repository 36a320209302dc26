"""`packshot search index`: from photos to an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, make_feed_options
from packshot.cli.formats import OutputFormat
from packshot.cli.options import (
    STANDARD_STREAM,
    AllowPrivate,
    ColumnNames,
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
    format_photo_count,
    print_summary,
    run_and_report,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.cli.search.location import IndexLocation, choose_location
from packshot.encode import ContentEncoder
from packshot.errors import InvalidInput
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.report import Listing
from packshot.search import Distance, IndexSettings, VectorIndex, create_index, open_index
from packshot.search.items import Precision
from packshot.search.photos import (
    Columns,
    IndexingOutcome,
    IndexingResult,
    find_missing_ids,
    index_photos,
    photo_id,
)
from packshot.search.places import exists
from packshot.sources import (
    InputPhoto,
    NamedPhoto,
    PhotoList,
    is_remote,
    location_to_path,
    read_table,
)

application = CommandGroup()

_MAX_TEXT_LETTERS: Final = 1000
"""Letters of a description that an index keeps. A judgement."""

_DELETE_BATCH: Final = 1000
"""Items deleted at a time. A judgement."""

INDEX_HELP = """Index photos, so that `packshot search query` can find similar ones.

Run it again whenever photos were added or changed: only those are encoded. It can be interrupted at any
time; finished photos are kept, and the next run continues from there.

\b
Examples:
  packshot search index shop-photos/                  # into your cache
  packshot search index shop-photos/ --index shop-photos/   # beside them
  packshot search index shop-photos/ --index shop.index --table products.csv
  packshot search index shop-photos/ --prune             # drop deleted ones

A table has a column of photos (relative to the table) and others, such as type and seller, by which
`packshot search query --where type=mug` can filter; feeds among PATHS work the same way. The index is a
folder; photos are not changed, and each is known by its path or address. A photo on standard input (-)
has neither: it cannot be indexed.

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, an index that cannot be
used; 130 interrupted.
"""


class DistanceName(StrEnum):
    """See `packshot.search.Distance`."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


def _parse_photo_path(text: str) -> str:
    """Return photos that have a path."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("a photo on standard input has no path to be found by: save it first")
    return text


IndexedPaths = Annotated[
    list[str],
    typer.Argument(
        parser=_parse_photo_path, metavar="PATHS", help="Files, folders, globs, feeds, addresses; not -."
    ),
]


@application.command("index", help=INDEX_HELP, runs_networks=True)
def index_command(
    paths: IndexedPaths,
    location: IndexLocation = None,
    table: Annotated[
        Path | None,
        typer.Option(parser=parse_path, metavar="FILE", help="A table that says more about photos."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="exact, pq, ivf-pq, or a faiss factory string; by default by number of photos."
        ),
    ] = None,
    distance: Annotated[
        DistanceName | None, typer.Option(help="Distance between vectors; cosine by default.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove photos that no longer exist from the index.")
    ] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Reclaim space and rebuild the search structure.")
    ] = False,
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Index photos; users read `INDEX_HELP`."""
    distance_name = None if distance is None else distance.value
    feeds = make_feed_options(columns, retries, allow_private, ports, store_credentials)
    request = IndexRequest(
        paths,
        feeds,
        choose_location(location, paths),
        table,
        kind,
        distance_name,
        prune,
        compact,
        workers,
        timeout_s,
        quiet,
    )
    raise typer.Exit(run_index(request))


@dataclass(frozen=True)
class IndexRequest:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    location: str
    table: Path | None
    kind: str | None
    distance: str | None
    prune: bool
    compact: bool
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary."""

    outcome_counts: Counter[IndexingOutcome] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def count(self, photo: IndexingResult) -> None:
        """Take one photo into account."""
        self.outcome_counts[photo.outcome] += 1
        if photo.outcome is IndexingOutcome.UNREADABLE:
            self.unreadable.append((label_of(photo.path), photo.error or ""))


def run_index(request: IndexRequest) -> int:
    """Index photos; return the exit status.

    Raises:
        PackshotError: Nothing to index, or an index that cannot be used.
    """
    tally = Tally()
    with (
        request.feeds.list_photos(request.paths) as photos,
        _open_or_create_index(request) as index,
    ):
        columns = _read_columns(request, photos)
        tally.messages += index.notes
        work = partial(_index_photos, request, index, photos, columns, tally)
        status = run_and_report(work, partial(_print_index_report, tally, request.quiet))
        return choose_status(status, photo_count=len(photos), unreadable_count=len(tally.unreadable))


def _open_or_create_index(request: IndexRequest) -> VectorIndex:
    """Open the index asked for; make it if it is not there."""
    encoder = ContentEncoder.load_shipped()
    if exists(request.location):
        index = open_index(request.location, writable=True, model=encoder.fingerprint)
        _check_kind(request, index)
        return index
    settings = IndexSettings(
        dimensions=encoder.dimensions,
        model=encoder.fingerprint,
        distance=Distance(request.distance or Distance.COSINE),
        kind=request.kind,
        precision=Precision.HALF,
    )
    return create_index(request.location, settings)


def _check_kind(request: IndexRequest, index: VectorIndex) -> None:
    """Close the index and raise `InvalidInput` where another kind or distance was asked for."""
    index_settings = index.settings
    if request.kind in (None, index_settings.kind) and request.distance in (
        None,
        index_settings.distance.value,
    ):
        return
    description = f"{index.describe()}, {index_settings.distance} distance"
    index.close()
    raise InvalidInput(f"this index was made with other settings ({description}): use another --index")


def _read_columns(request: IndexRequest, photos: PhotoList) -> Columns:
    """Read what feeds, and the user's table, say about the photos, by id."""
    columns_by_id: dict[str, dict[str, Any]] = {
        photo_id(photo): _describe(listing)
        for photo, listing in zip(photos.photos, photos.iter_listings(), strict=True)
        if listing is not None
    }
    if request.table is None:
        return columns_by_id
    id_by_location = {_find_key(photo.location): photo_id(photo) for photo in photos.photos}
    feeds = request.feeds
    for row in read_table(request.table, feeds.columns, feeds.access.fetcher):
        for location in row.locations:
            if (name := id_by_location.get(_find_key(location))) is not None:
                columns_by_id[name] = {**columns_by_id.get(name, {}), **row.cells}
    return columns_by_id


def _describe(listing: Listing) -> dict[str, Any]:
    told = listing.model_dump()
    return {name: text[:_MAX_TEXT_LETTERS] for name, text in told.items() if text}


def _find_key(location: str) -> str:
    return location if is_remote(location) else str(location_to_path(location).absolute())


def _fetch(photos: Sequence[InputPhoto], paths: Iterable[Path]) -> list[NamedPhoto]:
    return [NamedPhoto(path, photo.name) for photo, path in zip(photos, paths, strict=True)]


def _index_photos(
    request: IndexRequest, index: VectorIndex, photo_list: PhotoList, columns: Columns, tally: Tally
) -> None:
    progress_style = choose_progress(None, OutputFormat.TABLE, request.quiet)
    photos = _fetch(photo_list.photos, photo_list.fetch())
    with closing(
        index_photos(
            index, photos, columns=columns, workers=request.workers, timeout_s=request.timeout_s
        )
    ) as results:
        for result in track_progress(results, len(photos), "indexing", progress_style):
            tally.count(result)
    missing = find_missing_ids(index, photos)
    if request.prune:
        for start in range(0, len(missing), _DELETE_BATCH):
            index.delete(missing[start : start + _DELETE_BATCH])
    if request.compact:
        index.compact()
    else:
        index.flush()
    if missing:
        tally.messages.append(_describe_missing(len(missing), request.prune))
    tally.messages.append(f"{format_photo_count(index.count())} in the index: {index.describe()}")
    tally.messages.append(f"the index is in {request.location}")


def _describe_missing(count: int, is_pruned: bool) -> str:
    photos = f"{format_photo_count(count)} of the index"
    if is_pruned:
        return f"{photos} forgotten"
    verb, them = ("is", "it") if count == 1 else ("are", "them")
    return f"{photos} {verb} not among those given: --prune forgets {them}"


def _print_index_report(tally: Tally, quiet: bool, prefix: str) -> None:
    done_count = sum(tally.outcome_counts.values())
    parts = ", ".join(f"{tally.outcome_counts[outcome]} {outcome.value}" for outcome in IndexingOutcome)
    print_summary(
        [f"{prefix}{format_photo_count(done_count)}: {parts}", *tally.messages],
        quiet,
        None,
        tally.unreadable,
    )

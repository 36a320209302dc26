"""`packshot search index` and `query`: from paths to an index, and from an index to results."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_workers,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    should_show_progress,
    track_progress,
    write_results,
)
from packshot.encode import ContentEncoder
from packshot.errors import InvalidInput, SourceError
from packshot.render import RenderOptions, renderer_for
from packshot.report import SearchResult, Status
from packshot.search import Distance, IndexSettings, VectorIndex, create_index, open_index
from packshot.search.items import Precision, Value
from packshot.search.milvus import MILVUS_PREFIX
from packshot.search.photos import (
    Columns,
    IndexingOutcome,
    IndexingResult,
    find_missing_ids,
    index_photos,
    photo_id,
    query_photos,
)
from packshot.search.places import exists
from packshot.sources import NamedPhoto, expand, expand_with_names, find_photo_file, read_rows

_PARALLEL_THRESHOLD = 32
INDEX_FOLDER = ".packshot-index"
_DELETE_BATCH = 1000


@dataclass(frozen=True)
class IndexRequest:
    """What the user asked for; see the command's options."""

    paths: list[str]
    location: str | None
    table: Path | None
    kind: str | None
    distance: str | None
    prune: bool
    compact: bool
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass(frozen=True)
class QueryRequest:
    """What the user asked for; see the command's options."""

    paths: list[str]
    location: str | None
    result_count: int
    where: list[str]
    output_format: str
    output: Path | None
    language: str
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """What a run did, for the summary."""

    outcome_counts: Counter[IndexingOutcome] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def count(self, photo: IndexingResult) -> None:
        """Take one photo into account."""
        self.outcome_counts[photo.outcome] += 1
        if photo.outcome is IndexingOutcome.UNREADABLE:
            self.unreadable.append((str(photo.path), photo.error or ""))


def run_index(request: IndexRequest) -> int:
    """Index photos; returns the exit status.

    Raises:
        PackshotError: Nothing to index, or an index that cannot be used.
    """
    photos = list(expand_with_names(request.paths))
    columns = {} if request.table is None else _read_columns(request.table, photos)
    tally = Tally()
    with _open_or_create_index(request) as index:
        tally.messages += index.notes
        work = partial(_index_photos, request, index, photos, columns, tally)
        return run_and_report(work, partial(_print_index_report, tally, request.quiet))


def run_query(request: QueryRequest) -> int:
    """Find photos alike; returns the exit status.

    Raises:
        PackshotError: No photo to ask about, no index, or an output that would harm an input.
    """
    paths = list(expand(request.paths, standard_input=True))
    check_not_overwriting(request.output, paths)
    check_page_output(request.output, request.output_format)
    unreadable: list[tuple[str, str]] = []
    with open_index(find_index(request.location)) as index:
        work = partial(_query, request, index, paths, unreadable)
        question = f"{format_photo_count(len(paths))} asked about"
        return run_and_report(
            work, lambda prefix: print_summary([f"{prefix}{question}"], True, None, unreadable)
        )


def find_index(location: str | None) -> str:
    """Where an index lies: as said, in that folder, or in the present one."""
    index_folder = Path(location or ".") / INDEX_FOLDER
    if location is not None and (location.startswith(MILVUS_PREFIX) or not index_folder.is_dir()):
        return location
    if not index_folder.is_dir():
        raise InvalidInput(
            "no index here: name one by --index, or make one by packshot search index FOLDER"
        )
    return str(index_folder)


def parse_conditions(expressions: list[str]) -> dict[str, list[Value]]:
    """KEY=VALUE as a filter; a value that reads as a number, or true or false, may be that or text.

    Raises:
        InvalidInput: A condition without a key.
    """
    filters: dict[str, list[Value]] = {}
    for condition in expressions:
        key, separator, text = condition.partition("=")
        if not separator or not key:
            raise InvalidInput(f"{condition!r}: a condition is KEY=VALUE, such as type=mug")
        filters.setdefault(key, []).extend(_parse_values(text))
    return filters


def _parse_values(text: str) -> list[Value]:
    if text in ("true", "false"):
        return [text, text == "true"]
    try:
        return [text, int(text)]
    except ValueError:
        return [text]


def _open_or_create_index(request: IndexRequest) -> VectorIndex:
    """The index asked for, made if it is not there."""
    location = _choose_location(request)
    encoder = ContentEncoder.load_shipped()
    if exists(location):
        index = open_index(location, writable=True, model=encoder.fingerprint)
        _check_kind(request, index)
        return index
    settings = IndexSettings(
        dimensions=encoder.dimensions,
        model=encoder.fingerprint,
        distance=Distance(request.distance or Distance.COSINE),
        kind=request.kind,
        precision=Precision.HALF,
    )
    return create_index(location, settings)


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
    raise InvalidInput(f"this index was made otherwise ({description}): index into another place")


def _choose_location(request: IndexRequest) -> str:
    if request.location is not None:
        return request.location
    if len(request.paths) == 1 and Path(request.paths[0]).is_dir():
        return str(Path(request.paths[0]) / INDEX_FOLDER)
    raise InvalidInput("say where the index shall be: --index FOLDER")


def _read_columns(table: Path, photos: list[NamedPhoto]) -> Columns:
    """What a table says about the photos, by id."""
    rows = read_rows(table)
    if rows and "path" not in rows[0]:
        raise SourceError(f"{table}: no column path")
    by_path = {str((table.parent / row["path"]).absolute()): row for row in rows}
    columns_by_id = {}
    for photo in photos:
        row = by_path.get(str(photo.path.absolute()), {})
        columns_by_id[photo_id(photo)] = {
            key: cell for key, cell in row.items() if key and key != "path"
        }
    return columns_by_id


def _index_photos(
    request: IndexRequest, index: VectorIndex, photos: list[NamedPhoto], columns: Columns, tally: Tally
) -> None:
    show_progress = should_show_progress(None, "table", request.quiet)
    with closing(
        index_photos(
            index, photos, columns=columns, workers=request.workers, timeout_s=request.timeout_s
        )
    ) as results:
        for result in track_progress(results, len(photos), "indexing", show_progress):
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
        fate_text = "forgotten" if request.prune else "not among those given: --prune forgets them"
        tally.messages.append(f"{format_photo_count(len(missing))} of the index {fate_text}")
    tally.messages.append(f"{format_photo_count(index.count())} in the index: {index.describe()}")


def _print_index_report(tally: Tally, quiet: bool, prefix: str) -> None:
    done_count = sum(tally.outcome_counts.values())
    parts = ", ".join(f"{tally.outcome_counts[outcome]} {outcome.value}" for outcome in IndexingOutcome)
    print_summary(
        [f"{prefix}{format_photo_count(done_count)}: {parts}", *tally.messages],
        quiet,
        None,
        tally.unreadable,
    )


def _query(
    request: QueryRequest, index: VectorIndex, paths: list[Path], unreadable: list[tuple[str, str]]
) -> None:
    show_progress = should_show_progress(request.output, request.output_format, request.quiet)
    query_results = query_photos(
        index,
        paths,
        request.result_count,
        parse_conditions(request.where),
        workers=choose_workers(len(paths), request.workers, _PARALLEL_THRESHOLD),
        timeout_s=request.timeout_s,
    )

    def count_unreadable(result: SearchResult) -> None:
        if result.status is not Status.OK:
            unreadable.append((result.path, result.error or ""))

    options = RenderOptions(request.language, file_of=find_photo_file)
    with ExitStack() as stack:
        results = stack.enter_context(closing(query_results))
        stream = stack.enter_context(open_output(request.output, request.output_format))
        renderer = stack.enter_context(
            renderer_for(SearchResult, request.output_format, stream, options)
        )
        write_results(
            track_progress(results, len(paths), "searching", show_progress), renderer, count_unreadable
        )

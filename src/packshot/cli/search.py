"""`packshot search index` and `query`: from paths to an index, and from an index to results."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.cli.output import (
    add_each,
    carried_out,
    counted,
    processes_for,
    refuse_overwriting,
    refuse_page_on_terminal,
    shows_progress,
    sink,
    tell,
    watched,
)
from packshot.encode import ContentEncoder
from packshot.errors import InvalidInput, SourceError
from packshot.render import RenderOptions, renderer_for
from packshot.report import SearchResult, Status
from packshot.search import Distance, IndexSettings, VectorIndex, create_index, open_index
from packshot.search.items import Precision, Value
from packshot.search.milvus import PREFIX
from packshot.search.photos import Columns, Indexed, Outcome, gone, index_photos, photo_id, query_photos
from packshot.search.places import exists
from packshot.sources import Named, expand, expand_named, find_file, read_rows

_FEW = 32
INDEX_FOLDER = ".packshot-index"
_DELETED_TOGETHER = 1000


@dataclass(frozen=True)
class IndexRequest:
    """What the user asked for; see the command's options."""

    paths: list[str]
    place: str | None
    table: Path | None
    kind: str | None
    distance: str | None
    prune: bool
    compact: bool
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass(frozen=True)
class QueryRequest:
    """What the user asked for; see the command's options."""

    paths: list[str]
    place: str | None
    answers: int
    where: list[str]
    output_format: str
    output: Path | None
    language: str
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass
class Tally:
    """What a run did, for the summary."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def count(self, photo: Indexed) -> None:
        """Take one photo into account."""
        self.outcomes[photo.outcome] += 1
        if photo.outcome is Outcome.UNREADABLE:
            self.unreadable.append((str(photo.path), photo.error or ""))


def run_index(request: IndexRequest) -> int:
    """Index photos; returns the exit status.

    Raises:
        PackshotError: Nothing to index, or an index that cannot be used.
    """
    photos = list(expand_named(request.paths))
    columns = {} if request.table is None else _columns(request.table, photos)
    tally = Tally()
    with _opened(request) as index:
        tally.said += index.notes
        work = partial(_index, request, index, photos, columns, tally)
        return carried_out(work, partial(_report_index, tally, request.quiet))


def run_query(request: QueryRequest) -> int:
    """Find photos alike; returns the exit status.

    Raises:
        PackshotError: No photo to ask about, no index, or an output that would harm an input.
    """
    paths = list(expand(request.paths, standard_input=True))
    refuse_overwriting(request.output, paths)
    refuse_page_on_terminal(request.output, request.output_format)
    unreadable: list[tuple[str, str]] = []
    with open_index(located(request.place)) as index:
        work = partial(_query, request, index, paths, unreadable)
        asked = f"{counted(len(paths))} asked about"
        return carried_out(work, lambda prefix: tell([f"{prefix}{asked}"], True, None, unreadable))


def located(place: str | None) -> str:
    """Where an index lies: as said, in that folder, or in the present one."""
    inside = Path(place or ".") / INDEX_FOLDER
    if place is not None and (place.startswith(PREFIX) or not inside.is_dir()):
        return place
    if not inside.is_dir():
        raise InvalidInput(
            "no index here: name one by --index, or make one by packshot search index FOLDER"
        )
    return str(inside)


def conditions(where: list[str]) -> dict[str, list[Value]]:
    """KEY=VALUE as a filter; a value that reads as a number, or true or false, may be that or text.

    Raises:
        InvalidInput: A condition without a key.
    """
    wanted: dict[str, list[Value]] = {}
    for condition in where:
        key, equals, text = condition.partition("=")
        if not equals or not key:
            raise InvalidInput(f"{condition!r}: a condition is KEY=VALUE, such as type=mug")
        wanted.setdefault(key, []).extend(_readings(text))
    return wanted


def _readings(text: str) -> list[Value]:
    if text in ("true", "false"):
        return [text, text == "true"]
    try:
        return [text, int(text)]
    except ValueError:
        return [text]


def _opened(request: IndexRequest) -> VectorIndex:
    """The index asked for, made if it is not there."""
    place = _place(request)
    encoder = ContentEncoder.packaged()
    if exists(place):
        index = open_index(place, writes=True, model=encoder.fingerprint)
        _require_kind(request, index)
        return index
    settings = IndexSettings(
        dimensions=encoder.dimensions,
        model=encoder.fingerprint,
        distance=Distance(request.distance or Distance.COSINE),
        kind=request.kind,
        precision=Precision.HALF,
    )
    return create_index(place, settings)


def _require_kind(request: IndexRequest, index: VectorIndex) -> None:
    """Close the index and raise `InvalidInput` where another kind or distance was asked for."""
    made = index.settings
    if request.kind in (None, made.kind) and request.distance in (None, made.distance.value):
        return
    told = f"{index.describe()}, {made.distance} distance"
    index.close()
    raise InvalidInput(f"this index was made otherwise ({told}): index into another place")


def _place(request: IndexRequest) -> str:
    if request.place is not None:
        return request.place
    if len(request.paths) == 1 and Path(request.paths[0]).is_dir():
        return str(Path(request.paths[0]) / INDEX_FOLDER)
    raise InvalidInput("say where the index shall be: --index FOLDER")


def _columns(table: Path, photos: list[Named]) -> Columns:
    """What a table says about the photos, by id."""
    rows = read_rows(table)
    if rows and "path" not in rows[0]:
        raise SourceError(f"{table}: no column path")
    by_path = {str((table.parent / row["path"]).absolute()): row for row in rows}
    told = {}
    for photo in photos:
        row = by_path.get(str(photo.path.absolute()), {})
        told[photo_id(photo)] = {key: cell for key, cell in row.items() if key and key != "path"}
    return told


def _index(
    request: IndexRequest, index: VectorIndex, photos: list[Named], columns: Columns, tally: Tally
) -> None:
    shown = shows_progress(None, "table", request.quiet)
    with closing(
        index_photos(
            index, photos, columns=columns, workers=request.workers, time_limit=request.time_limit
        )
    ) as results:
        for result in watched(results, len(photos), "indexing", shown):
            tally.count(result)
    missing = gone(index, photos)
    if request.prune:
        for start in range(0, len(missing), _DELETED_TOGETHER):
            index.delete(missing[start : start + _DELETED_TOGETHER])
    if request.compact:
        index.compact()
    else:
        index.flush()
    if missing:
        fate = "forgotten" if request.prune else "not among those given: --prune forgets them"
        tally.said.append(f"{counted(len(missing))} of the index {fate}")
    tally.said.append(f"{counted(index.count())} in the index: {index.describe()}")


def _report_index(tally: Tally, quiet: bool, prefix: str) -> None:
    done = sum(tally.outcomes.values())
    parts = ", ".join(f"{tally.outcomes[outcome]} {outcome.value}" for outcome in Outcome)
    tell([f"{prefix}{counted(done)}: {parts}", *tally.said], quiet, None, tally.unreadable)


def _query(
    request: QueryRequest, index: VectorIndex, paths: list[Path], unreadable: list[tuple[str, str]]
) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    asked = query_photos(
        index,
        paths,
        request.answers,
        conditions(request.where),
        workers=processes_for(len(paths), request.workers, _FEW),
        time_limit=request.time_limit,
    )

    def count(result: SearchResult) -> None:
        if result.status is not Status.OK:
            unreadable.append((result.path, result.error or ""))

    options = RenderOptions(request.language, file_of=find_file)
    with ExitStack() as stack:
        results = stack.enter_context(closing(asked))
        stream = stack.enter_context(sink(request.output, request.output_format))
        writer = stack.enter_context(renderer_for(SearchResult, request.output_format, stream, options))
        add_each(watched(results, len(paths), "searching", shown), writer, count)

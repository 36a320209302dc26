"""Indexing of photos, and queries by photos."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from packshot.arrays import Float32Array
from packshot.encode import ContentEncoder
from packshot.errors import UnreadablePhoto
from packshot.names import escape_undecodable, is_encodable, path_to_id, quote_path, unquote_path
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT_S, count_available_cores, map_in_order
from packshot.report import Neighbour, SearchResult, Status
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex
from packshot.search.items import MAX_ID_BYTES, Distance, Hit, Item, Where
from packshot.search.places import check_model
from packshot.sources import NamedPhoto

BATCH_SIZE = 64
"""Photos that become durable together."""

_MIN_PHOTOS_FOR_PROCESSES = 8
"""Photos from which on more than one process pays for its start. A judgement."""

_LOOKUP_BATCH = 512
"""Photos looked up in the index together."""

_RESERVED_KEYS = ("path", "raw", "bytes", "modified", "digest")
"""Metadata that Packshot keeps for itself, and no answer shows."""

Columns = Mapping[str, Mapping[str, Any]]
"""By id, what a table says about a photo."""


class IndexingOutcome(StrEnum):
    """Outcome of indexing a photo.

    Example:
        >>> result = IndexingResult(Path("mug.jpg"), IndexingOutcome.UNCHANGED)
        >>> f"{result.path}: {result.outcome}"
        'mug.jpg: unchanged'
    """

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class IndexingResult:
    """Result of indexing a photo.

    Attributes:
        path: Of the file.
        outcome: What became of it; all but the unreadable are durably in the index.
        error: Why it could not be read.

    Example:
        >>> result = IndexingResult(Path("lost.jpg"), IndexingOutcome.UNREADABLE, "cannot be read")
        >>> f"{result.path.name}: {result.outcome}, {result.error}"
        'lost.jpg: unreadable, cannot be read'
    """

    path: Path
    outcome: IndexingOutcome
    error: str | None = None


@dataclass(frozen=True)
class _EncodingTask:
    """A photo to encode; `facts` are of the file before it was read."""

    photo: NamedPhoto
    facts: dict[str, int | str]
    outcome: IndexingOutcome


@dataclass(frozen=True)
class _EncodingResult:
    vector: Float32Array | None
    error: str | None = None
    status: Status = Status.OK


def index_photos(
    index: VectorIndex,
    photos: Iterable[NamedPhoto],
    *,
    columns: Columns | None = None,
    workers: int | None = None,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[IndexingResult]:
    """Encode photos that are new or changed and put them in; a run that was stopped goes on from there.

    A photo's id is its name with forward slashes (`photo_id`). Its metadata are ``path``, ``bytes``,
    ``modified`` (nanoseconds since 1970), where the path is no text also ``raw``, which is it in the
    escapes of URLs, and what `columns` say. A file whose size and time are those of the index
    is not opened.

    Args:
        index: Open for writing.
        photos: Files and their names.
        columns: By id, more metadata, such as type and seller.
        workers: Processes; None for one for each core, below 1 to do the work here.
        timeout_s: Seconds for one photo.

    Yields:
        One result for each photo, those that are unchanged first.

    Raises:
        WrongModel: The index was made with another content network.

    Example:
        >>> from packshot.search import IndexSettings, create_index
        >>> encoder = ContentEncoder.load_shipped()
        >>> settings = IndexSettings(dimensions=encoder.dimensions, model=encoder.fingerprint)
        >>> photos = [NamedPhoto(Path("examples/photos/mug.jpg"), Path("mug.jpg"))]
        >>> with create_index("photos.index", settings) as index:
        ...     [[one.outcome.value for one in index_photos(index, photos, workers=0)] for _ in range(2)]
        [['added'], ['unchanged']]
    """
    check_model(index, ContentEncoder.load_shipped().fingerprint)
    extra_columns = columns or {}
    tasks: list[_EncodingTask] = []
    stream = iter(photos)
    while photo_batch := list(islice(stream, _LOOKUP_BATCH)):
        yield from _settle_known_photos(index, photo_batch, extra_columns, tasks)
    count = count_available_cores() if workers is None else workers
    with closing(_encode_files([task.photo.path for task in tasks], count, timeout_s)) as results_stream:
        results = zip(tasks, results_stream, strict=True)
        while finished_batch := list(islice(results, BATCH_SIZE)):
            yield from _store_batch(index, finished_batch, extra_columns)


def query_photos(
    index: VectorIndex,
    paths: Iterable[Path],
    k: int = DEFAULT_ANSWERS,
    where: Where | None = None,
    *,
    workers: int = 0,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[SearchResult]:
    """Find the photos of an index most like each of some photos.

    Args:
        index: Open.
        paths: The photos.
        k: Answers to each.
        where: What answers must have.
        workers: Processes to encode the photos on; below 1 that is done here.
        timeout_s: Seconds for one photo.

    Raises:
        WrongModel: The index was made with another content network.

    Example:
        >>> from packshot.search import IndexSettings, create_index
        >>> encoder = ContentEncoder.load_shipped()
        >>> settings = IndexSettings(dimensions=encoder.dimensions, model=encoder.fingerprint)
        >>> mug = Path("examples/photos/mug.jpg")
        >>> with create_index("photos.index", settings) as index:
        ...     index.add([Item("mug", encoder.encode_file(mug))])
        ...     [result.hits[0].id for result in query_photos(index, [mug])]
        ['mug']
    """
    model = ContentEncoder.load_shipped().fingerprint
    check_model(index, model)
    path_list = list(paths)
    with closing(_encode_files(path_list, workers, timeout_s)) as results_stream:
        for path, encoding in zip(path_list, results_stream, strict=True):
            if encoding.vector is None:
                yield SearchResult(path=label_of(path), status=encoding.status, error=encoding.error)
                continue
            hits = index.query(encoding.vector[None], k, where)[0]
            yield SearchResult(
                path=label_of(path),
                status=Status.OK,
                distance=index.settings.distance.value,
                models={"content": model},
                hits=tuple(_to_neighbour(hit, index) for hit in hits),
            )


def find_missing_ids(index: VectorIndex, photos: Iterable[NamedPhoto]) -> list[str]:
    """Find ids of the index that are not among the photos.

    Example:
        >>> import numpy as np
        >>> from packshot.search import IndexSettings, create_index
        >>> with create_index("photos.index", IndexSettings(dimensions=1)) as index:
        ...     index.add([Item("mug.jpg", np.ones(1)), Item("sold.jpg", np.ones(1))])
        ...     find_missing_ids(index, [NamedPhoto(Path("shop/mug.jpg"), Path("mug.jpg"))])
        ['sold.jpg']
    """
    present_ids = {photo_id(photo) for photo in photos}
    return [name for name in index.iter_ids() if name not in present_ids]


def _settle_known_photos(
    index: VectorIndex, photos: Sequence[NamedPhoto], columns: Columns, tasks: list[_EncodingTask]
) -> Iterator[IndexingResult]:
    """Settle what needs no encoding, metadata that alone changed included; the others become tasks."""
    known = index.get([photo_id(photo) for photo in photos])
    metadata_updates = []
    for photo, item in zip(photos, known, strict=True):
        facts = _read_file_facts(photo.path)
        if item is None or not facts or any(item.metadata.get(key) != facts[key] for key in facts):
            tasks.append(
                _EncodingTask(
                    photo, facts, IndexingOutcome.ADDED if item is None else IndexingOutcome.UPDATED
                )
            )
            continue
        metadata = _build_metadata(photo, facts, columns)
        if item.metadata != metadata:
            metadata_updates.append(Item(item.id, None, metadata))
        yield IndexingResult(photo.path, IndexingOutcome.UNCHANGED)
    if metadata_updates:
        index.update(metadata_updates)


def _store_batch(
    index: VectorIndex, finished_batch: Sequence[tuple[_EncodingTask, _EncodingResult]], columns: Columns
) -> Iterator[IndexingResult]:
    index.put(
        [
            Item(photo_id(task.photo), done.vector, _build_metadata(task.photo, task.facts, columns))
            for task, done in finished_batch
            if done.vector is not None
        ]
    )
    for task, encoding in finished_batch:
        outcome = IndexingOutcome.UNREADABLE if encoding.vector is None else task.outcome
        yield IndexingResult(task.photo.path, outcome, encoding.error)


def _encode_files(paths: Sequence[Path], processes: int, timeout_s: float) -> Generator[_EncodingResult]:
    count = min(processes, 1) if len(paths) < _MIN_PHOTOS_FOR_PROCESSES else processes
    yield from map_in_order(
        paths, _make_worker, workers=count, on_failure=_make_crash_result, timeout_s=timeout_s
    )


def _make_worker() -> Callable[[Path], _EncodingResult]:
    return partial(_encode_file, ContentEncoder.load_shipped())


def _make_crash_result(_path: Path, reason: str) -> _EncodingResult:
    return _EncodingResult(None, reason, Status.CRASHED)


def _encode_file(encoder: ContentEncoder, path: Path) -> _EncodingResult:
    try:
        return _EncodingResult(encoder.encode_file(path))
    except UnreadablePhoto as error:
        return _EncodingResult(None, error.reason, Status(error.status))


def photo_id(photo: NamedPhoto) -> str:
    """Return the id of a photo in an index: its name, see `packshot.names.path_to_id`.

    Example:
        >>> photo_id(NamedPhoto(Path("/shop/mugs/blue.jpg"), name=Path("mugs/blue.jpg")))
        'mugs/blue.jpg'
    """
    return path_to_id(photo.name, MAX_ID_BYTES)


def _read_file_facts(path: Path) -> dict[str, int | str]:
    """Read what changes when a file does; nothing where it cannot be reached, as decoding will say.

    Of a copy of what lies elsewhere that is its digest: its time is when it was fetched.
    """
    try:
        file_stat = path.stat()
        if getattr(path, "label", ""):
            digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
            return {"bytes": file_stat.st_size, "digest": digest}
    except (OSError, ValueError):
        return {}
    return {"bytes": file_stat.st_size, "modified": file_stat.st_mtime_ns}


def _build_metadata(
    photo: NamedPhoto, facts: Mapping[str, int | str], columns: Columns
) -> dict[str, Any]:
    extra_metadata = dict(columns.get(photo_id(photo), {}))
    path = str(getattr(photo.path, "label", "")) or str(photo.path.absolute())
    own = (
        {"path": path}
        if is_encodable(path)
        else {"path": escape_undecodable(path), "raw": quote_path(path)}
    )
    return extra_metadata | own | dict(facts)


def _find_hit_path(hit: Hit) -> str:
    raw = hit.metadata.get("raw")
    return unquote_path(raw) if isinstance(raw, str) else str(hit.metadata.get("path", hit.id))


def _to_neighbour(hit: Hit, index: VectorIndex) -> Neighbour:
    cosine = index.settings.distance is Distance.COSINE
    return Neighbour(
        id=hit.id,
        path=_find_hit_path(hit),
        distance=hit.distance,
        likeness=1 - hit.distance if cosine else None,
        metadata={key: value for key, value in hit.metadata.items() if key not in _RESERVED_KEYS},
    )

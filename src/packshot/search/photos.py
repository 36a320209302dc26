"""Photos into an index, and photos as queries."""

from __future__ import annotations

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
from packshot.names import escaped, identity, is_plain, plain, unescaped
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT, available_cores, in_order
from packshot.report import Neighbour, SearchResult, Status
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex
from packshot.search.items import MOST_ID_BYTES, Distance, Hit, Item, Where
from packshot.search.places import require_model
from packshot.sources import Named

BATCH = 64
"""Photos that become durable together."""

_FEW = 8
_LOOKED_UP = 512
_OWN_KEYS = ("path", "raw", "bytes", "modified")

Columns = Mapping[str, Mapping[str, Any]]
"""By id, what a table says about a photo."""


class Outcome(StrEnum):
    """What became of a photo that was to be indexed."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Indexed:
    """A photo that was to be indexed.

    Attributes:
        path: Of the file.
        outcome: What became of it; all but the unreadable are durably in the index.
        error: Why it could not be read.
    """

    path: Path
    outcome: Outcome
    error: str | None = None


@dataclass(frozen=True)
class _Task:
    """A photo to encode; `facts` are of the file before it was read."""

    photo: Named
    facts: dict[str, int]
    outcome: Outcome


@dataclass(frozen=True)
class _Encoded:
    vector: Float32Array | None
    error: str | None = None
    status: Status = Status.OK


def index_photos(
    index: VectorIndex,
    photos: Iterable[Named],
    *,
    columns: Columns | None = None,
    workers: int | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Generator[Indexed]:
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
        time_limit: Seconds for one photo.

    Yields:
        One result for each photo, those that are unchanged first.

    Raises:
        WrongModel: The index was made with another content network.
    """
    require_model(index, ContentEncoder.packaged().fingerprint)
    told = columns or {}
    tasks: list[_Task] = []
    stream = iter(photos)
    while together := list(islice(stream, _LOOKED_UP)):
        yield from _unchanged(index, together, told, tasks)
    count = available_cores() if workers is None else workers
    with closing(_encoded([task.photo.path for task in tasks], count, time_limit)) as encoded:
        results = zip(tasks, encoded, strict=True)
        while finished := list(islice(results, BATCH)):
            yield from _taken_in(index, finished, told)


def query_photos(
    index: VectorIndex,
    paths: Iterable[Path],
    k: int = DEFAULT_ANSWERS,
    where: Where | None = None,
    *,
    workers: int = 0,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Generator[SearchResult]:
    """The photos of an index most like each of some photos.

    Args:
        index: Open.
        paths: The photos.
        k: Answers to each.
        where: What answers must have.
        workers: Processes to encode the photos on; below 1 that is done here.
        time_limit: Seconds for one photo.

    Raises:
        WrongModel: The index was made with another content network.
    """
    model = ContentEncoder.packaged().fingerprint
    require_model(index, model)
    asked = list(paths)
    with closing(_encoded(asked, workers, time_limit)) as encoded:
        for path, found in zip(asked, encoded, strict=True):
            if found.vector is None:
                yield SearchResult(path=label_of(path), status=found.status, error=found.error)
                continue
            hits = index.query(found.vector[None], k, where)[0]
            yield SearchResult(
                path=label_of(path),
                status=Status.OK,
                distance=index.settings.distance.value,
                models={"content": model},
                hits=tuple(_neighbour(hit, index) for hit in hits),
            )


def gone(index: VectorIndex, photos: Iterable[Named]) -> list[str]:
    """Ids of the index that are not among the photos."""
    there = {photo_id(photo) for photo in photos}
    return [name for name in index.ids() if name not in there]


def _unchanged(
    index: VectorIndex, photos: Sequence[Named], columns: Columns, tasks: list[_Task]
) -> Iterator[Indexed]:
    """Settle what needs no encoding, metadata that alone changed included; the others become tasks."""
    known = index.get([photo_id(photo) for photo in photos])
    described = []
    for photo, item in zip(photos, known, strict=True):
        facts = _facts(photo.path)
        if item is None or not facts or any(item.metadata.get(key) != facts[key] for key in facts):
            tasks.append(_Task(photo, facts, Outcome.ADDED if item is None else Outcome.UPDATED))
            continue
        metadata = _metadata(photo, facts, columns)
        if item.metadata != metadata:
            described.append(Item(item.id, None, metadata))
        yield Indexed(photo.path, Outcome.UNCHANGED)
    if described:
        index.update(described)


def _taken_in(
    index: VectorIndex, finished: Sequence[tuple[_Task, _Encoded]], columns: Columns
) -> Iterator[Indexed]:
    index.put(
        [
            Item(photo_id(task.photo), done.vector, _metadata(task.photo, task.facts, columns))
            for task, done in finished
            if done.vector is not None
        ]
    )
    for task, done in finished:
        outcome = Outcome.UNREADABLE if done.vector is None else task.outcome
        yield Indexed(task.photo.path, outcome, done.error)


def _encoded(paths: Sequence[Path], processes: int, time_limit: float) -> Generator[_Encoded]:
    count = min(processes, 1) if len(paths) < _FEW else processes
    yield from in_order(paths, _worker, processes=count, failed=_crashed, time_limit=time_limit)


def _worker() -> Callable[[Path], _Encoded]:
    return partial(_one, ContentEncoder.packaged())


def _crashed(_path: Path, reason: str) -> _Encoded:
    return _Encoded(None, reason, Status.CRASHED)


def _one(encoder: ContentEncoder, path: Path) -> _Encoded:
    try:
        return _Encoded(encoder.encode_file(path))
    except UnreadablePhoto as error:
        return _Encoded(None, error.reason, Status(error.status))


def photo_id(photo: Named) -> str:
    """The id of a photo in an index: its name, see `packshot.names.identity`."""
    return identity(photo.name, MOST_ID_BYTES)


def _facts(path: Path) -> dict[str, int]:
    """What changes when a file does; nothing where it cannot be reached, as decoding will say."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return {}
    return {"bytes": found.st_size, "modified": found.st_mtime_ns}


def _metadata(photo: Named, facts: Mapping[str, int], columns: Columns) -> dict[str, Any]:
    told = dict(columns.get(photo_id(photo), {}))
    path = str(photo.path.absolute())
    own = {"path": path} if is_plain(path) else {"path": plain(path), "raw": escaped(path)}
    return told | own | dict(facts)


def _path(hit: Hit) -> str:
    raw = hit.metadata.get("raw")
    return unescaped(raw) if isinstance(raw, str) else str(hit.metadata.get("path", hit.id))


def _neighbour(hit: Hit, index: VectorIndex) -> Neighbour:
    cosine = index.settings.distance is Distance.COSINE
    return Neighbour(
        id=hit.id,
        path=_path(hit),
        distance=hit.distance,
        likeness=1 - hit.distance if cosine else None,
        metadata={key: value for key, value in hit.metadata.items() if key not in _OWN_KEYS},
    )

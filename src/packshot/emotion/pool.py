"""Many photos on all cores: processes with a reader each, results in input order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path

from packshot.emotion.reader import EmotionReader, unread
from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT, available_cores, in_order
from packshot.report import Emotion


def read_paths(
    paths: Iterable[Path],
    *,
    model: Path | None = None,
    workers: int | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Generator[Emotion]:
    """Read files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable", those that
            Packshot failed on with "crashed".
        model: See `EmotionReader`.
        workers: Processes; None for one for each core this process may use, below 1 for none at all.
        time_limit: Seconds for one photo.

    Yields:
        One `Emotion` for each path.

    Raises:
        ModelError: The model cannot be used.
    """
    count = available_cores() if workers is None else workers
    yield from in_order(
        paths, partial(_worker, model), processes=count, failed=_crashed, time_limit=time_limit
    )


def _worker(model: Path | None) -> Callable[[Path], Emotion]:
    return partial(_read, EmotionReader(model))


def _read(reader: EmotionReader, path: Path) -> Emotion:
    try:
        return reader.read(path)
    except UnreadablePhoto as error:
        return unread(error)


def _crashed(path: Path, reason: str) -> Emotion:
    return unread(PhotoCrashed(label_of(path), reason))

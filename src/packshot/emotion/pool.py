"""Many photos on all cores: processes with a reader each, results in input order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path

from packshot.emotion.reader import EmotionReader, make_failed_emotion
from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT_S, count_available_cores, map_in_order
from packshot.report import Emotion


def read_emotions(
    paths: Iterable[Path],
    *,
    model: Path | None = None,
    workers: int | None = None,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[Emotion]:
    """Read files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable", those that
            Packshot failed on with "crashed".
        model: See `EmotionReader`.
        workers: Processes; None for one for each core this process may use, below 1 for none at all.
        timeout_s: Seconds for one photo.

    Yields:
        One `Emotion` for each path.

    Raises:
        ModelError: The model cannot be used.

    Example:
        >>> paths = [Path("examples/photos/mug.jpg"), Path("examples/photos/README.md")]
        >>> [emotion.status.value for emotion in read_emotions(paths, workers=0)]
        ['ok', 'unreadable']
    """
    count = count_available_cores() if workers is None else workers
    yield from map_in_order(
        paths,
        partial(_make_worker, model),
        workers=count,
        on_failure=_make_crash_emotion,
        timeout_s=timeout_s,
    )


def _make_worker(model: Path | None) -> Callable[[Path], Emotion]:
    return partial(_read_emotion, EmotionReader(model))


def _read_emotion(reader: EmotionReader, path: Path) -> Emotion:
    try:
        return reader.read(path)
    except UnreadablePhoto as error:
        return make_failed_emotion(error)


def _make_crash_emotion(path: Path, reason: str) -> Emotion:
    return make_failed_emotion(PhotoCrashed(label_of(path), reason))

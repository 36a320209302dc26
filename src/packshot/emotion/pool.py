"""Many photos on all cores: processes with a reader each, results in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from packshot.emotion.reader import EmotionReader
from packshot.processes import available_cores, in_order
from packshot.report import Emotion

BATCH = 4


def read_paths(
    paths: Iterable[Path], *, model: Path | None = None, workers: int | None = None
) -> Iterator[Emotion]:
    """Read files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable".
        model: See `EmotionReader`.
        workers: Processes; None for one for each core this process may use, below 2 for none at all.

    Yields:
        One `Emotion` for each path.

    Raises:
        ModelError: The model cannot be used.
    """
    count = available_cores() if workers is None else workers
    if count > 1:
        EmotionReader(model)  # A broken model is reported here, once, not by every process.
    yield from in_order(paths, partial(_worker, model), processes=count, batch=BATCH)


def _worker(model: Path | None) -> Callable[[list[Path]], list[Emotion]]:
    reader = EmotionReader(model)
    return lambda paths: list(reader.read_many(paths))

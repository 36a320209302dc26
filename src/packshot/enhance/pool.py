"""Many photos on all cores, results in the order of the photos."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.enhance.enhancer import Enhancer, unenhanced
from packshot.enhance.loop import LoopOptions
from packshot.enhance.output import Kept
from packshot.errors import DiskFull, PhotoCrashed, SourceError
from packshot.photo import label_of
from packshot.processes import ENHANCING_TIME_LIMIT, available_cores, in_order
from packshot.report import Enhancement


@dataclass(frozen=True)
class Task:
    """A photo, and the file to write."""

    path: Path
    output: Path


def enhance_paths(
    tasks: Iterable[Task],
    *,
    settings: AssessorSettings,
    options: LoopOptions,
    workers: int | None = None,
    time_limit: float = ENHANCING_TIME_LIMIT,
    kept: Kept | None = None,
) -> Generator[Enhancement]:
    """Enhance files in the order given, as a stream; memory does not grow with their number.

    Args:
        tasks: What to read and where to write; see `Enhancer.enhance`.
        settings: The assessor wanted.
        options: How far to go.
        workers: Processes; None for one for each core this process may use, below 1 for none at all.
        time_limit: Seconds for one photo.
        kept: What outputs keep of the files that came in.

    Yields:
        One `Enhancement` for each task; with the status "crashed", and the reason, where Packshot failed
        on the photo or its output cannot be written.

    Raises:
        PackshotError: The assessor cannot be built, or the disk is full.
    """
    count = available_cores() if workers is None else workers
    make_worker = partial(_worker, settings, options, kept)
    yield from in_order(tasks, make_worker, processes=count, failed=_crashed, time_limit=time_limit)


def _worker(
    settings: AssessorSettings, options: LoopOptions, kept: Kept | None
) -> Callable[[Task], Enhancement]:
    return partial(_enhanced, Enhancer(settings.assessor(threads=1), options, kept=kept))


def _enhanced(enhancer: Enhancer, task: Task) -> Enhancement:
    try:
        return enhancer.enhance(task.path, task.output)
    except DiskFull:
        raise
    except SourceError as error:
        return _crashed(task, str(error))


def _crashed(task: Task, reason: str) -> Enhancement:
    return unenhanced(PhotoCrashed(label_of(task.path), reason))

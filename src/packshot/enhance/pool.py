"""Many photos on all cores, results in the order of the photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.loop import LoopOptions
from packshot.enhance.output import Kept
from packshot.processes import available_cores, in_order
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
    kept: Kept | None = None,
) -> Iterator[Enhancement]:
    """Enhance files in the order given, as a stream; memory does not grow with their number.

    Args:
        tasks: What to read and where to write; see `Enhancer.enhance`.
        settings: The assessor wanted.
        options: How far to go.
        workers: Processes; None for one for each core this process may use, below 2 for none at all.
        kept: What outputs keep of the files that came in.

    Raises:
        PackshotError: The assessor cannot be built, or an output not be written.
    """
    count = available_cores() if workers is None else workers
    if count > 1 and settings.atlas is not None:
        settings.assessor()  # A broken atlas is reported here, once, not by every process.
    yield from in_order(tasks, partial(_worker, settings, options, kept), processes=count, batch=1)


def _worker(
    settings: AssessorSettings, options: LoopOptions, kept: Kept | None
) -> Callable[[list[Task]], list[Enhancement]]:
    enhancer = Enhancer(settings.assessor(threads=1), options, kept=kept)
    return lambda tasks: [enhancer.enhance(task.path, task.output) for task in tasks]

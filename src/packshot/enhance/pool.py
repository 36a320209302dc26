"""Many photos on all cores, results in the order of the photos.

The process that asks loads no steps, models or decoders, and starts at once: what an enhancer needs is
imported where one is built.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.assess.pool import AssessorSettings
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.output_file import OutputOptions
from packshot.errors import DiskFull, PhotoCrashed, SourceError
from packshot.processes import ENHANCE_TIME_LIMIT_S, count_available_cores, map_in_order
from packshot.report import Enhancement

if TYPE_CHECKING:
    from packshot.enhance.enhancer import Enhancer


@dataclass(frozen=True)
class EnhancementTask:
    """A photo, and the file to write.

    Example:
        >>> EnhancementTask(Path("shoes/red.jpg"), Path("enhanced/red.jpg")).output.name
        'red.jpg'
    """

    path: Path
    output: Path


def enhance_paths(
    tasks: Iterable[EnhancementTask],
    *,
    settings: AssessorSettings,
    options: LoopOptions,
    workers: int | None = None,
    timeout_s: float = ENHANCE_TIME_LIMIT_S,
    output_options: OutputOptions | None = None,
    goals: PresentationGoals | None = None,
) -> Generator[Enhancement]:
    """Enhance files in the order given, as a stream; memory does not grow with their number.

    Args:
        tasks: What to read and where to write; see `Enhancer.enhance`.
        settings: The assessor wanted.
        options: How far to go.
        workers: Processes; None for one for each core this process may use, below 1 for none at all.
        timeout_s: Seconds for one photo.
        output_options: What outputs keep of the files that came in.
        goals: Presentation to work towards besides; None for repairs alone.

    Yields:
        One `Enhancement` for each task; with the status "crashed", and the reason, where Packshot failed
        on the photo or its output cannot be written.

    Raises:
        PackshotError: The assessor cannot be built, or the disk is full.

    Example:
        >>> tasks = [EnhancementTask(Path("examples/photos/mug.jpg"), Path("mug.jpg"))]
        >>> found = enhance_paths(tasks, settings=AssessorSettings(), options=LoopOptions(), workers=0)
        >>> [enhancement.action.value for enhancement in found]
        ['unchanged']
        >>> Path("mug.jpg").read_bytes() == Path("examples/photos/mug.jpg").read_bytes()
        True
    """
    process_count = count_available_cores() if workers is None else workers
    make_worker = partial(_make_worker, settings, options, output_options, goals)
    yield from map_in_order(
        tasks,
        make_worker,
        workers=process_count,
        on_failure=_make_crashed_enhancement,
        timeout_s=timeout_s,
    )


def _make_worker(
    settings: AssessorSettings,
    options: LoopOptions,
    output_options: OutputOptions | None,
    goals: PresentationGoals | None,
) -> Callable[[EnhancementTask], Enhancement]:
    from packshot.enhance.enhancer import Enhancer

    assessor = settings.build_assessor(threads=1)
    if goals is not None:
        from packshot.enhance.optimizer import Optimizer

        return partial(_enhance, Optimizer(assessor, options, goals, output_options=output_options))
    return partial(_enhance, Enhancer(assessor, options, output_options=output_options))


def _enhance(enhancer: Enhancer, task: EnhancementTask) -> Enhancement:
    try:
        return enhancer.enhance(task.path, task.output)
    except DiskFull:
        raise
    except SourceError as error:
        return _make_crashed_enhancement(task, str(error))


def _make_crashed_enhancement(task: EnhancementTask, reason: str) -> Enhancement:
    from packshot.enhance.enhancer import make_failed_enhancement
    from packshot.photo import label_of

    return make_failed_enhancement(PhotoCrashed(label_of(task.path), reason))

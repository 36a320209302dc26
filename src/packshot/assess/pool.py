"""Many photos on all cores: a pool of processes, each with its own assessor, results in input order.

The process that asks loads no models and no decoders, and starts at once: what an assessor needs is
imported where one is built.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.processes import (
    DEFAULT_TIME_LIMIT_S,
    WorkerPool,
    count_available_cores,
    limit_workers,
    map_in_order,
    open_thread_pool,
    run_or_fail,
)
from packshot.report import Assessment

if TYPE_CHECKING:
    from packshot.assess.assessor import Assessor, EmotionFunction
    from packshot.assess.retrieval import RetrievalOptions


@dataclass(frozen=True)
class AssessorSettings:
    """Settings by which the same assessor is built in every process.

    Attributes:
        atlas: An atlas file; None for the one that ships.
        language: Of the findings: ``en`` or ``zh``.
        pool: Groups kept by content.
        neighbours: Groups kept of those by distortion; both default to `RetrievalOptions`.
        distance: Between vectors; None for that of `RetrievalOptions`.
        aggregation: Of the retained scores; None as for `distance`.
        overlays: Measured besides: keys of `packshot.report.OVERLAYS`.
        encoder: Folder of other encoders and their atlas; None for those that ship.
        draws_map: Compute damage maps.
        emotion_factory: Makes, in each process, what reads emotions besides; must be picklable. None
            for none.

    Example:
        >>> settings = AssessorSettings(language="zh", pool=100)
        >>> settings.options.pool, settings.options.neighbours
        (100, 64)
    """

    atlas: Path | None = None
    language: str = "en"
    pool: int | None = None
    neighbours: int | None = None
    distance: str | None = None
    aggregation: str | None = None
    overlays: tuple[str, ...] = ()
    encoder: Path | None = None
    draws_map: bool = True
    emotion_factory: Callable[[], EmotionFunction] | None = None

    @property
    def options(self) -> RetrievalOptions:
        """The retrieval options these settings ask for."""
        from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions

        defaults = RetrievalOptions()
        return RetrievalOptions(
            pool=defaults.pool if self.pool is None else self.pool,
            neighbours=defaults.neighbours if self.neighbours is None else self.neighbours,
            distance=Distance(self.distance or defaults.distance),
            aggregation=Aggregation(self.aggregation or defaults.aggregation),
        )

    def build_assessor(self, threads: int = 1) -> Assessor:
        """Build the assessor.

        Raises:
            PackshotError: The atlas or a model cannot be used.
        """
        from packshot.assess.assessor import Assessor
        from packshot.assess.atlas import Atlas

        atlas = None if self.atlas is None else Atlas.load(self.atlas)
        emotion = None if self.emotion_factory is None else self.emotion_factory()
        return Assessor(
            atlas,
            options=self.options,
            language=self.language,
            threads=threads,
            emotion=emotion,
            overlays=self.overlays,
            encoder=self.encoder,
            draws_map=self.draws_map,
        )


def assess_paths(
    paths: Iterable[Path],
    *,
    settings: AssessorSettings,
    workers: int | None = None,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[Assessment]:
    """Assess files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable", those that
            Packshot failed on with "crashed".
        settings: The assessor wanted.
        workers: Processes; None for one for each core this process may use. Below 1 none is started:
            the work is done here, unguarded against death and delay.
        timeout_s: Seconds for one photo.

    Yields:
        One `Assessment` for each path.

    Raises:
        PackshotError: The assessor cannot be built.

    Example:
        >>> paths = [Path("examples/photos/mug.jpg"), Path("examples/photos/README.md")]
        >>> found = assess_paths(paths, settings=AssessorSettings(), workers=0)
        >>> [assessment.status.value for assessment in found]
        ['ok', 'unreadable']
    """
    count = count_available_cores() if workers is None else workers
    yield from map_in_order(
        paths,
        partial(_make_worker, settings),
        workers=count,
        on_failure=_make_crash_assessment,
        timeout_s=timeout_s,
    )


@contextmanager
def open_assessor_pool(
    settings: AssessorSettings, *, workers: int, timeout_s: float = DEFAULT_TIME_LIMIT_S
) -> Iterator[Callable[[Iterable[Path]], Iterator[Assessment]]]:
    """Keep processes that assess what they are handed, for as long as the context lasts.

    Args:
        settings: The assessor wanted.
        workers: Processes, at least 1.
        timeout_s: Seconds for one photo.

    Yields:
        What takes files and yields their assessments, in order; see `assess_paths`.

    Raises:
        PackshotError: The assessor cannot be built.
    """
    count = limit_workers(workers)
    with (
        WorkerPool(partial(_make_worker, settings), workers=count, timeout_s=timeout_s) as pool,
        open_thread_pool(count, "asking") as threads,
    ):

        def assess(path: Path) -> Assessment:
            return run_or_fail(partial(pool.run, path), path, _make_crash_assessment)

        yield lambda paths: threads.map(assess, paths)


def _make_worker(settings: AssessorSettings) -> Callable[[Path], Assessment]:
    return partial(_assess, settings.build_assessor(threads=1))


def _assess(assessor: Assessor, path: Path) -> Assessment:
    try:
        return assessor.assess(path)
    except UnreadablePhoto as error:
        return _make_failed_assessment(error)


def _make_crash_assessment(path: Path, reason: str) -> Assessment:
    from packshot.photo import label_of

    return _make_failed_assessment(PhotoCrashed(label_of(path), reason))


def _make_failed_assessment(error: UnreadablePhoto) -> Assessment:
    from packshot.assess.assessor import make_failed_assessment

    return make_failed_assessment(error)

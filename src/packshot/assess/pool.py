"""Many photos on all cores: a pool of processes, each with its own assessor, results in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.assessor import Assessor, ReadEmotion
from packshot.assess.atlas import Atlas
from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions
from packshot.processes import available_cores, in_order
from packshot.report import Assessment

BATCH = 4
_DEFAULTS = RetrievalOptions()


@dataclass(frozen=True)
class AssessorSettings:
    """What it takes to build the same assessor in every process.

    Attributes:
        atlas: An atlas file; None for the one that ships.
        language: Of the findings: ``en`` or ``zh``.
        pool: Groups kept by content.
        neighbours: Groups kept of those by distortion; both default to `RetrievalOptions`.
        distance: Between vectors.
        aggregation: Of the retained scores.
        overlays: Measured besides: keys of `packshot.measure.overlay.OVERLAYS`.
        emotion: Makes, in each process, what reads emotions besides; must be picklable. None for none.
    """

    atlas: Path | None = None
    language: str = "en"
    pool: int | None = None
    neighbours: int | None = None
    distance: str = _DEFAULTS.distance
    aggregation: str = _DEFAULTS.aggregation
    overlays: tuple[str, ...] = ()
    emotion: Callable[[], ReadEmotion] | None = None

    @property
    def options(self) -> RetrievalOptions:
        """The retrieval options these settings ask for."""
        return RetrievalOptions(
            pool=_DEFAULTS.pool if self.pool is None else self.pool,
            neighbours=_DEFAULTS.neighbours if self.neighbours is None else self.neighbours,
            distance=Distance(self.distance),
            aggregation=Aggregation(self.aggregation),
        )

    def assessor(self, threads: int = 1) -> Assessor:
        """Build the assessor.

        Raises:
            PackshotError: The atlas or a model cannot be used.
        """
        atlas = None if self.atlas is None else Atlas.load(self.atlas)
        emotion = None if self.emotion is None else self.emotion()
        return Assessor(
            atlas,
            options=self.options,
            language=self.language,
            threads=threads,
            emotion=emotion,
            overlays=self.overlays,
        )


def assess_paths(
    paths: Iterable[Path], *, settings: AssessorSettings, workers: int | None = None
) -> Iterator[Assessment]:
    """Assess files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable".
        settings: The assessor wanted.
        workers: Processes; None for one for each core this process may use. Below 2 none is started:
            the work is done here.

    Yields:
        One `Assessment` for each path.

    Raises:
        PackshotError: The assessor cannot be built.
    """
    count = available_cores() if workers is None else workers
    if count < 2:
        yield from settings.assessor(threads=1).assess_many(paths)
        return
    if settings.atlas is not None or settings.emotion is not None:
        settings.assessor()  # A broken atlas or model is reported here, once, not by every process.
    yield from in_order(paths, partial(_worker, settings), processes=count, batch=BATCH)


def _worker(settings: AssessorSettings) -> Callable[[list[Path]], list[Assessment]]:
    assessor = settings.assessor(threads=1)
    return lambda paths: list(assessor.assess_many(paths))

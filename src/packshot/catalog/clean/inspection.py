"""Every photo of a set opened once: what is wrong with it, and what is pictured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial

from packshot.arrays import Float32Array
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.assess.pool import AssessorSettings
from packshot.assess.retrieval import normalise_rows
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT_S, map_in_order
from packshot.report import Finding
from packshot.sources import LocalCopy


@dataclass(frozen=True, eq=False)
class SampleInspection:
    """Findings and content vector of a photo of a set.

    Attributes:
        local_copy: The photo.
        findings: What is wrong with it.
        content: (C,) content vector of length 1; None for an unreadable photo.
        error: Why it cannot be had or read; empty where it can.

    Example:
        >>> torn = SampleInspection(LocalCopy("a.jpg", None), error="no photo")
        >>> torn.content is None, torn.findings
        (True, ())
    """

    local_copy: LocalCopy
    findings: tuple[Finding, ...] = ()
    content: Float32Array | None = None
    error: str = ""


def inspect_photos(
    photos: Iterable[LocalCopy],
    settings: AssessorSettings,
    *,
    workers: int = 0,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[SampleInspection]:
    """Inspect photos in the order given, as a stream.

    Args:
        photos: On this machine, as far as they could be had.
        settings: The assessor; its language is that of findings.
        workers: Processes; below 1 none is started.
        timeout_s: Seconds for one photo.

    Example:
        >>> from pathlib import Path
        >>> mug = Path("examples/photos/mug.jpg")
        >>> [inspection] = inspect_photos([LocalCopy(str(mug), mug)], AssessorSettings())
        >>> inspection.error, inspection.content.shape
        ('', (1280,))
    """
    yield from map_in_order(
        photos,
        partial(_make_worker, settings),
        workers=workers,
        on_failure=_make_crash_inspection,
        timeout_s=timeout_s,
    )


def _make_worker(settings: AssessorSettings) -> Callable[[LocalCopy], SampleInspection]:
    return partial(_inspect, settings.build_assessor())


def _make_crash_inspection(local_copy: LocalCopy, reason: str) -> SampleInspection:
    return SampleInspection(local_copy, error=reason)


def _inspect(assessor: Assessor, local_copy: LocalCopy) -> SampleInspection:
    if local_copy.error:
        return SampleInspection(local_copy, error=local_copy.error)
    try:
        photo = Photo.open(local_copy.path, limits=assessor.limits, max_side=ASSESSMENT_SIDE)
    except UnreadablePhoto as error:
        return SampleInspection(local_copy, error=error.reason)
    observation = assessor.observe(photo)
    return SampleInspection(
        local_copy,
        assessor.assess_observation(observation).findings,
        normalise_rows(observation.encoding.content),
    )

"""Every photo of a set opened once: what is wrong with it, and what is pictured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial

from packshot.arrays import Float32Array
from packshot.assess.assessor import JUDGED_SIDE, Assessor
from packshot.assess.pool import AssessorSettings
from packshot.assess.retrieval import unit_rows
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT, in_order
from packshot.report import Finding
from packshot.sources import LocalCopy


@dataclass(frozen=True, eq=False)
class Inspected:
    """What is kept of a photo.

    Attributes:
        photo: The photo.
        findings: What is wrong with it.
        content: (C,) content vector of length 1; None for an unreadable photo.
        error: Why it cannot be had or read; empty where it can.
    """

    photo: LocalCopy
    findings: tuple[Finding, ...] = ()
    content: Float32Array | None = None
    error: str = ""


def inspect_photos(
    photos: Iterable[LocalCopy],
    settings: AssessorSettings,
    *,
    workers: int = 0,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Generator[Inspected]:
    """Inspect photos in the order given, as a stream.

    Args:
        photos: On this machine, as far as they could be had.
        settings: The assessor; its language is that of findings.
        workers: Processes; below 1 none is started.
        time_limit: Seconds for one photo.
    """
    yield from in_order(
        photos, partial(_worker, settings), processes=workers, failed=_crashed, time_limit=time_limit
    )


def _worker(settings: AssessorSettings) -> Callable[[LocalCopy], Inspected]:
    return partial(_inspected, settings.assessor())


def _crashed(photo: LocalCopy, reason: str) -> Inspected:
    return Inspected(photo, error=reason)


def _inspected(assessor: Assessor, found: LocalCopy) -> Inspected:
    if found.error:
        return Inspected(found, error=found.error)
    try:
        photo = Photo.open(found.path, limits=assessor.limits, max_side=JUDGED_SIDE)
    except UnreadablePhoto as error:
        return Inspected(found, error=error.reason)
    observed = assessor.observe(photo)
    return Inspected(
        found, assessor.assess_observed(observed).findings, unit_rows(observed.code.content)
    )

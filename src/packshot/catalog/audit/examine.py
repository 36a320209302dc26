"""One photo of an audit: bytes in, a row out. The same function on every engine."""

from __future__ import annotations

import logging
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from packshot.assess.assessor import JUDGED_SIDE
from packshot.catalog.audit.rows import broken_row, judged_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.errors import AuditError, PhotoTooLarge, UnreadablePhoto
from packshot.photo import Photo
from packshot.photo.pixels import averaged, shrunk
from packshot.policy import Policy, load_policy, screen
from packshot.policy.rules import MAIN_ROLE
from packshot.processes import in_words
from packshot.report import Assessment, AuditRow, AuditStatus, Status, Verdict
from packshot.sources import FeedRow, photo_name

_log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 200
_THUMBNAIL_QUALITY = 78
# Bytes of JSON; an assessment with all there is has 30 000.
_LONGEST_RECORD = 2**24
_NO_RECORD = (zlib.error, ValueError, TypeError)
_PASSING = 1000.0
"""Added to the rank of photos that do not fail: more than any score."""


@dataclass(frozen=True)
class Task:
    """A photo that was fetched.

    Attributes:
        row: Of the feed.
        content: Its bytes, or the path of a local file.
        sha256: Of the bytes.
        known: Its assessment as `Answer.assessment` had it, where one is remembered.
        gate: A thumbnail is wanted of photos that rank no higher.
    """

    row: FeedRow
    content: bytes | Path = field(repr=False)
    sha256: str
    known: bytes | None = None
    gate: float = float("inf")


@dataclass(frozen=True)
class Answer:
    """What became of one input.

    Attributes:
        row: Of the feed.
        record: The `AuditRow`, packed.
        rank: Worst first: see `rank_of`.
        assessment: To be remembered; None where it is known already, or there is none.
        thumbnail: JPEG, where it was wanted.
        remembered: The assessment came from the cache.
    """

    row: FeedRow
    record: bytes
    rank: float
    assessment: bytes | None = None
    thumbnail: bytes | None = None
    remembered: bool = False


class Examiner:
    """Judges and screens one photo at a time; built once in every process."""

    def __init__(self, settings: AuditSettings) -> None:
        """Load the models and the policies.

        Raises:
            PackshotError: One of them cannot be used.
        """
        self._settings = settings
        self._policies: tuple[Policy, ...] = tuple(map(load_policy, settings.policies))
        self._assessor = settings.examining(self._policies).assessor(threads=1)

    def __call__(self, task: Task) -> Answer:
        """Examine a photo; whatever is wrong with it, there is a row."""
        try:
            return self._examined(task)
        except UnreadablePhoto as error:
            too_large = isinstance(error, PhotoTooLarge)
            status = AuditStatus.REFUSED if too_large else AuditStatus.UNREADABLE
            return answer_of(task.row, broken_row(task.row, status, error.reason, task.sha256))
        except Exception as error:  # one photo that we fail on must not stop an audit
            _log.exception("failed on row %d, %s", task.row.number, task.row.location)
            reason = in_words(error)
            return answer_of(task.row, broken_row(task.row, AuditStatus.CRASHED, reason, task.sha256))

    def _examined(self, task: Task) -> Answer:
        photo: Photo | None = None
        assessment = None if task.known is None else _remembered(task.known, task.sha256)
        if assessment is None:
            photo = self._open(task)
            assessment = self._assessor.assess_photo(photo, brief=True)
        row = judged_row(
            task.row, assessment, self._verdicts(task, assessment), self._settings.fail_under
        )
        rank = rank_of(row)
        return Answer(
            task.row,
            packed_row(row),
            rank,
            _packed(assessment) if photo and row.sha256 == task.sha256 else None,
            thumbnail(photo or self._open(task)) if rank <= task.gate else None,
            remembered=photo is None,
        )

    def _open(self, task: Task) -> Photo:
        name = photo_name(task.row.location)
        return Photo.open(task.content, name=name, limits=self._assessor.limits, max_side=JUDGED_SIDE)

    def _verdicts(self, task: Task, assessment: Assessment) -> Mapping[str, Verdict]:
        settings, row = self._settings, task.row
        return {
            policy.name: screen(
                assessment,
                policy,
                on=settings.on,
                role=row.role.lower() or MAIN_ROLE,
                category=row.category.lower() or None,
                language=settings.assessor.language,
            )
            for policy in self._policies
        }


def rank_of(row: AuditRow) -> float:
    """Where a row stands in the page, the worst first: what fails, then by score.

    Rows without a score stand in a list of their own: infinitely far.
    """
    if row.score is None:
        return float("inf")
    return row.score + (0.0 if row.verdict == "fail" else _PASSING)


def answer_of(row: FeedRow, record: AuditRow) -> Answer:
    """The answer for an input that has no photo to show."""
    return Answer(row, packed_row(record), rank_of(record))


def packed_row(row: AuditRow) -> bytes:
    """A row as it is kept: about a kilobyte."""
    return zlib.compress(row.model_dump_json(exclude_defaults=True).encode(), 1)


def unpacked_row(record: bytes) -> AuditRow:
    """The row that was packed.

    Raises:
        AuditError: It is none.
    """
    try:
        return AuditRow.model_validate_json(_inflated(record))
    except _NO_RECORD as error:
        raise AuditError(
            "a row of this audit's journal is damaged: begin anew with --restart (what is in the cache"
            " is not assessed again)"
        ) from error


def _packed(assessment: Assessment) -> bytes:
    """What a later audit needs of an assessment."""
    text = assessment.model_dump_json(exclude_defaults=True)
    return zlib.compress(text.encode("utf-8", "replace"), 1)


def _remembered(content: bytes, sha256: str | None) -> Assessment | None:
    """The assessment that was packed; None for what is none of this photo: it is assessed again."""
    try:
        found = Assessment.model_validate_json(_inflated(content))
    except _NO_RECORD:
        return None
    values = [one.value for one in found.measurements.values() if one.value is not None]
    sound = found.score is not None and all(map(math.isfinite, (found.score, *values)))
    known = found.facts is not None and found.facts.sha256 == sha256
    return found if sound and known and found.status is Status.OK else None


def _inflated(content: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(content, _LONGEST_RECORD)
    if not unpacker.eof:
        raise ValueError("longer than any record, or cut short")
    return text


def thumbnail(photo: Photo) -> bytes:
    """A small JPEG of a photo, its long side at most `THUMBNAIL_SIDE` pixels."""
    small = shrunk(averaged(photo.pixels, THUMBNAIL_SIDE), THUMBNAIL_SIDE)
    options = [cv2.IMWRITE_JPEG_QUALITY, _THUMBNAIL_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), options)
    return bytes(data.tobytes())

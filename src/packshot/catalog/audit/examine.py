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

from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.catalog.audit.rows import build_assessed_row, failed_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.errors import AuditError, PhotoTooLarge, UnreadablePhoto
from packshot.photo import Photo
from packshot.photo.pixels import average_to_side, shrink_to_fit
from packshot.policy import Policy, load_policy, screen
from packshot.policy.rules import MAIN_ROLE
from packshot.processes import format_unexpected_error
from packshot.report import Assessment, AuditRow, AuditStatus, Decision, Status, Verdict
from packshot.sources import FeedRow, photo_name

_log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 200
"""Pixels of the long side of a thumbnail. A judgement."""

_THUMBNAIL_QUALITY = 78
"""JPEG quality of a thumbnail, 0..100: about 4 kB each for the sample photos. A judgement."""

_MAX_RECORD_BYTES = 2**24
"""Bytes of JSON that a record may unpack to; longer is no record, whatever a damaged file claims. An
assessment with all there is has 30 000."""
_DECODE_ERRORS = (zlib.error, ValueError, TypeError)
_PASS_RANK_OFFSET = 1000.0
"""Added to the rank of photos that do not fail: more than any score, so that they stand after those that
do."""


@dataclass(frozen=True)
class Task:
    """A photo that was fetched.

    Attributes:
        row: Of the feed.
        content: Its bytes, or the path of a local file.
        sha256: Of the bytes.
        cached_assessment: Its assessment as `RowResult.assessment` had it, where one is remembered.
        thumbnail_rank_limit: A thumbnail is wanted of photos that rank no higher.

    Example:
        >>> task = Task(FeedRow(0, "mug.jpg"), Path("examples/photos/mug.jpg"), sha256="0" * 64)
        >>> task.cached_assessment, task.thumbnail_rank_limit
        (None, inf)
    """

    row: FeedRow
    content: bytes | Path = field(repr=False)
    sha256: str
    cached_assessment: bytes | None = None
    thumbnail_rank_limit: float = float("inf")


@dataclass(frozen=True)
class RowResult:
    """The result for one input.

    Attributes:
        row: Of the feed.
        record: The `AuditRow`, packed.
        rank: Worst first: see `compute_rank`.
        packed_assessment: To be remembered; None where it is known already, or there is none.
        thumbnail: JPEG, where it was wanted.
        is_from_cache: The assessment came from the cache.

    Example:
        >>> row = AuditRow(number=0, path="mug.jpg", status="ok", score=71.5, decision="pass")
        >>> result = RowResult(FeedRow(0, "mug.jpg"), pack_row(row), compute_rank(row))
        >>> result.rank, unpack_row(result.record).score
        (1071.5, 71.5)
    """

    row: FeedRow
    record: bytes
    rank: float
    packed_assessment: bytes | None = None
    thumbnail: bytes | None = None
    is_from_cache: bool = False


class Examiner:
    """Judges and screens one photo at a time; built once in every process.

    Example:
        >>> examiner = Examiner(AuditSettings("photos"))
        >>> task = Task(FeedRow(0, "torn.jpg"), b"no photo at all", sha256="0" * 64)
        >>> unpack_row(examiner(task).record).status.value
        'unreadable'
    """

    def __init__(self, settings: AuditSettings) -> None:
        """Load the models and the policies.

        Raises:
            PackshotError: One of them cannot be used.
        """
        self._settings = settings
        self._policies: tuple[Policy, ...] = tuple(map(load_policy, settings.policies))
        self._assessor = settings.build_assessor_settings(self._policies).build_assessor(threads=1)

    def __call__(self, task: Task) -> RowResult:
        """Examine a photo; whatever is wrong with it, there is a row."""
        try:
            return self._examine(task)
        except UnreadablePhoto as error:
            is_too_large = isinstance(error, PhotoTooLarge)
            status = AuditStatus.REFUSED if is_too_large else AuditStatus.UNREADABLE
            return build_row_result(task.row, failed_row(task.row, status, error.reason, task.sha256))
        except Exception as error:  # one photo that we fail on must not stop an audit
            _log.exception("failed on row %d, %s", task.row.number, task.row.location)
            reason = format_unexpected_error(error)
            return build_row_result(
                task.row, failed_row(task.row, AuditStatus.CRASHED, reason, task.sha256)
            )

    def _examine(self, task: Task) -> RowResult:
        photo: Photo | None = None
        assessment = (
            None
            if task.cached_assessment is None
            else _unpack_assessment(task.cached_assessment, task.sha256)
        )
        if assessment is None:
            photo = self._open_photo(task)
            assessment = self._assessor.assess_photo(photo, brief=True)
        row = build_assessed_row(
            task.row, assessment, self._screen_photo(task, assessment), self._settings.fail_under
        )
        rank = compute_rank(row)
        return RowResult(
            task.row,
            pack_row(row),
            rank,
            _pack_assessment(assessment) if photo and row.sha256 == task.sha256 else None,
            encode_thumbnail(photo or self._open_photo(task))
            if rank <= task.thumbnail_rank_limit
            else None,
            is_from_cache=photo is None,
        )

    def _open_photo(self, task: Task) -> Photo:
        name = photo_name(task.row.location)
        return Photo.open(
            task.content, name=name, limits=self._assessor.limits, max_side=ASSESSMENT_SIDE
        )

    def _screen_photo(self, task: Task, assessment: Assessment) -> Mapping[str, Verdict]:
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


def compute_rank(row: AuditRow) -> float:
    """Return the place of a row in the page, the worst first: what fails, then by score.

    Rows without a score stand in a list of their own: infinitely far.

    Example:
        >>> poor = AuditRow(number=0, path="a.jpg", status="ok", score=20.0, decision="pass")
        >>> refused = AuditRow(number=1, path="b.jpg", status="ok", score=80.0, decision="fail")
        >>> missing = AuditRow(number=2, path="c.jpg", status="missing")
        >>> [compute_rank(row) for row in (refused, poor, missing)]
        [80.0, 1020.0, inf]
    """
    if row.score is None:
        return float("inf")
    return row.score + (0.0 if row.decision == Decision.FAIL else _PASS_RANK_OFFSET)


def build_row_result(row: FeedRow, record: AuditRow) -> RowResult:
    """Build the result for an input that has no photo to show.

    Example:
        >>> row = AuditRow(number=3, path="gone.jpg", status="missing", reason="no such file")
        >>> result = build_row_result(FeedRow(3, "gone.jpg"), row)
        >>> result.rank, result.thumbnail
        (inf, None)
    """
    return RowResult(row, pack_row(record), compute_rank(record))


def pack_row(row: AuditRow) -> bytes:
    """Pack a row for the journal: about a kilobyte.

    Example:
        >>> row = AuditRow(number=0, path="mug.jpg", status="ok", score=71.5)
        >>> unpack_row(pack_row(row)) == row
        True
    """
    return zlib.compress(row.model_dump_json(exclude_defaults=True).encode(), 1)


def unpack_row(record: bytes) -> AuditRow:
    """Return the row that was packed.

    Raises:
        AuditError: It is none.

    Example:
        >>> unpack_row(b"damaged")
        Traceback (most recent call last):
        packshot.errors.AuditError: a row of this audit's journal is damaged: start over ...
    """
    try:
        return AuditRow.model_validate_json(_decompress(record))
    except _DECODE_ERRORS as error:
        raise AuditError(
            "a row of this audit's journal is damaged: start over with --restart (what is in the cache"
            " is not assessed again)"
        ) from error


def _pack_assessment(assessment: Assessment) -> bytes:
    """Pack what a later audit needs of an assessment."""
    text = assessment.model_dump_json(exclude_defaults=True)
    return zlib.compress(text.encode("utf-8", "replace"), 1)


def _unpack_assessment(content: bytes, sha256: str | None) -> Assessment | None:
    """Return the assessment that was packed; None for one that is not of this photo."""
    try:
        assessment = Assessment.model_validate_json(_decompress(content))
    except _DECODE_ERRORS:
        return None
    values = [
        measurement.value
        for measurement in assessment.measurements.values()
        if measurement.value is not None
    ]
    is_finite = assessment.score is not None and all(map(math.isfinite, (assessment.score, *values)))
    is_same_photo = assessment.facts is not None and assessment.facts.sha256 == sha256
    return assessment if is_finite and is_same_photo and assessment.status is Status.OK else None


def _decompress(content: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    text = decompressor.decompress(content, _MAX_RECORD_BYTES)
    if not decompressor.eof:
        raise ValueError("longer than any record, or cut short")
    return text


def encode_thumbnail(photo: Photo) -> bytes:
    """Encode a photo as a small JPEG, its long side at most `THUMBNAIL_SIDE` pixels.

    Example:
        >>> data = encode_thumbnail(Photo.open("examples/photos/mug.jpg"))
        >>> max(Photo.open(data).pixels.shape) == THUMBNAIL_SIDE
        True
    """
    small = shrink_to_fit(average_to_side(photo.pixels, THUMBNAIL_SIDE), THUMBNAIL_SIDE)
    options = [cv2.IMWRITE_JPEG_QUALITY, _THUMBNAIL_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), options)
    return bytes(data.tobytes())

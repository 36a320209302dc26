"""Choice of the photo of a group to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.report import Duplicate, DuplicateKind
from packshot.search.duplicates.progress import Progress
from packshot.search.duplicates.signature import Signature
from packshot.search.duplicates.store import SignatureStore

SCORE_TOLERANCE = 2.0
"""Points of score, 0..100, that make no difference: saving a photo again moves its score as far
(decision 14)."""

_MIN_PHOTOS_FOR_PROCESSES = 16
"""Photos from which on more than one process pays for loading the models again. A judgement."""


def score_photos(
    photos: Sequence[Signature],
    store: SignatureStore,
    settings: AssessorSettings,
    *,
    workers: int,
    progress: Progress,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> dict[str, float]:
    """Score photos, 0..100 by digest of the pixels; those that can no longer be read have none.

    Args:
        photos: Those that need one.
        store: Knows scores already given, and keeps new ones.
        settings: The assessor.
        workers: Processes.
        progress: Sees the work progress.
        timeout_s: Seconds for one photo.

    Example:
        >>> from packshot.search.duplicates import Signer, ignore_progress
        >>> signer = Signer()
        >>> mug, store = signer.sign(Path("examples/photos/mug.jpg")), SignatureStore(None, signer.maker)
        >>> scores = score_photos([mug], store, AssessorSettings(), workers=0, progress=ignore_progress)
        >>> 0 < scores[mug.pixel_digest] <= 100
        True
    """
    if not photos:
        return {}
    assessor_id = _describe_assessor(settings)
    by_digest = {photo.pixel_digest: Path(photo.path) for photo in photos}
    scores = store.find_scores(by_digest, assessor_id)
    missing = {digest: path for digest, path in by_digest.items() if digest not in scores}
    count = workers if len(missing) >= _MIN_PHOTOS_FOR_PROCESSES else min(workers, 1)
    with closing(
        assess_paths(missing.values(), settings=settings, workers=count, timeout_s=timeout_s)
    ) as assessments:
        results = progress(assessments, len(missing), "assessing")
        for digest, assessment in zip(missing, results, strict=True):
            if assessment.score is not None:
                store.save_score(digest, assessor_id, assessment.score)
                scores[digest] = assessment.score
    return scores


def sort_by_preference(
    numbers: Iterable[int],
    photos: Sequence[Signature],
    scores: Mapping[str, float],
    marked: Collection[int] = (),
) -> list[int]:
    """Sort photos in the order in which they would be kept: by score, then pixels, then bytes.

    What is laid over a photo never makes it the better one: those that others show without it come last.

    Scores in the same step of two points, counted from the best, are alike: saving a photo again moves
    them as far, and that must not choose a small or a mirrored copy over a large original.

    Args:
        numbers: Of the photos to put in order.
        photos: All.
        scores: By digest of the pixels; photos without one come last.
        marked: Numbers of photos over which something is laid.

    Example:
        >>> from packshot.search.duplicates import Signer
        >>> paths = [Path("examples/photos/mug-warm-cast.jpg"), Path("examples/photos/mug.jpg")]
        >>> warm, mug = (Signer().sign(path) for path in paths)
        >>> sort_by_preference([0, 1], [warm, mug], {warm.pixel_digest: 61.0, mug.pixel_digest: 72.5})
        [1, 0]
    """
    chosen_numbers = list(numbers)
    best = max((scores.get(photos[n].pixel_digest, 0.0) for n in chosen_numbers), default=0.0)

    def preference_key(number: int) -> tuple[float, ...]:
        photo = photos[number]
        below = best - scores.get(photo.pixel_digest, -SCORE_TOLERANCE)
        quality = below // SCORE_TOLERANCE, -photo.width * photo.height, -photo.stamp.byte_size
        return float(number in marked), *quality, number

    return sorted(chosen_numbers, key=preference_key)


def keeper_merit(photos: Sequence[Duplicate]) -> str:
    """Return what a group's keeper stands out by: ``same``, ``score``, ``pixels`` or ``bytes``.

    Args:
        photos: Of one group, the keeper first.

    Example:
        >>> large, small = (
        ...     Duplicate(path="", kind=kind, likeness=1, width=side, height=side, byte_size=9, score=70)
        ...     for kind, side in ((None, 800), (DuplicateKind.RESIZED, 400))
        ... )
        >>> keeper_merit([large, small])
        'pixels'
    """
    keeper, *others = photos
    if all(other.kind is DuplicateKind.EXACT for other in others):
        return "same"
    scores = [photo.score for photo in others if photo.score is not None]
    if keeper.score is not None and scores and keeper.score >= max(scores) + SCORE_TOLERANCE:
        return "score"
    if any(other.width * other.height < keeper.width * keeper.height for other in others):
        return "pixels"
    return "bytes"


def _describe_assessor(settings: AssessorSettings) -> str:
    """Name the encoders and the atlas that scores depend on."""
    assessor = settings.build_assessor()
    header = assessor.atlas.header
    options = (settings.pool, settings.neighbours, settings.distance, settings.aggregation)
    return " ".join(
        map(str, (*assessor.encoders.fingerprints, header.name, assessor.atlas.digest, *options))
    )

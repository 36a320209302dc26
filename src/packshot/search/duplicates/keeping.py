"""Which photo of a group to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.search.duplicates.signature import Signature
from packshot.search.duplicates.store import SignatureStore
from packshot.search.duplicates.watching import Watch

_WORTH_PROCESSES = 16


def scores_of(
    photos: Sequence[Signature],
    store: SignatureStore,
    settings: AssessorSettings,
    *,
    workers: int,
    watch: Watch,
) -> dict[str, float]:
    """Scores 0..100 by digest of the file; none for what can no longer be read.

    Args:
        photos: Those that need one.
        store: Knows scores already given, and keeps new ones.
        settings: The assessor.
        workers: Processes.
        watch: Sees the work progress.
    """
    if not photos:
        return {}
    judge = _judge(settings)
    by_digest = {photo.digest: Path(photo.path) for photo in photos}
    known = store.scores(by_digest, judge)
    missing = {digest: path for digest, path in by_digest.items() if digest not in known}
    count = workers if len(missing) >= _WORTH_PROCESSES else 1
    assessed = assess_paths(missing.values(), settings=settings, workers=count)
    found = watch(assessed, len(missing), "assessing")
    for digest, assessment in zip(missing, found, strict=True):
        if assessment.score is not None:
            store.remember_score(digest, judge, assessment.score)
            known[digest] = assessment.score
    return known


def preference(photo: Signature, scores: Mapping[str, float]) -> tuple[float, ...]:
    """Sorts photos by what is kept first: score in whole points, then pixels, then bytes.

    Tenths of a point are noise: they must not choose a small copy over the large original.
    """
    return (
        -round(scores.get(photo.digest, -1.0)),
        -photo.width * photo.height,
        -photo.stamp.byte_size,
    )


def _judge(settings: AssessorSettings) -> str:
    """Names the encoders and the atlas that scores depend on."""
    assessor = settings.assessor()
    header = assessor.atlas.header
    options = (settings.pool, settings.neighbours, settings.distance, settings.aggregation)
    return " ".join(
        map(str, (*assessor.encoders.fingerprints, header.name, assessor.atlas.digest, *options))
    )

"""Agreement with the ratings of product photos; whether findings, causes and scores contradict.

All figures are of validation photos, which no training saw: some products of every shop, and three shops
as a whole. The ratings are a vision-language model's, not people's. PLCC is without a fit.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.support.agreement import bootstrap_interval, plcc, srocc
from benchmarks.support.assessments import SCORES, assess_files, read_score
from benchmarks.support.product_ratings import ProductRating, find_harmed_pairs, read_product_ratings
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array
from packshot.report import Assessment, Cause, Grade, Severity

RATINGS = {"score": "overall", "technical": "technical", "presentation": "presentation"}
"""Which rating each score is held against."""

MIN_RATING_DIFFERENCE = 10.0
"""Points by which an original's rating must exceed its harmed version's, for their order to count."""

_LOW_SCORE = 60.0
_NOTHING_TO_IMPROVE_SCORE = 75.0
_DRAWS = 200
_MIN_PHOTOS, _MIN_PHOTOS_OF_INTERVAL = 3, 20

Row = dict[str, object]


@dataclass(frozen=True)
class Judged:
    """A rated photo with its assessment."""

    rating: ProductRating
    assessment: Assessment


def main(data: Path, workers: int, limit: int | None, encoder: Path | None) -> None:
    """Assess the photos held out, and write one row for each figure of those that validate, and of all.

    One half of all of them set calibration and limits: of all, only the order counts. All of them were
    looked at when constants were chosen (docs/decisions/0034-a-score-that-means-what-a-shop-means.md).
    """
    photos = [photo for photo in read_product_ratings(data) if photo.is_held_out]
    photos = photos if limit is None else photos[:limit]
    assessments = assess_files([photo.path for photo in photos], workers, encoder)
    judged = [Judged(*pair) for pair in zip(photos, assessments, strict=True)]
    validation = [one for one in judged if one.rating.is_validation]
    rows = [
        row | {"set": name}
        for name, part in {"validation": validation, "held out": judged}.items()
        for rows in (iter_agreement_rows(part), iter_order_rows(part), iter_contradiction_rows(part))
        for row in rows
    ]
    for row in rows:
        print(row)
    print(write_results("product_ratings" if encoder is None else "product_ratings_large", rows))


def split_parts(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Split photos into those that figures are wanted of; parts overlap."""
    return {
        "all": list(judged),
        "unharmed": [one for one in judged if not one.rating.harm],
        "shops kept apart": [one for one in judged if one.rating.is_of_shop_kept_apart],
        "own groups": [one for one in judged if not one.rating.is_of_shop_kept_apart],
    }


def iter_agreement_rows(judged: Sequence[Judged]) -> Iterator[Row]:
    """Rows of SROCC, PLCC and mean absolute error, for each part and score."""
    for part, members in split_parts(judged).items():
        for name in SCORES:
            scores, ratings = pair_with_ratings(members, name)
            if len(scores) < _MIN_PHOTOS or not scores.std():
                yield make_row("SROCC", part, name, len(scores), None)
                continue
            interval, count = make_interval(scores, ratings), len(scores)
            yield make_row("SROCC", part, name, count, srocc(scores, ratings)) | interval
            yield make_row("PLCC", part, name, count, plcc(scores, ratings))
            error = float(np.abs(scores - ratings).mean())
            yield make_row("mean absolute error", part, name, count, error)


def make_interval(scores: Float64Array, ratings: Float64Array) -> Row:
    """Make the columns of the interval of SROCC; of few photos there is none."""
    if len(scores) < _MIN_PHOTOS_OF_INTERVAL:
        return {}
    low, high = bootstrap_interval(scores, ratings, _DRAWS)
    return {"low": round(low, 4), "high": round(high, 4)}


def pair_with_ratings(judged: Sequence[Judged], name: str) -> tuple[Float64Array, Float64Array]:
    """Return a score and its rating of all photos that have the score, two of (N,)."""
    pairs = [
        (score, read_rating(one, name))
        for one in judged
        if (score := read_score(one.assessment, name)) is not None
    ]
    values = np.array(pairs, np.float64).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def read_rating(judged: Judged, name: str) -> float:
    """Return the rating, 0..100, that a score is held against."""
    return float(getattr(judged.rating, RATINGS[name]))


def iter_order_rows(judged: Sequence[Judged]) -> Iterator[Row]:
    """Rows of the share of originals that score above their harmed version."""
    pairs = find_harmed_pairs([one.rating for one in judged])
    for name in SCORES:
        in_order = [
            is_above
            for original, harmed in pairs
            if (is_above := _is_in_order(judged[original], judged[harmed], name)) is not None
        ]
        share = float(np.mean(in_order)) if in_order else None
        yield make_row("pairs in order", "originals and harmed versions", name, len(in_order), share)


def _is_in_order(original: Judged, harmed: Judged, name: str) -> bool | None:
    """Whether scores are in the order of the ratings; None where these differ too little, or lack."""
    difference = read_rating(original, name) - read_rating(harmed, name)
    first, second = read_score(original.assessment, name), read_score(harmed.assessment, name)
    if abs(difference) < MIN_RATING_DIFFERENCE or first is None or second is None:
        return None
    return (first - second) * difference > 0


def iter_contradiction_rows(judged: Sequence[Judged]) -> Iterator[Row]:
    """Rows of how often the score is low without a reason, or high in spite of one."""
    known = [one for one in judged if one.assessment.score is not None]
    low = [one for one in known if _read_known_score(one) < _LOW_SCORE]
    improvable = [one for one in known if _read_known_score(one) < _NOTHING_TO_IMPROVE_SCORE]
    excellent = [one for one in known if one.assessment.grade is Grade.EXCELLENT]
    figures = {
        "under 60 without a cause that is a finding": (low, lacks_actionable_cause),
        "excellent with an error": (excellent, has_error),
        "under 75 with neither finding nor cause": (improvable, has_nothing_to_say),
        "under 75 with nothing but rated-low": (improvable, has_no_reason),
        "causes and score do not make 100": (known, is_sum_wrong),
        "cannot tell": (known, is_unknown),
        "cites its own product": (known, cites_own_product),
    }
    for figure, (members, applies) in figures.items():
        hits = sum(applies(one) for one in members)
        share = hits / len(members) if members else None
        yield make_row(figure, "all", "score", len(members), share) | {"count": hits}


def _read_known_score(judged: Judged) -> float:
    assert judged.assessment.score is not None
    return judged.assessment.score


def lacks_actionable_cause(judged: Judged) -> bool:
    """Whether no cause of lost points is among the findings, which say what to do."""
    findings = {finding.code for finding in judged.assessment.findings}
    return not any(cause.code in findings for cause in judged.assessment.causes)


def has_error(judged: Judged) -> bool:
    """Whether a finding is one that must be mended."""
    return any(finding.severity is Severity.ERROR for finding in judged.assessment.findings)


def has_nothing_to_say(judged: Judged) -> bool:
    """Whether there is neither a finding nor any cause of lost points."""
    return not judged.assessment.findings and not judged.assessment.causes


def has_no_reason(judged: Judged) -> bool:
    """Whether all that is said is that photos like this one are rated low."""
    codes = {cause.code for cause in judged.assessment.causes}
    return not judged.assessment.findings and codes <= {Cause.RATED_LOW}


def is_sum_wrong(judged: Judged) -> bool:
    """Whether score and points lost make anything but 100, to a tenth of a point."""
    lost = sum(cause.points for cause in judged.assessment.causes)
    return abs(_read_known_score(judged) + lost - 100) > 0.1


def is_unknown(judged: Judged) -> bool:
    """Whether the assessment says that it cannot tell."""
    return judged.assessment.grade is Grade.UNKNOWN


def cites_own_product(judged: Judged) -> bool:
    """Whether evidence is of the photo's own product: then it is no validation."""
    group, name = judged.rating.group, judged.rating.original_name
    return any(
        evidence.group in (group, name)
        or evidence.group.endswith((f":{group}", f":{name}"))
        or name in evidence.example.split()
        for evidence in judged.assessment.evidence
    )


def make_row(figure: str, part: str, score: str, photos: int, value: float | None) -> Row:
    """Make a row; a figure without a value is one of a score that is not there."""
    return {
        "set": "validation",
        "part": part,
        "score": score,
        "figure": figure,
        "photos": photos,
        "value": "" if value is None else round(value, 4),
        "low": "",
        "high": "",
        "count": "",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, help="the first so many photos alone, to try it")
    parser.add_argument("--encoder", type=Path, help="other models and their atlas: the large ones")
    arguments = parser.parse_args()
    main(arguments.data, arguments.workers, arguments.limit, arguments.encoder)

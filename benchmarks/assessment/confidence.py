"""Whether confidence holds: by fifths of what is said, how often a score lies within ten points.

Confidence is the chance that a score lies within ten points of the photo's rating. Photos are those of
the validation, which no training saw; ratings are a vision-language model's, not people's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.assessment.product_ratings import RATINGS
from benchmarks.support.assessments import SCORES, assess_files, read_confidence, read_score
from benchmarks.support.product_ratings import ProductRating, read_product_ratings
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array
from packshot.report import Assessment

NEAR = 10.0
"""Points within which a score counts as right."""

PARTS = 5

Row = dict[str, object]


def main(data: Path, workers: int) -> None:
    """Assess the validation photos, and write one row for each score and fifth."""
    photos = [photo for photo in read_product_ratings(data) if photo.is_validation]
    assessments = assess_files([photo.path for photo in photos], workers)
    rows = [
        {"set": "validation", "score": name} | row
        for name in SCORES
        for row in iter_confidence_rows(*collect_confidences(photos, assessments, name))
    ]
    for row in rows:
        print(row)
    print(write_results("confidence", rows))


def collect_confidences(
    photos: Sequence[ProductRating], assessments: Sequence[Assessment], name: str
) -> tuple[Float64Array, Float64Array]:
    """Collect confidence and error, in points, of a score, two of (N,); photos without it are out."""
    pairs = []
    for photo, assessment in zip(photos, assessments, strict=True):
        score, confidence = read_score(assessment, name), read_confidence(assessment, name)
        if score is not None and confidence is not None:
            pairs.append((confidence, abs(score - float(getattr(photo, RATINGS[name])))))
    values = np.array(pairs, np.float64).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def iter_confidence_rows(confidences: Float64Array, errors: Float64Array) -> Iterator[Row]:
    """Rows of what is said and what holds: of each fifth, least confident first, then of all.

    Args:
        confidences: (N,) 0..1.
        errors: (N,) points between score and rating.
    """
    order = np.argsort(confidences, kind="stable")
    for number, members in enumerate(np.array_split(order, PARTS), start=1):
        yield _make_row(f"fifth {number}", confidences[members], errors[members])
    yield _make_row("all", confidences, errors)


def _make_row(part: str, confidences: Float64Array, errors: Float64Array) -> Row:
    if len(confidences) == 0:
        names = ("lowest", "highest", "said", "holds", "too_sure_by")
        return {"part": part, "photos": 0} | dict.fromkeys(names, "")
    said, holds = float(confidences.mean()), float((errors <= NEAR).mean())
    return {
        "part": part,
        "photos": len(confidences),
        "lowest": round(float(confidences.min()), 3),
        "highest": round(float(confidences.max()), 3),
        "said": round(said, 3),
        "holds": round(holds, 3),
        "too_sure_by": round(said - holds, 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.workers)

"""What ratings of users do: to the photo that they rate, and to all others.

Raters are simulated. One photo is rated by 1, 3, 10 or 30 of them, all alike and far from its score, or
half of them 95 and half 5; or so many different photos are rated alike. Then the rated photos are
assessed again, and others, of other products, that no one rated. Photos are of the validation: none is
in the shipped atlas.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.support.assessments import load_assessor
from benchmarks.support.product_ratings import ProductRating, read_product_ratings
from benchmarks.support.record import write_results
from packshot import Assessor
from packshot.arrays import Float64Array
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.atlas import Example
from packshot.assess.observation import Observation
from packshot.photo import Photo

COUNTS = (1, 3, 10, 30)
"""Numbers of ratings."""

CONTRARY_COUNTS = (2, 10, 30)
"""Numbers of ratings, half of them high and half low."""

LOW_RATING, HIGH_RATING = 5.0, 95.0
_MIDDLE = 50.0

AGREE, CONTRADICT = "one photo, raters agree", "one photo, raters contradict"
MANY = "many photos, rated alike"

Case = tuple[str, int]
"""Way of rating, and number of ratings."""

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Subject:
    """A photo to rate.

    Attributes:
        observation: By which it is assessed again and again.
        example: The photo as `Assessor.encode` makes it of a rating.
        score: Before anyone rated anything.
        confidence: The same, 0..1; nan where none is stated.
    """

    observation: Observation
    example: Example
    score: float
    confidence: float


@dataclass(frozen=True)
class Effect:
    """What a set of ratings did.

    Attributes:
        own_distances: (R,) points between the rating and the new score, of each photo rated.
        own_confidences: (2, R) confidence of each before and after that.
        other_shifts: (O,) points by which the score of each other photo moved.
    """

    own_distances: Float64Array
    own_confidences: Float64Array
    other_shifts: Float64Array


def main(data: Path, photos: int, seed: int, workers: int) -> None:
    """Rate, assess again, and write one row for each number and way of ratings."""
    chosen = choose_photos(read_product_ratings(data), photos, seed)
    paths = tuple(photo.path for photo in chosen)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        many = pool.submit(rate_many_photos, paths, seed)
        each = list(pool.map(rate_one_photo, [paths] * len(paths), range(len(paths))))
    effects: dict[Case, list[Effect]] = {}
    for part in (*each, many.result()):
        for case, found in part.items():
            effects.setdefault(case, []).extend(found)
    rows = [make_row(way, count, found) for (way, count), found in effects.items()]
    for row in rows:
        print(row)
    print(write_results("user_ratings", rows))


@cache
def load_subjects(paths: tuple[Path, ...]) -> tuple[Assessor, list[Subject]]:
    """Load an assessor and make subjects of photos, once for each process."""
    assessor = load_assessor()
    return assessor, [make_subject(assessor, path) for path in paths]


def rate_one_photo(paths: tuple[Path, ...], number: int) -> dict[Case, list[Effect]]:
    """Let raters agree about one photo, and contradict each other, and see what that does."""
    assessor, subjects = load_subjects(paths)
    subject, others = subjects[number], [*subjects[:number], *subjects[number + 1 :]]
    far = choose_far_rating(subject.score)
    cases = {(AGREE, count): [far] * count for count in COUNTS}
    cases |= {(CONTRADICT, count): [HIGH_RATING, LOW_RATING] * (count // 2) for count in CONTRARY_COUNTS}
    return {
        case: [
            measure_effect(
                assessor, make_ratings(subject, ratings), [(subject, float(np.mean(ratings)))], others
            )
        ]
        for case, ratings in cases.items()
    }


def rate_many_photos(paths: tuple[Path, ...], seed: int) -> dict[Case, list[Effect]]:
    """Let one rater each rate several photos alike, low and then high, and see what that does."""
    assessor, subjects = load_subjects(paths)
    generator = np.random.default_rng(seed)
    effects: dict[Case, list[Effect]] = {}
    for count in (one for one in COUNTS if 1 < one < len(subjects)):
        order = generator.permutation(len(subjects))
        rated, others = [[subjects[n] for n in part] for part in (order[:count], order[count:])]
        effects[MANY, count] = [
            measure_effect(
                assessor,
                [example for subject in rated for example in make_ratings(subject, [rating])],
                [(subject, rating) for subject in rated],
                others,
            )
            for rating in (LOW_RATING, HIGH_RATING)
        ]
    return effects


def choose_photos(photos: Sequence[ProductRating], count: int, seed: int) -> list[ProductRating]:
    """Choose validation photos by chance, no two of one product."""
    candidates = [photo for photo in photos if photo.is_validation]
    order = np.random.default_rng(seed).permutation(len(candidates))
    of_products: dict[str, ProductRating] = {}
    for number in order:
        of_products.setdefault(candidates[number].group, candidates[number])
    return list(of_products.values())[:count]


def make_subject(assessor: Assessor, path: Path) -> Subject:
    """Observe, assess and encode a photo once."""
    observation = assessor.observe(Photo.open(path, max_side=ASSESSMENT_SIDE))
    assessment = assessor.assess_observation(observation, brief=True)
    assert assessment.score is not None
    example = assessor.encode(path, score=_MIDDLE, origin="simulated rater", name=str(path))
    confidence = np.nan if assessment.confidence is None else assessment.confidence
    return Subject(observation, example, assessment.score, confidence)


def choose_far_rating(score: float) -> float:
    """Return the rating, high or low, that lies farther from a score."""
    return LOW_RATING if score >= _MIDDLE else HIGH_RATING


def make_ratings(subject: Subject, ratings: Sequence[float]) -> list[Example]:
    """Make one example for each rater of a photo, as `Assessor.encode` does under a name for each."""
    names = [f"{subject.example.name} (rater {number})" for number in range(len(ratings))]
    return [
        replace(subject.example, name=name, group=name, score=rating)
        for name, rating in zip(names, ratings, strict=True)
    ]


def measure_effect(
    assessor: Assessor,
    examples: list[Example],
    rated: Sequence[tuple[Subject, float]],
    others: Sequence[Subject],
) -> Effect:
    """Add ratings, assess, and take them away again.

    Args:
        assessor: As it was before.
        examples: The ratings.
        rated: Photos that they are of, each with the mean rating it got.
        others: Photos that no one rated.
    """
    atlas = assessor.atlas
    assessor.add(examples)
    try:
        own = [(*_assess(assessor, subject), goal) for subject, goal in rated]
        shifts = [abs(_assess(assessor, subject)[0] - subject.score) for subject in others]
    finally:
        assessor.atlas = atlas
    return Effect(
        own_distances=np.array([abs(score - goal) for score, _, goal in own]),
        own_confidences=np.array(
            [[subject.confidence for subject, _ in rated], [confidence for _, confidence, _ in own]]
        ),
        other_shifts=np.array(shifts),
    )


def _assess(assessor: Assessor, subject: Subject) -> tuple[float, float]:
    """Return score and confidence of a photo as of now."""
    assessment = assessor.assess_observation(subject.observation, brief=True)
    assert assessment.score is not None
    return assessment.score, np.nan if assessment.confidence is None else assessment.confidence


def make_row(way: str, count: int, effects: Sequence[Effect]) -> Row:
    """Summarise what sets of ratings did to the photos rated and to others."""
    distances = np.concatenate([effect.own_distances for effect in effects])
    shifts = np.concatenate([effect.other_shifts for effect in effects])
    before, after = np.concatenate([effect.own_confidences for effect in effects], axis=1)
    return {
        "way": way,
        "ratings": count,
        "photos_rated": len(distances),
        "same_photo_mean_distance": round(float(distances.mean()), 2),
        "same_photo_largest_distance": round(float(distances.max()), 2),
        "others_assessed": len(shifts),
        "other_photo_mean_shift": round(float(shifts.mean()), 3),
        "other_photo_99th_percentile": round(float(np.percentile(shifts, 99)), 2),
        "other_photo_largest_shift": round(float(shifts.max()), 2),
        "confidence_before": round(float(before.mean()), 3),
        "confidence_after": round(float(after.mean()), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.photos, arguments.seed, arguments.workers)

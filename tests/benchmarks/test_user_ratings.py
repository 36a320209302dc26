import numpy as np

from benchmarks.assessment.user_ratings import (
    HIGH_RATING,
    LOW_RATING,
    Effect,
    Subject,
    choose_far_rating,
    choose_photos,
    make_ratings,
    make_row,
    measure_effect,
)
from packshot.assess.atlas import Example
from packshot.report import Assessment
from tests.benchmarks.test_product_ratings import make_rating


class FakeAssessor:
    """Scores each photo by the mean of all ratings that were added; 40 without any."""

    def __init__(self):
        self.atlas = ()

    def add(self, examples):
        self.atlas = (*self.atlas, *examples)

    def assess_observation(self, observation, *, brief):
        ratings = [example.score for example in self.atlas]
        score = float(np.mean(ratings)) if ratings else 40.0
        return Assessment(path=observation, status="ok", score=score, confidence=0.9)


def make_subject(name, score=40.0):
    example = Example(name, name, np.zeros(2), np.zeros(2), 50.0, "simulated rater")
    return Subject(name, example, score, 0.5)


def test_raters_have_a_name_each():
    first, second = make_ratings(make_subject("mug"), [5, 95])
    assert (first.name, first.group, first.score) == ("mug (rater 0)", "mug (rater 0)", 5)
    assert (second.name, second.score) == ("mug (rater 1)", 95)


def test_a_rating_is_far_from_the_score():
    assert [choose_far_rating(score) for score in (0, 49, 50, 100)] == [
        HIGH_RATING,
        HIGH_RATING,
        LOW_RATING,
        LOW_RATING,
    ]


def test_an_effect_is_measured_and_undone():
    assessor, mug, lamp = FakeAssessor(), make_subject("mug"), make_subject("lamp")
    effect = measure_effect(assessor, make_ratings(mug, [95, 85]), [(mug, 95.0)], [lamp])
    assert effect.own_distances.tolist() == [5]
    assert effect.own_confidences.tolist() == [[0.5], [0.9]]
    assert effect.other_shifts.tolist() == [50]
    assert assessor.atlas == ()


def test_a_row_tells_the_mean_and_the_worst():
    confidences = np.array([[0.5], [0.9]])
    effects = [
        Effect(np.array([2.0]), confidences, np.array([0.0, 1.0])),
        Effect(np.array([4.0]), confidences, np.array([3.0, 0.0])),
    ]
    row = make_row("a way", 3, effects)
    assert (row["same_photo_mean_distance"], row["same_photo_largest_distance"]) == (3, 4)
    assert (row["other_photo_mean_shift"], row["other_photo_largest_shift"]) == (1, 3)
    assert (row["photos_rated"], row["others_assessed"]) == (2, 4)
    assert (row["confidence_before"], row["confidence_after"]) == (0.5, 0.9)


def test_photos_are_chosen_by_the_seed_one_a_product():
    photos = [
        make_rating(f"photo-{number}", group=f"shop:{number // 2}", source="vendure")
        for number in range(60)
    ] + [make_rating("seen", group=name) for name in ("shop:a", "shop:b") if not is_validation(name)]
    chosen = choose_photos(photos, 6, seed=1)
    assert len({photo.group for photo in chosen}) == 6
    assert all(photo.is_validation for photo in chosen)
    assert chosen == choose_photos(photos, 6, seed=1) != choose_photos(photos, 6, seed=2)


def is_validation(group):
    return make_rating(group=group).is_validation

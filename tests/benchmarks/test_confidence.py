import numpy as np

from benchmarks.assessment.confidence import collect_confidences, iter_confidence_rows
from packshot.report import AspectScore, Assessment
from tests.benchmarks.test_product_ratings import make_rating


def test_fifths_in_the_order_of_what_is_said():
    confidences = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.9, 0.1, 0.5, 0.3, 0.7])
    errors = np.array([1, 50, 10, 11, 2, 30, 5, 50, 50, 3.0])
    *fifths, everything = iter_confidence_rows(confidences, errors)
    assert [row["said"] for row in fifths] == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert [row["holds"] for row in fifths] == [0.5, 0, 0.5, 1, 0.5]
    assert fifths[-1]["too_sure_by"] == 0.4
    assert (everything["photos"], everything["holds"]) == (10, 0.5)


def test_a_score_that_is_not_there_has_empty_rows():
    assessment = Assessment(path="a", status="ok", score=50, confidence=0.5)
    confidences, errors = collect_confidences([make_rating()], [assessment], "technical")
    assert [row["photos"] for row in iter_confidence_rows(confidences, errors)] == [0] * 6


def test_each_score_is_held_against_its_rating():
    rating = make_rating(overall=80, technical_1="30", technical_2="50")
    aspect = AspectScore(score=45, confidence=0.6)
    assessment = Assessment(path="a", status="ok", score=90, confidence=0.7, technical=aspect)
    found = {
        name: [values.tolist() for values in collect_confidences([rating], [assessment], name)]
        for name in ("score", "technical")
    }
    assert found == {"score": [[0.7], [10]], "technical": [[0.6], [5]]}

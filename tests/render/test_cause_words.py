import numpy as np
import pytest

from packshot.render.cause_words import (
    MAX_CAUSES,
    describe_aspects,
    iter_aspects,
    list_lost_points,
    round_together,
)
from packshot.report import AspectScore, Assessment, Cause, Finding, Status
from packshot.texts import LANGUAGES, load_texts


def make_assessment(score, *causes, **fields):
    records = tuple(Cause(code=code, points=points) for code, points in causes)
    return Assessment(path="a.jpg", status=Status.OK, score=score, causes=records, **fields)


@pytest.mark.parametrize("seed", range(20))
def test_rounded_points_and_score_make_a_hundred(seed):
    generator = np.random.default_rng(seed)
    parts = generator.dirichlet([1.0] * generator.integers(2, 12)) * 100
    score, *points = (float(part) for part in parts)
    assessment = make_assessment(score, *((f"own-{n}", lost) for n, lost in enumerate(points)))
    shown = list_lost_points(assessment, "en")
    assert round(score, 1) + sum(one.points for one in shown) == pytest.approx(100, abs=1e-6)
    for one, exact in zip(shown[: MAX_CAUSES - 1], points, strict=False):
        assert one.points == pytest.approx(exact, abs=0.1 + 1e-9)
        assert one.points == round(one.points, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_causes_that_are_too_many_are_told_together(language):
    points = [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 1.0]
    shown = list_lost_points(
        make_assessment(50, *((f"own-{n}", p) for n, p in enumerate(points))), language
    )
    assert [one.points for one in shown] == [10, 9, 8, 7, 6, 10]
    assert [one.number for one in shown] == [1, 2, 3, 4, 5, 6]
    assert shown[-1].code == ""
    assert shown[-1].title == load_texts(language).labels["other_causes"]


def test_as_many_causes_as_fit_are_told_each():
    shown = list_lost_points(make_assessment(40, *((f"own-{n}", 10.0) for n in range(MAX_CAUSES))), "en")
    assert [one.code for one in shown] == [f"own-{n}" for n in range(MAX_CAUSES)]


def test_what_says_nothing_of_this_photo_is_grey():
    shown = list_lost_points(make_assessment(50, ("rated-low", 30), ("blurred", 20)), "en")
    assert [one.tone for one in shown] == [0, 2]


def test_nothing_is_told_where_nothing_is_known():
    unreadable = Assessment(path="a.jpg", status=Status.UNREADABLE, error="empty")
    for assessment in (unreadable, make_assessment(40), make_assessment(100)):
        assert list_lost_points(assessment, "en") == ()
        assert describe_aspects(assessment, "en") == ""
        assert list(iter_aspects(assessment)) == []


def test_one_aspect_stands_alone():
    presentation = AspectScore(score=40.04, confidence=0.256)
    assessment = make_assessment(50, presentation=presentation)
    assert describe_aspects(assessment, "en") == "Presentation 40.0"
    assert describe_aspects(assessment, "zh", explain=True) == "画面呈现 40.0 (置信度 26 %)"


def test_parts_of_a_bar_fill_it():
    assert sum(round_together(12.3, [40.1, 30.3, 17.3], step=5)) == 100
    assert round_together(100, [], step=5) == (100,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_that_is_no_finding_is_told_as_a_chance(language):
    finding = Finding(code="tilted", severity="warning", reason="", remedy="")
    causes = (("tilted", 9.0), ("blurred", 5.0), (Cause.OWN_RATING, 6.0))
    shown = list_lost_points(make_assessment(80, *causes, findings=(finding,)), language)
    words = load_texts(language)
    chance = words.label("perhaps", title=words.title("blurred"))
    assert [one.title for one in shown] == [words.title("tilted"), chance, words.labels["own_rating"]]
    assert [one.tone for one in shown] == [1, 2, 0]

import pytest

from packshot.render.cause_bar import BAR_WIDTH, draw_cause_bar, mark_cause
from packshot.render.cause_words import MAX_CAUSES, LostPoints, list_lost_points
from packshot.report import Assessment, Cause, Grade


def draw(score, points, **options):
    causes = tuple(Cause(code=f"own-{n}", points=p) for n, p in enumerate(points))
    assessment = Assessment(path="a.jpg", status="ok", score=score, grade=Grade.POOR, causes=causes)
    return draw_cause_bar(assessment, list_lost_points(assessment, "en"), **options)


@pytest.mark.parametrize("score", [0.0, 2.0, 33.3, 61.7, 99.0])
def test_a_bar_is_as_long_whatever_the_score(score):
    lost = 100 - score
    bar = draw(score, [lost * 0.5, lost * 0.3, lost * 0.2])
    assert len(bar) == BAR_WIDTH
    assert bar.plain.count("█") == round(score / 100 * BAR_WIDTH)


def test_a_score_of_all_points_is_a_whole_bar():
    assert draw(100, []).plain == "█" * BAR_WIDTH


def test_a_bar_can_be_read_without_colours_and_without_blocks():
    assert draw(50, [30, 20], only_ascii=True).plain == "#########AAAAABBBB"


def test_every_cause_that_is_told_has_a_mark_of_its_own():
    marks = {mark_cause(LostPoints("x", "X", 1.0, n + 1)).plain for n in range(MAX_CAUSES)}
    assert len(marks) == MAX_CAUSES
    styles = {str(mark_cause(LostPoints("x", "X", 1.0, n + 1)).style) for n in range(MAX_CAUSES)}
    assert len(styles) == MAX_CAUSES

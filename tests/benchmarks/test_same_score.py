from benchmarks.assessment.same_score import compare, find_largest_difference
from packshot.report import AspectScore, Assessment


def make_assessment(score, path="a.jpg", **changes):
    return Assessment(path=path, status="ok", score=score, **changes)


def test_the_largest_difference_counts():
    base = [make_assessment(50), make_assessment(60)]
    row = compare("a way", base, [make_assessment(50.04), make_assessment(59.9)])
    assert row["largest_difference_score"] == 0.1
    assert row["largest_difference_technical"] == ""
    assert row["same_record"] == 0
    assert row["same_findings"] == 1


def test_a_file_may_be_named_otherwise():
    row = compare("a way", [make_assessment(50)], [make_assessment(50, "folder/a.jpg")])
    assert (row["same_record"], row["reached"]) == (1, True)


def test_a_score_that_one_way_lacks_is_no_small_difference():
    aspect = AspectScore(score=50, confidence=0.5)
    pair = make_assessment(50), make_assessment(50, technical=aspect)
    assert find_largest_difference([pair], "technical") == 100
    assert find_largest_difference([pair], "presentation") is None
    assert compare("a way", pair[:1], pair[1:])["reached"] is False

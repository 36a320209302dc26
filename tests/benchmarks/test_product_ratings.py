from pathlib import Path

import numpy as np
import pytest

from benchmarks.assessment.product_ratings import (
    Judged,
    cites_own_product,
    has_error,
    has_no_reason,
    has_nothing_to_say,
    is_sum_wrong,
    iter_agreement_rows,
    iter_contradiction_rows,
    iter_order_rows,
    lacks_actionable_cause,
    pair_with_ratings,
)
from benchmarks.support.product_ratings import (
    ProductRating,
    find_harmed_pairs,
    read_product_ratings,
)
from packshot.report import AspectScore, Assessment, Cause, Evidence, Finding
from packshot.train.datasets.product_ratings import is_held_out, parse_row

HEADER = (
    "file,group,harm,source,licence,split,"
    "overall_1,overall_2,technical_1,technical_2,presentation_1,presentation_2,faults_1,faults_2\n"
)


def make_rating(name="a", group="shop:1", harm="", source="shop", overall=80, **changes):
    row = {"file": f"{name}.jpg", "group": group, "harm": harm, "source": source}
    for score in ("overall", "technical", "presentation"):
        row |= {f"{score}_1": str(overall), f"{score}_2": str(overall)}
    made = parse_row(row | {"faults_1": "", "faults_2": ""} | changes, Path("folder"))
    return ProductRating(**vars(made))


def make_judged(score, rating=None, **changes):
    assessment = Assessment(path="a.jpg", status="ok", score=score, **changes)
    return Judged(rating or make_rating(), assessment)


def make_finding(code, severity="warning"):
    return Finding(code=code, severity=severity, reason="", remedy="")


def test_both_passes_count(tmp_path):
    (tmp_path / "rated").mkdir()
    line = "../a.jpg,shop:1,,shop,CC0,,85,94,80,90,10,20,blur tilted,tilted noise\n"
    (tmp_path / "rated" / "ratings.csv").write_text(HEADER + line)
    (photo,) = read_product_ratings(tmp_path)
    assert (photo.overall, photo.technical, photo.presentation) == (89.5, 85, 15)
    assert photo.named_by_both == {"tilted"}
    assert photo.named_by_any == {"blur", "tilted", "noise"}
    assert photo.path == tmp_path / "a.jpg"


def test_some_products_and_some_shops_are_held_out():
    held_out = [is_held_out(f"product:{number}", "shop") for number in range(1000)]
    assert 0.11 < np.mean(held_out) < 0.19
    assert all(is_held_out(f"product:{number}", "vendure") for number in range(10))
    assert make_rating(source="smartstore").is_of_shop_kept_apart


def test_an_original_is_found_by_its_name_or_as_the_only_one():
    photos = [
        make_rating("one"),
        make_rating("two"),
        make_rating("two_x", harm="jpeg"),
        make_rating("other", group="shop:2"),
        make_rating("r_s001_x", group="shop:2", harm="crop"),
        make_rating("three_x", harm="crop"),
        make_rating("alone_x", group="shop:3", harm="crop"),
    ]
    assert find_harmed_pairs(photos) == [(1, 2), (3, 4)]


def test_only_pairs_that_differ_enough_count():
    ratings = [
        make_rating("a", overall=80),
        make_rating("a_x", harm="crop", overall=40),
        make_rating("b", group="shop:2", overall=80),
        make_rating("b_x", group="shop:2", harm="crop", overall=71),
        make_rating("c", group="shop:3", overall=50),
        make_rating("c_x", group="shop:3", harm="small", overall=70),
    ]
    scores = (70, 60, 10, 90, 60, 50)
    judged = [make_judged(*pair) for pair in zip(scores, ratings, strict=True)]
    overall, technical, _ = iter_order_rows(judged)
    assert (overall["photos"], overall["value"]) == (2, 0.5)
    assert (technical["photos"], technical["value"]) == (0, "")


def test_aspects_that_are_missing_are_left_out():
    judged = [
        make_judged(50, make_rating(overall=value), technical=aspect)
        for value, aspect in ((10, None), (20, AspectScore(score=30, confidence=0.5)))
    ]
    scores, ratings = pair_with_ratings(judged, "technical")
    assert scores.tolist() == [30]
    assert ratings.tolist() == [20]
    assert len(pair_with_ratings(judged, "presentation")[0]) == 0


def test_agreement_of_each_part():
    judged = [
        make_judged(10 * n, make_rating(overall=5 * n, source=source, harm=harm))
        for n, source, harm in zip(
            range(8), ["shop"] * 4 + ["vendure"] * 4, ["", "", "", "crop"] * 2, strict=True
        )
    ]
    rows = [row for row in iter_agreement_rows(judged) if row["score"] == "score"]
    found = {(row["part"], row["figure"]): (row["photos"], row["value"]) for row in rows}
    assert found["all", "SROCC"] == (8, 1.0)
    assert found["unharmed", "PLCC"] == (6, 1.0)
    assert found["shops kept apart", "SROCC"] == (4, 1.0)
    assert found["own groups", "mean absolute error"] == (4, 7.5)


def test_causes_and_findings():
    cause = Cause(code="blurred", points=30)
    rest = Cause(code=Cause.RATED_LOW, points=20)
    said = make_judged(50, causes=(cause, rest), findings=(make_finding("blurred", "error"),))
    unsaid = make_judged(50, causes=(cause, rest))
    silent = make_judged(50)
    assert [lacks_actionable_cause(one) for one in (said, unsaid, silent)] == [False, True, True]
    assert [has_nothing_to_say(one) for one in (said, unsaid, silent)] == [False, False, True]
    assert [has_error(one) for one in (said, unsaid)] == [True, False]
    assert [is_sum_wrong(one) for one in (said, unsaid, silent)] == [False, False, True]
    assert has_no_reason(make_judged(50, causes=(rest,)))
    assert not has_no_reason(unsaid)


def test_contradictions_are_counted():
    judged = [
        make_judged(50, causes=(Cause(code=Cause.RATED_LOW, points=50),), grade="fair"),
        make_judged(70, grade="good"),
        make_judged(95, grade="excellent", findings=(make_finding("too-bright", "error"),)),
        make_judged(99, grade="excellent", findings=(make_finding("too-bright"),)),
        make_judged(None),
    ]
    found = {row["figure"]: (row["photos"], row["count"]) for row in iter_contradiction_rows(judged)}
    assert found["under 60 without a cause that is a finding"] == (1, 1)
    assert found["excellent with an error"] == (2, 1)
    assert found["under 75 with neither finding nor cause"] == (2, 1)
    assert found["under 75 with nothing but rated-low"] == (2, 2)


@pytest.mark.parametrize(
    ("group", "example", "expected"),
    [
        ("shop:1", "mug", True),
        ("rated:shop:1", "mug", True),
        ("rated:shop:11", "mug", False),
        ("product:a", "mug", True),
        ("product:b", "a jpeg 3", True),
        ("product:b", "b jpeg 3", False),
    ],
)
def test_a_photo_that_cites_itself_is_seen(group, example, expected):
    evidence = Evidence(
        example=example,
        group=group,
        origin="",
        score=50,
        kind=None,
        level=None,
        content_similarity=1,
        distortion_similarity=1,
        weight=1,
    )
    rating = make_rating("a_x", harm="crop")
    assert cites_own_product(make_judged(50, rating, evidence=(evidence,))) is expected

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalog.rank import Copy, rank
from packshot.catalog.rank.candidate import clearly_better
from packshot.errors import InvalidInput
from packshot.report import Status
from tests.catalog.rank.made import candidate, unreadable


def places(ranking):
    return [photo.path for photo in ranking.order if photo.rank]


def test_the_best_score_comes_first_and_takes_the_place_of_a_clearly_worse_one():
    ranking = rank("mug", [candidate("a", 40, present=True), candidate("b", 90)])
    assert places(ranking) == ["b", "a"]
    assert (ranking.best, ranking.present, ranking.swap) == ("b", "a", True)
    assert [photo.rank for photo in ranking.order] == [1, 2]
    assert "b in place of a" in ranking.reason
    assert ranking.order[0].reasons == ("scores 90 against 40",)


def test_scores_apart_by_less_than_their_uncertainty_are_tied_and_lead_to_no_swap():
    unsure = [candidate("a", 60, 0.5, present=True), candidate("b", 70, 0.5)]
    ranking = rank("mug", unsure)
    assert ranking.best == "b"
    assert not ranking.swap
    assert ranking.order[0].tied
    assert "may stay" in ranking.reason
    sure = [
        replace(one, assessment=one.assessment.model_copy(update={"confidence": 0.98})) for one in unsure
    ]
    assert rank("mug", sure).swap


def test_certainty_is_that_of_a_normal_error():
    one = candidate("a", 60, confidence=0.6826894921)
    assert one.certainty == pytest.approx(10.0)
    other = candidate("b", 60 - 1.001 * 10 * math.sqrt(2), confidence=0.6826894921)
    assert clearly_better(one, other)
    nearer = candidate("b", 60 - 0.999 * 10 * math.sqrt(2), confidence=0.6826894921)
    assert not clearly_better(one, nearer)


def test_what_fails_the_policy_never_stands_before_what_does_not():
    candidates = [
        candidate("fails", 99, verdict="fail", failures=("White background",), present=True),
        candidate("warns", 20, verdict="warn"),
        candidate("passes", 18, verdict="pass"),
    ]
    ranking = rank("mug", candidates, policy="amazon-main")
    assert places(ranking) == ["passes", "warns", "fails"]
    assert ranking.swap
    assert "meets amazon-main" in ranking.reason
    assert "White background" in ranking.reason
    assert "does not meet amazon-main (White background)" in ranking.order[2].reasons[0]


def test_where_all_fail_it_is_said_and_nothing_changes_without_a_clear_reason():
    alone = [candidate("a", 90, verdict="fail", failures=("Text",), present=True)]
    ranking = rank("mug", alone, policy="p")
    assert not ranking.swap
    assert "only photo, and does not meet p (Text)" in ranking.reason
    both = rank("mug", [*alone, candidate("b", 40, verdict="fail", failures=("Text",))], policy="p")
    assert "none will do" in both.reason


def test_among_tied_photos_the_more_pleasant_comes_first_and_among_others_not():
    tied = [candidate("a", 70, 0.5, pleasant=0.2), candidate("b", 65, 0.5, pleasant=0.9)]
    assert places(rank("mug", tied)) == ["b", "a"]
    apart = [candidate("a", 95, 0.9, pleasant=0.2), candidate("b", 30, 0.9, pleasant=0.9)]
    assert places(rank("mug", apart)) == ["a", "b"]


def test_of_copies_only_the_best_takes_a_place_by_direct_comparison_not_by_score():
    candidates = [
        candidate("soft", 85, merit=-4.0, present=True),
        candidate("original", 80, merit=2.0),
        candidate("other", 50),
    ]
    ranking = rank("mug", candidates, [Copy("soft", "original")])
    assert places(ranking) == ["original", "other"]
    copy = ranking.order[2]
    assert (copy.path, copy.rank, copy.duplicate_of) == ("soft", None, "original")
    assert ranking.swap
    assert "side by side" in ranking.reason


def test_a_copy_as_good_as_the_best_stays():
    candidates = [candidate("a", 80, merit=0.0, present=True), candidate("b", 80, merit=1.0)]
    assert not rank("mug", candidates, [Copy("a", "b")]).swap


def test_of_equal_copies_the_present_one_is_kept_then_the_larger():
    equal = [candidate("a", 80, merit=1.0), candidate("b", 80, merit=1.0, present=True)]
    assert rank("mug", equal, [Copy("a", "b")]).best == "b"
    sizes = [candidate("a", 80, merit=1.0), candidate("b", 80, merit=1.0, width=1600)]
    assert rank("mug", sizes, [Copy("a", "b")]).best == "b"


def test_a_copy_that_passes_goes_before_a_better_one_that_fails():
    candidates = [
        candidate("marked", 90, merit=3.0, verdict="fail"),
        candidate("plain", 60, merit=0.0, verdict="pass"),
    ]
    assert rank("mug", candidates, [Copy("marked", "plain")], policy="p").best == "plain"


def test_products_of_no_one_and_broken_photos_are_said_plainly():
    assert rank("mug", []).reason == "It has no photo."
    assert rank("mug", []).status is Status.UNREADABLE
    none = rank("mug", [unreadable("a", present=True), unreadable("b")])
    assert none.best is None
    assert none.error == "None of its photos can be read (2)."
    assert [photo.status for photo in none.order] == [Status.UNREADABLE] * 2
    single = rank("mug", [candidate("a", 50, present=True)])
    assert single.reason == "a is its only photo."
    broken = rank("mug", [unreadable("a", present=True), candidate("b", 20)])
    assert broken.swap
    assert "cannot be read: no photo" in broken.reason


def test_the_properties_that_differ_are_reasons():
    candidates = [candidate("a", 90, sharpness=95), candidate("b", 20, sharpness=30)]
    reasons = rank("mug", candidates, language="en").order[0].reasons
    assert any("Edge width" in reason for reason in reasons)
    assert rank("mug", candidates, language="zh").order[0].reasons != reasons


def test_bad_input_raises():
    with pytest.raises(InvalidInput, match="twice"):
        rank("mug", [candidate("a", 1), candidate("a", 2)])
    with pytest.raises(InvalidInput, match="more than one"):
        rank("mug", [candidate("a", 1, present=True), candidate("b", 2, present=True)])
    with pytest.raises(InvalidInput, match="fr"):
        rank("mug", [candidate("a", 1)], language="fr")


@st.composite
def some_candidates(draw):
    count = draw(st.integers(1, 7))
    present = draw(st.integers(-1, count - 1))
    return [
        candidate(
            f"photo-{number}",
            draw(st.integers(0, 100)),
            draw(st.floats(0, 1)),
            verdict=draw(st.sampled_from(["pass", "warn", "manual", "fail"])),
            pleasant=draw(st.floats(0, 1)),
            merit=draw(st.floats(-9, 9)),
            present=number == present,
        )
        for number in range(count)
    ]


@given(some_candidates(), st.data())
def test_the_order_of_input_does_not_matter(candidates, data):
    pairs = [(a.path, b.path) for a in candidates for b in candidates if a.path < b.path]
    links = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    copies = [Copy(*pair) for pair in links]
    expected = rank("mug", candidates, copies, policy="p")
    shuffled = data.draw(st.permutations(candidates))
    turned = [Copy(copy.second, copy.first) for copy in data.draw(st.permutations(copies))]
    assert rank("mug", shuffled, turned, policy="p") == expected
    assert sorted(photo.path for photo in expected.order) == sorted(one.path for one in candidates)


@given(some_candidates())
def test_no_failing_photo_stands_before_another_and_places_are_without_gaps(candidates):
    ranking = rank("mug", candidates, policy="p")
    failing = [photo.verdict == "fail" for photo in ranking.order]
    assert failing == sorted(failing)
    assert [photo.rank for photo in ranking.order] == list(range(1, len(candidates) + 1))


@given(some_candidates(), st.data())
def test_adding_a_copy_changes_no_place(candidates, data):
    before = rank("mug", candidates, policy="p")
    copied = data.draw(st.sampled_from(candidates))
    assessment = copied.assessment.model_copy(update={"path": "zz-copy"})
    twin = replace(copied, assessment=assessment, present=False)
    after = rank("mug", [*candidates, twin], [Copy(copied.path, "zz-copy")], policy="p")
    assert places(after) == places(before)
    assert (after.best, after.swap) == (before.best, before.swap)
    assert after.order[len(candidates)].duplicate_of == copied.path


@given(some_candidates(), st.data())
def test_without_ties_leaving_a_photo_out_keeps_the_order_of_the_others(candidates, data):
    sure = [
        replace(one, assessment=one.assessment.model_copy(update={"score": 14.0 * n, "confidence": 1.0}))
        for n, one in enumerate(candidates)
    ]
    left_out = data.draw(st.sampled_from(sure))
    remaining = [one for one in sure if one is not left_out]
    expected = [path for path in places(rank("mug", sure, policy="p")) if path != left_out.path]
    assert places(rank("mug", remaining, policy="p")) == expected


@pytest.mark.parametrize(("language", "word"), [("en", "gaps"), ("zh", "缺口")])
def test_a_copy_whose_tones_were_changed_is_told_so(language, word):
    photos = [
        candidate("a", 80, merit=3.0, combed=0.02),
        candidate("b", 80, merit=0.0, combed=0.4, present=True),
        candidate("c", 80, merit=-1.0, combed=0.03),
    ]
    links = [Copy("a", "b"), Copy("a", "c"), Copy("b", "c")]
    ranking = rank("mug", photos, links, language=language)
    told = {photo.path: " ".join(photo.reasons) for photo in ranking.order}
    assert (ranking.best, ranking.swap) == ("a", True)
    assert word in told["b"]
    assert word not in told["a"] + told["c"]
    assert word in ranking.reason

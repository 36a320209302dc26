import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalog.rank import CopyPair, rank_candidates
from packshot.catalog.rank.candidate import is_clearly_better
from packshot.errors import InvalidInput
from packshot.report import Status
from tests.catalog.rank.builders import make_candidate, make_unreadable_candidate


def get_places(ranking):
    return [photo.path for photo in ranking.order if photo.rank]


def test_the_best_score_comes_first_and_takes_the_place_of_a_clearly_worse_one():
    ranking = rank_candidates("mug", [make_candidate("a", 40, is_current=True), make_candidate("b", 90)])
    assert get_places(ranking) == ["b", "a"]
    assert (ranking.best, ranking.current, ranking.swap) == ("b", "a", True)
    assert [photo.rank for photo in ranking.order] == [1, 2]
    assert "b in place of a" in ranking.reason
    assert ranking.order[0].reasons == ("scores 90 against 40",)


def test_scores_apart_by_less_than_their_uncertainty_are_tied_and_lead_to_no_swap():
    unsure = [make_candidate("a", 60, 0.5, is_current=True), make_candidate("b", 70, 0.5)]
    ranking = rank_candidates("mug", unsure)
    assert ranking.best == "b"
    assert not ranking.swap
    assert ranking.order[0].tied
    assert "can stay" in ranking.reason
    confident = [
        replace(one, assessment=one.assessment.model_copy(update={"confidence": 0.98})) for one in unsure
    ]
    assert rank_candidates("mug", confident).swap


def test_certainty_is_that_of_a_normal_error():
    one = make_candidate("a", 60, confidence=0.6826894921)
    assert one.score_margin == pytest.approx(10.0)
    other = make_candidate("b", 60 - 1.001 * 10 * math.sqrt(2), confidence=0.6826894921)
    assert is_clearly_better(one, other)
    nearer = make_candidate("b", 60 - 0.999 * 10 * math.sqrt(2), confidence=0.6826894921)
    assert not is_clearly_better(one, nearer)


def test_what_fails_the_policy_never_stands_before_what_does_not():
    candidates = [
        make_candidate("fails", 99, decision="fail", failures=("White background",), is_current=True),
        make_candidate("warns", 20, decision="warn"),
        make_candidate("passes", 18, decision="pass"),
    ]
    ranking = rank_candidates("mug", candidates, policy="amazon-main")
    assert get_places(ranking) == ["passes", "warns", "fails"]
    assert ranking.swap
    assert "meets amazon-main" in ranking.reason
    assert "White background" in ranking.reason
    assert "does not meet amazon-main (White background)" in ranking.order[2].reasons[0]


def test_where_all_fail_it_is_said_and_nothing_changes_without_a_clear_reason():
    single = [make_candidate("a", 90, decision="fail", failures=("Text",), is_current=True)]
    ranking = rank_candidates("mug", single, policy="p")
    assert not ranking.swap
    assert "only photo, and does not meet p (Text)" in ranking.reason
    both = rank_candidates(
        "mug", [*single, make_candidate("b", 40, decision="fail", failures=("Text",))], policy="p"
    )
    assert "none passes" in both.reason


def test_among_tied_photos_the_more_pleasant_comes_first_and_among_others_not():
    tied = [
        make_candidate("a", 70, 0.5, pleasantness=0.2),
        make_candidate("b", 65, 0.5, pleasantness=0.9),
    ]
    assert get_places(rank_candidates("mug", tied)) == ["b", "a"]
    apart = [
        make_candidate("a", 95, 0.9, pleasantness=0.2),
        make_candidate("b", 30, 0.9, pleasantness=0.9),
    ]
    assert get_places(rank_candidates("mug", apart)) == ["a", "b"]


def test_of_copies_only_the_best_takes_a_place_by_direct_comparison_not_by_score():
    candidates = [
        make_candidate("soft", 85, log_odds=-4.0, is_current=True),
        make_candidate("original", 80, log_odds=2.0),
        make_candidate("other", 50),
    ]
    ranking = rank_candidates("mug", candidates, [CopyPair("soft", "original")])
    assert get_places(ranking) == ["original", "other"]
    copy = ranking.order[2]
    assert (copy.path, copy.rank, copy.duplicate_of) == ("soft", None, "original")
    assert ranking.swap
    assert "side by side" in ranking.reason


def test_a_copy_as_good_as_the_best_stays():
    candidates = [
        make_candidate("a", 80, log_odds=0.0, is_current=True),
        make_candidate("b", 80, log_odds=1.0),
    ]
    assert not rank_candidates("mug", candidates, [CopyPair("a", "b")]).swap


def test_of_equal_copies_the_present_one_is_kept_then_the_larger():
    equal = [
        make_candidate("a", 80, log_odds=1.0),
        make_candidate("b", 80, log_odds=1.0, is_current=True),
    ]
    assert rank_candidates("mug", equal, [CopyPair("a", "b")]).best == "b"
    sizes = [make_candidate("a", 80, log_odds=1.0), make_candidate("b", 80, log_odds=1.0, width=1600)]
    assert rank_candidates("mug", sizes, [CopyPair("a", "b")]).best == "b"


def test_a_copy_that_passes_goes_before_a_better_one_that_fails():
    candidates = [
        make_candidate("marked", 90, log_odds=3.0, decision="fail"),
        make_candidate("plain", 60, log_odds=0.0, decision="pass"),
    ]
    assert rank_candidates("mug", candidates, [CopyPair("marked", "plain")], policy="p").best == "plain"


def test_products_of_no_one_and_broken_photos_are_said_plainly():
    assert rank_candidates("mug", []).reason == "It has no photo."
    assert rank_candidates("mug", []).status is Status.UNREADABLE
    none = rank_candidates(
        "mug", [make_unreadable_candidate("a", is_current=True), make_unreadable_candidate("b")]
    )
    assert none.best is None
    assert none.error == "None of its photos can be read (2)."
    assert [photo.status for photo in none.order] == [Status.UNREADABLE] * 2
    single = rank_candidates("mug", [make_candidate("a", 50, is_current=True)])
    assert single.reason == "a is its only photo."
    with_unreadable = rank_candidates(
        "mug", [make_unreadable_candidate("a", is_current=True), make_candidate("b", 20)]
    )
    assert with_unreadable.swap
    assert "cannot be read: no photo" in with_unreadable.reason


def test_the_properties_that_differ_are_reasons():
    candidates = [make_candidate("a", 90, sharpness=95), make_candidate("b", 20, sharpness=30)]
    reasons = rank_candidates("mug", candidates, language="en").order[0].reasons
    assert any("Edge width" in reason for reason in reasons)
    assert rank_candidates("mug", candidates, language="zh").order[0].reasons != reasons


def test_bad_input_raises():
    with pytest.raises(InvalidInput, match="twice"):
        rank_candidates("mug", [make_candidate("a", 1), make_candidate("a", 2)])
    with pytest.raises(InvalidInput, match="more than one"):
        rank_candidates(
            "mug", [make_candidate("a", 1, is_current=True), make_candidate("b", 2, is_current=True)]
        )
    with pytest.raises(InvalidInput, match="fr"):
        rank_candidates("mug", [make_candidate("a", 1)], language="fr")


@st.composite
def candidate_lists(draw):
    count = draw(st.integers(1, 7))
    current_number = draw(st.integers(-1, count - 1))
    return [
        make_candidate(
            f"photo-{number}",
            draw(st.integers(0, 100)),
            draw(st.floats(0, 1)),
            decision=draw(st.sampled_from(["pass", "warn", "manual", "fail"])),
            pleasantness=draw(st.floats(0, 1)),
            log_odds=draw(st.floats(-9, 9)),
            is_current=number == current_number,
        )
        for number in range(count)
    ]


@given(candidate_lists(), st.data())
def test_the_order_of_input_does_not_matter(candidates, data):
    pairs = [(a.path, b.path) for a in candidates for b in candidates if a.path < b.path]
    links = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    copies = [CopyPair(*pair) for pair in links]
    expected = rank_candidates("mug", candidates, copies, policy="p")
    shuffled = data.draw(st.permutations(candidates))
    turned = [CopyPair(copy.second, copy.first) for copy in data.draw(st.permutations(copies))]
    assert rank_candidates("mug", shuffled, turned, policy="p") == expected
    assert sorted(photo.path for photo in expected.order) == sorted(one.path for one in candidates)


@given(candidate_lists())
def test_no_failing_photo_stands_before_another_and_places_are_without_gaps(candidates):
    ranking = rank_candidates("mug", candidates, policy="p")
    failing = [photo.decision == "fail" for photo in ranking.order]
    assert failing == sorted(failing)
    assert [photo.rank for photo in ranking.order] == list(range(1, len(candidates) + 1))


@given(candidate_lists(), st.data())
def test_adding_a_copy_changes_no_place(candidates, data):
    before = rank_candidates("mug", candidates, policy="p")
    copied = data.draw(st.sampled_from(candidates))
    assessment = copied.assessment.model_copy(update={"path": "zz-copy"})
    twin = replace(copied, assessment=assessment, is_current=False)
    after = rank_candidates("mug", [*candidates, twin], [CopyPair(copied.path, "zz-copy")], policy="p")
    assert get_places(after) == get_places(before)
    assert (after.best, after.swap) == (before.best, before.swap)
    assert after.order[len(candidates)].duplicate_of == copied.path


@given(candidate_lists(), st.data())
def test_without_ties_leaving_a_photo_out_keeps_the_order_of_the_others(candidates, data):
    confident = [
        replace(one, assessment=one.assessment.model_copy(update={"score": 14.0 * n, "confidence": 1.0}))
        for n, one in enumerate(candidates)
    ]
    left_out = data.draw(st.sampled_from(confident))
    remaining = [one for one in confident if one is not left_out]
    expected = [
        path
        for path in get_places(rank_candidates("mug", confident, policy="p"))
        if path != left_out.path
    ]
    assert get_places(rank_candidates("mug", remaining, policy="p")) == expected


@pytest.mark.parametrize(("language", "word"), [("en", "gaps"), ("zh", "缺口")])
def test_a_copy_whose_tones_were_changed_is_told_so(language, word):
    photos = [
        make_candidate("a", 80, log_odds=3.0, histogram_unevenness=0.02),
        make_candidate("b", 80, log_odds=0.0, histogram_unevenness=0.4, is_current=True),
        make_candidate("c", 80, log_odds=-1.0, histogram_unevenness=0.03),
    ]
    links = [CopyPair("a", "b"), CopyPair("a", "c"), CopyPair("b", "c")]
    ranking = rank_candidates("mug", photos, links, language=language)
    reasons_by_path = {photo.path: " ".join(photo.reasons) for photo in ranking.order}
    assert (ranking.best, ranking.swap) == ("a", True)
    assert word in reasons_by_path["b"]
    assert word not in reasons_by_path["a"] + reasons_by_path["c"]
    assert word in ranking.reason

import pytest

from packshot.render.enhancement_words import (
    advice,
    changes,
    gain,
    headings_of_trials,
    in_words,
    reason_alone,
    remedies,
)
from packshot.report import Action
from tests.render.enhanced import REMEDIES, TRACE, assessed, enhanced, left, unreadable


def codes(findings):
    return [found.code for found in findings]


def test_findings_go_away_stay_and_come():
    found = changes(enhanced("a.png", "b.png"))
    assert codes(found.gone) == ["colour-cast"]
    assert codes(found.remaining) == ["blurred", "location-data"]
    assert found.new == {"location-data"}


def test_nothing_goes_away_where_nothing_was_changed():
    found = changes(left("a.png", codes=("blurred",)))
    assert (found.gone, codes(found.remaining), found.new) == ((), ["blurred"], frozenset())
    assert changes(unreadable("a.png")).remaining == ()


@pytest.mark.parametrize(("before", "after", "won"), [(40.04, 61.16, 21.2), (50, 49.96, 0), (7, 6, -1)])
def test_gain_agrees_with_the_scores_as_shown(before, after, won):
    photo = enhanced("a.png", "b.png", before, after)
    assert gain(photo) == won == round(float(f"{after:.1f}") - float(f"{before:.1f}"), 1)


def test_gain_of_an_unknown_score_is_none_at_all():
    assert gain(unreadable("a.png")) == 0


def test_a_trial_in_words():
    row = dict(zip(headings_of_trials("en"), in_words(TRACE[0], "en"), strict=True))
    assert row == {
        "Round": "1",
        "Step": "white balance",
        "Why": "White and grey are tinted",
        "Score then": "61.2",
        "Colour drift (ΔE)": "0.41",
        "Structure": "0.993",
        "Verdict": "Kept",
    }


def test_a_trial_that_was_not_assessed_in_part_and_by_nothing_called_for():
    _, step, why, score, drift, structure, verdict = in_words(TRACE[1], "en")
    assert (step, why) == ("sharpening, 50 % of it", "worth a try")
    assert (score, drift, structure) == ("–", "–", "0.700")
    assert verdict.startswith("Refused")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_has_no_text_is_called_by_its_name(language):
    update = {"step": "polish", "called_for_by": ("dusty",), "verdict": "too-slow"}
    row = in_words(TRACE[0].model_copy(update=update), language)
    assert (row[1], row[2], row[6]) == ("polish", "dusty", "too-slow")


def test_only_grave_findings_ask_for_another_photo():
    photo = left("a.png", Action.RESHOOT, codes=("blurred", "location-data"))
    assert codes(advice(photo)) == ["blurred"]
    assert remedies(photo, "en") == [REMEDIES["blurred"]]
    assert advice(left("a.png", codes=("blurred",))) == ()
    assert remedies(left("a.png", codes=("blurred",)), "en") == []


def test_without_findings_the_likeliest_damage_says_how_to_take_it_again():
    before = assessed("a.png", 10, (), kinds=("motion-blur",))
    (remedy,) = remedies(left("a.png", Action.RESHOOT, before=before), "en")
    assert "motion blur" in remedy
    assert "tripod" in remedy


def test_a_reason_does_not_repeat_the_advice():
    reason = f"Take it again. {REMEDIES['blurred']} {REMEDIES['off-centre']} Thanks."
    photo = left("a.png", Action.RESHOOT, codes=("blurred", "off-centre"), reason=reason)
    assert reason_alone(photo) == "Take it again. Thanks."
    kept = left("a.png", codes=("blurred",), reason=reason)
    assert reason_alone(kept) == reason
    assert reason_alone(unreadable("a.png")) == ""

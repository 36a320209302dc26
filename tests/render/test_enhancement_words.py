import pytest

from packshot.render.enhancement_words import (
    build_trial_headings,
    collect_remedies,
    compare_findings,
    compute_gain,
    format_trial,
    select_advice,
    strip_remedies,
)
from packshot.report import Action
from tests.render.enhancement_records import (
    REMEDIES,
    TRACE,
    make_assessment,
    make_enhancement,
    make_unchanged_enhancement,
    make_unreadable_enhancement,
)


def get_codes(findings):
    return [finding.code for finding in findings]


def test_findings_go_away_stay_and_come():
    finding_changes = compare_findings(make_enhancement("a.png", "b.png"))
    assert get_codes(finding_changes.resolved) == ["colour-cast"]
    assert get_codes(finding_changes.remaining) == ["blurred", "location-data"]
    assert finding_changes.new == {"location-data"}


def test_nothing_goes_away_where_nothing_was_changed():
    finding_changes = compare_findings(make_unchanged_enhancement("a.png", codes=("blurred",)))
    assert (finding_changes.resolved, get_codes(finding_changes.remaining), finding_changes.new) == (
        (),
        ["blurred"],
        frozenset(),
    )
    assert compare_findings(make_unreadable_enhancement("a.png")).remaining == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(40.04, 61.16, 21.2), (50, 49.96, 0), (7, 6, -1)]
)
def test_gain_agrees_with_the_scores_as_shown(before, after, expected):
    photo = make_enhancement("a.png", "b.png", before, after)
    assert compute_gain(photo) == expected == round(float(f"{after:.1f}") - float(f"{before:.1f}"), 1)


def test_gain_of_an_unknown_score_is_none_at_all():
    assert compute_gain(make_unreadable_enhancement("a.png")) == 0


def test_a_trial_in_words():
    row = dict(zip(build_trial_headings("en"), format_trial(TRACE[0], "en"), strict=True))
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
    _, step, why, score, drift, structure, verdict = format_trial(TRACE[1], "en")
    assert (step, why) == ("sharpening at 50 % strength", "worth a try")
    assert (score, drift, structure) == ("–", "–", "0.700")
    assert verdict.startswith("Rejected")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_has_no_text_is_called_by_its_name(language):
    update = {"step": "polish", "called_for_by": ("dusty",), "outcome": "too-slow"}
    row = format_trial(TRACE[0].model_copy(update=update), language)
    assert (row[1], row[2], row[6]) == ("polish", "dusty", "too-slow")


def test_only_grave_findings_ask_for_another_photo():
    photo = make_unchanged_enhancement("a.png", Action.RESHOOT, codes=("blurred", "location-data"))
    assert get_codes(select_advice(photo)) == ["blurred"]
    assert collect_remedies(photo, "en") == [REMEDIES["blurred"]]
    assert select_advice(make_unchanged_enhancement("a.png", codes=("blurred",))) == ()
    assert collect_remedies(make_unchanged_enhancement("a.png", codes=("blurred",)), "en") == []


def test_without_findings_the_likeliest_damage_says_how_to_take_it_again():
    before = make_assessment("a.png", 10, (), kinds=("motion-blur",))
    (remedy,) = collect_remedies(
        make_unchanged_enhancement("a.png", Action.RESHOOT, before=before), "en"
    )
    assert "motion blur" in remedy
    assert "tripod" in remedy


def test_a_reason_does_not_repeat_the_advice():
    reason = f"Take it again. {REMEDIES['blurred']} {REMEDIES['off-centre']} Thanks."
    photo = make_unchanged_enhancement(
        "a.png", Action.RESHOOT, codes=("blurred", "off-centre"), reason=reason
    )
    assert strip_remedies(photo) == "Take it again. Thanks."
    unchanged = make_unchanged_enhancement("a.png", codes=("blurred",), reason=reason)
    assert strip_remedies(unchanged) == reason
    assert strip_remedies(make_unreadable_enhancement("a.png")) == ""

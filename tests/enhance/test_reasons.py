"""Reasons: true words about what was done and what was not."""

import pytest

from packshot.enhance.loop import LoopOptions
from packshot.enhance.reasons import explain_refusals, explain_unchanged, list_losses
from packshot.photo import Photo
from packshot.report import Assessment, Trial
from packshot.texts import LANGUAGES, load_texts
from tests.conftest import ROOT

CAST = {"code": "colour-cast", "severity": "warning", "reason": "Warm.", "remedy": "Set it."}
NOISE = {"code": "noisy", "severity": "warning", "reason": "Grain.", "remedy": "More light."}
BLUR = {"code": "blurred", "severity": "error", "reason": "Blurred.", "remedy": "Focus."}


def make_photo(score, *findings):
    return Assessment(path="mug.jpg", status="ok", score=score, findings=findings)


def make_trial(step, outcome, number=1, parts=()):
    return Trial(
        round=number,
        step=step,
        called_for_by=(),
        score=None,
        kept=outcome == "kept",
        outcome=outcome,
        parts=parts,
    )


@pytest.fixture(params=LANGUAGES)
def words(request):
    return load_texts(request.param)


def test_a_good_photo_with_a_finding_is_not_said_to_lack_one(words):
    reason = explain_unchanged(make_photo(87, CAST), (), LoopOptions(), words)
    assert words.label("reason_nothing_to_do") not in reason
    assert "87" in reason
    assert "--target 100" in reason
    assert words.title("colour-cast") in reason


def test_a_good_photo_without_one_says_only_that(words):
    reason = explain_unchanged(make_photo(87), (), LoopOptions(), words)
    assert reason == words.label("reason_good", value="87", limit="85")


def test_a_target_that_is_reached_is_named(words):
    reason = explain_unchanged(make_photo(82, CAST), (), LoopOptions(target_score=80), words)
    assert reason == words.label("reason_target_reached", value="82", limit="80")


def test_nothing_to_do_is_said_where_no_finding_calls_for_a_step(words):
    reason = explain_unchanged(make_photo(70), (), LoopOptions(), words)
    assert reason == words.label("reason_nothing_to_do")


def test_a_finding_that_only_steps_on_request_mend_calls_for_none(words):
    soft = BLUR | {"severity": "warning"}
    reason = explain_unchanged(make_photo(70, soft), (), LoopOptions(), words)
    assert reason == words.label("reason_nothing_to_do")


def test_steps_that_abstained_are_named(words):
    reason = explain_unchanged(make_photo(70, CAST), (), LoopOptions(), words)
    assert words.step("white-balance") in reason
    assert words.label("step_abstained") in reason


@pytest.mark.parametrize("outcome", ["no-gain", "structure", "halo", "new-finding", "changed-print"])
def test_each_refusal_has_its_reason(words, outcome):
    trace = (make_trial("denoise", outcome), make_trial("white-balance", "no-gain", 2))
    (sentence,) = explain_refusals(make_photo(30, CAST, NOISE), trace, LoopOptions(), words)
    assert words.step("denoise") in sentence
    assert words.outcomes[outcome][1:] in sentence
    assert words.step("remove-impulses") in sentence
    assert words.step("white-balance") in sentence


def test_steps_that_were_kept_are_not_called_refused(words):
    trace = (make_trial("denoise", "kept"), make_trial("denoise", "no-gain", 2))
    sentences = explain_refusals(make_photo(30, CAST), trace, LoopOptions(), words)
    assert words.step("denoise") not in " ".join(sentences)


def test_parts_of_a_combination_are_named(words):
    trace = (make_trial("repairs-together", "structure", parts=("denoise", "expose")),)
    (sentence,) = explain_refusals(make_photo(30), trace, LoopOptions(), words)
    assert words.step("denoise") in sentence
    assert words.step("expose") in sentence


def test_a_blurred_photo_says_that_nothing_was_tried(words):
    sentences = explain_refusals(make_photo(20, BLUR), (), LoopOptions(), words)
    assert sentences == [words.label("reason_too_blurred")]


def test_losses_are_none_where_nothing_is_lost():
    facts = Photo.open(ROOT / "examples" / "photos" / "mug.jpg").facts
    assert list_losses(facts, facts, has_credentials=False) == []
    wide = facts.model_copy(update={"other_colours": True, "bit_depth": 10})
    assert list_losses(wide, facts, has_credentials=False) == ["fewer_bits", "srgb_colours"]
    one_bit = facts.model_copy(update={"bit_depth": 1})
    assert list_losses(one_bit, facts, has_credentials=False) == []

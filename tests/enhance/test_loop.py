"""The loop's decisions, with an assessor whose answers are given; the real one is in test_enhancer."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from packshot.enhance import loop
from packshot.enhance.candidates import Candidate, planners
from packshot.enhance.loop import Kept, LoopOptions, apply, improve
from packshot.enhance.step import Intent, Step
from packshot.enhance.together import plan_together
from packshot.photo import Photo
from packshot.report import Assessment, Finding, Severity, Status
from tests.conftest import make_packshot, make_picture

TONE = frozenset({Intent.TONE})


def found(code, severity=Severity.WARNING):
    return Finding(code=code, severity=severity, reason="", remedy="")


@dataclass
class Judge:
    """Scores a photo by its mean; finds what it is told to find from a brightness on."""

    faults: dict = field(default_factory=dict)
    more: float = 0
    asked: int = 0

    def assess_photo(self, photo):
        self.asked += 1
        mean = float(photo.pixels.mean())
        codes = [fault for fault, applies in self.faults.items() if applies(mean)]
        findings = tuple(found(code) for code in codes)
        return Assessment(path="x", status=Status.OK, score=mean / 2.55 + self.more, findings=findings)


def lighter(pixels, by):
    return np.clip(pixels.astype(int) + by, 0, 255).astype(np.uint8)


def step(by, name, intents=TONE):
    return lambda pixels: Step(name, intents, by, "", partial(lighter, by=by))


@pytest.fixture
def offer(monkeypatch):
    def offered(*candidates):
        monkeypatch.setattr(loop, "_candidates", lambda assessment, available: list(candidates))

    return offered


@pytest.fixture
def photo():
    return Photo.from_pixels(np.clip(make_picture(200, 300), 20, 150))


def called(name, plan):
    return Candidate(name, plan, ("too-dark",))


def test_what_raises_the_score_is_kept_and_assessed_once(offer, photo):
    offer(called("expose", step(20, "expose")))
    judge = Judge()
    result = improve(judge, photo, LoopOptions())
    assert [one.candidate.name for one in result.kept] == ["expose", "expose"]
    assert [trial.amount for trial in result.trace] == [1, 1]
    assert judge.asked == 1 + len(result.trace)
    assert np.array_equal(result.pixels, apply(photo.pixels, result.kept))
    assert result.after.score > result.before.score


def test_the_network_may_be_taken_twice(offer, photo):
    offer(called("network", step(10, "network")))
    result = improve(Judge(), photo, LoopOptions())
    assert [one.candidate.name for one in result.kept] == ["network", "network"]


def test_the_fairer_a_photo_the_more_it_must_win_to_be_changed():
    options = LoopOptions(least_gain_in_all=2, least_gain_in_all_fair=8)
    assert [options.needed_in_all(score) for score in (0, 20, 35, 50, 100)] == [2, 2, 5, 8, 8]


def test_what_lowers_the_score_is_not_kept(offer, photo):
    offer(called("expose", step(-10, "expose")))
    result = improve(Judge(), photo, LoopOptions())
    assert result.kept == ()
    assert result.after is result.before
    assert np.array_equal(result.pixels, photo.pixels)
    assert {trial.verdict for trial in result.trace} == {"no-gain"}
    assert not any(trial.kept for trial in result.trace)


def test_a_step_nobody_called_for_must_bring_more(offer, photo):
    plan = step(4, "expose")  # about 1.6 points
    offer(Candidate("expose", plan))
    good = partial(Judge, more=30)
    assert improve(good(), photo, LoopOptions()).kept == ()
    assert improve(Judge(), photo, LoopOptions()).kept != ()
    offer(called("expose", plan))
    assert improve(good(), photo, LoopOptions()).kept != ()


def test_a_step_that_brings_a_new_fault_is_refused(offer, photo):
    offer(called("expose", step(20, "expose")))
    before = float(photo.pixels.mean())
    judge = Judge({"too-bright": lambda mean: mean > before + 5})
    result = improve(judge, photo, LoopOptions())
    assert result.trace[0].verdict == "new-finding"
    assert result.kept == ()


def test_a_fault_may_take_the_place_of_another(offer, photo):
    offer(called("expose", step(20, "expose")))
    before = float(photo.pixels.mean())
    judge = Judge(
        {"too-bright": lambda mean: mean > before + 5, "too-dark": lambda mean: mean < before + 5}
    )
    assert improve(judge, photo, LoopOptions()).trace[0].verdict == "kept"


def test_a_step_that_harms_the_product_is_refused_without_an_assessment(offer):
    def recolour(pixels):
        return np.ascontiguousarray(pixels[..., ::-1])

    photo, judge = Photo.from_pixels(make_packshot()), Judge()
    offer(called("denoise", lambda pixels: Step("denoise", TONE, 1, "", recolour)))
    result = improve(judge, photo, LoopOptions())
    assert {trial.verdict for trial in result.trace} == {"colour-drift"}
    assert {trial.score for trial in result.trace} == {None}
    assert judge.asked == 1


def test_drift_adds_up_over_steps(offer):
    def tinted(pixels):
        changed = pixels.astype(int)
        changed[pixels.min(axis=2) < 240] += (5, 0, 0)
        return np.clip(changed, 0, 255).astype(np.uint8)

    photo = Photo.from_pixels(make_packshot())
    offer(called("denoise", lambda pixels: Step("denoise", frozenset({Intent.DETAIL}), 1, "", tinted)))
    result = improve(Judge(), photo, LoopOptions(least_gain=0.1))
    assert [trial.verdict for trial in result.trace][:2] == ["kept", "colour-drift"]
    drifts = [trial.colour_drift for trial in result.trace]
    assert drifts[1] > 1.5 * drifts[0]


def test_a_step_without_effect_costs_no_assessment(offer, photo):
    judge = Judge()
    offer(called("expose", step(0, "expose")))
    result = improve(judge, photo, LoopOptions())
    assert {trial.verdict for trial in result.trace} == {"no-effect"}
    assert judge.asked == 1


def test_rounds_and_target_end_it(offer, photo):
    offer(*(called(name, step(9, name)) for name in ("deblock", "denoise", "expose", "sharpen")))
    assert len(improve(Judge(), photo, LoopOptions(rounds=2)).trace) == 2
    start = float(photo.pixels.mean()) / 2.55
    reached = improve(Judge(), photo, LoopOptions(target=start + 1))
    assert len(reached.trace) == 1
    assert improve(Judge(), photo, LoopOptions(target=start - 1)).trace == ()


def test_steps_can_be_chosen(monkeypatch, photo):
    every = {name: step(9, name) for name in ("expose", "deblock", "denoise")}
    monkeypatch.setattr(loop, "planners", lambda **options: every)
    alone = improve(Judge(), photo, LoopOptions(only=frozenset({"deblock"})))
    assert {trial.step for trial in alone.trace} == {"deblock"}
    both = improve(Judge(), photo, LoopOptions(only=frozenset({"deblock", "denoise"})))
    assert both.trace[0].parts == ("deblock", "denoise")


def in_halves(pixels, by):
    """Two steps of one kind as parts of a whole."""
    parts = (called("deblock", step(by, "deblock")), called("expose", step(by, "expose")))
    return Candidate(
        "repairs-together",
        lambda pixels: plan_together(pixels, tuple(one.plan for one in parts)),
        ("too-dark",),
        parts,
    )


def test_steps_kept_together_count_as_kept(offer, photo):
    together = in_halves(photo.pixels, 9)
    offer(together, *together.members)
    result = improve(Judge(), photo, LoopOptions(rounds=1))
    assert result.kept[0].steps == ("deblock", "expose")
    assert result.trace[0].parts == ("deblock", "expose")
    assert result.times_kept("expose") == 1
    assert np.array_equal(result.pixels, lighter(photo.pixels, 18))
    assert np.array_equal(apply(photo.pixels, result.kept), result.pixels)


def test_together_is_tried_by_half_where_it_fails_whole(offer, photo):
    together = in_halves(photo.pixels, 9)
    offer(together)
    judge = Judge({"too-bright": lambda mean: mean > float(photo.pixels.mean()) + 12})
    result = improve(judge, photo, LoopOptions())
    assert [(trial.amount, trial.verdict) for trial in result.trace] == [
        (1, "new-finding"),
        (0.5, "kept"),
    ]
    assert np.array_equal(apply(photo.pixels, result.kept), result.pixels)


def test_detail_is_strengthened_once(offer, photo):
    offer(called("crispen", step(9, "crispen")), called("expose", step(9, "expose")))
    result = improve(Judge(), photo, LoopOptions())
    assert [one.candidate.name for one in result.kept] == ["crispen", "expose", "expose"]


def test_a_photo_is_planned_for_once(offer, photo):
    asked = []

    def plan(pixels):
        asked.append(float(pixels.mean()))

    offer(called("denoise", plan), called("expose", step(-9, "expose")), called("deblock", step(9, "x")))
    improve(Judge(), photo, LoopOptions(rounds=4))
    assert len(asked) == len(set(asked))


def test_a_planner_that_abstains_is_passed_over(offer, photo):
    offer(called("denoise", lambda pixels: None), called("expose", step(9, "expose")))
    assert improve(Judge(), photo, LoopOptions()).trace[0].step == "expose"


def test_large_photos_are_improved_at_viewing_size(offer):
    offer(called("expose", step(9, "expose")))
    large = Photo.from_pixels(np.clip(make_picture(900, 1500), 20, 150))
    result = improve(Judge(), large, LoopOptions(rounds=1))
    assert result.pixels.shape == (614, 1024, 3)
    assert apply(large.pixels, result.kept).shape == large.pixels.shape


def test_half_a_step_is_half_its_change():
    grey = np.full((20, 20, 3), 100, np.uint8)
    half = apply(grey, [Kept(called("expose", step(20, "expose")), 0.5)])
    assert np.array_equal(half, np.full_like(grey, 110))


def test_low_scores_are_tried_without_findings_and_good_ones_are_not():
    def names(score, *codes):
        assessment = Assessment(
            path="x", status=Status.OK, score=score, findings=tuple(found(code) for code in codes)
        )
        return [c.name for c in loop._candidates(assessment, planners(product=False))]

    assert names(85) == []
    assert "denoise" in names(45)
    assert "denoise" in names(85, "too-dark")
    assert "frame-product" not in names(85, "off-centre", "too-dark")
    assert names(85, "touches-edge") == []

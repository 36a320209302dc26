"""The loop's decisions, with an assessor whose answers are given; the real one is in test_enhancer."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from packshot.enhance import fidelity, loop
from packshot.enhance.combined_repairs import plan_combined_repairs
from packshot.enhance.faults import MeasuredFaults
from packshot.enhance.loop import StepApplication, apply_steps, improve
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.step import Intent, Step
from packshot.enhance.step_candidates import STEPS_ON_REQUEST, StepCandidate, build_planners
from packshot.photo import Photo
from packshot.report import Assessment, ExpectedGain, Finding, Severity, Status
from tests.conftest import make_packshot, make_picture

TONE = frozenset({Intent.TONE})


def make_finding(code, severity=Severity.WARNING):
    return Finding(code=code, severity=severity, reason="", remedy="")


@dataclass
class FakeAssessor:
    """Scores a photo by its mean; finds what it is told to find from a brightness on."""

    faults: dict = field(default_factory=dict)
    bonus: float = 0
    points_per_level: float = 1 / 2.55
    call_count: int = 0

    def assess_photo(self, photo):
        self.call_count += 1
        mean = float(photo.pixels.mean())
        codes = [fault for fault, applies in self.faults.items() if applies(mean)]
        findings = tuple(make_finding(code) for code in codes)
        score = mean * self.points_per_level + self.bonus
        return Assessment(path="x", status=Status.OK, score=score, findings=findings)


def lighten(pixels, by):
    return np.clip(pixels.astype(int) + by, 0, 255).astype(np.uint8)


def make_planner(by, name, intents=TONE):
    return lambda pixels: Step(name, intents, by, "", partial(lighten, by=by))


@pytest.fixture(autouse=True)
def any_light_is_missing(monkeypatch):
    """Let photos lack as much light as a step adds: what guards refuse has tests of its own."""
    missing = MeasuredFaults(np.ones(3, np.float32), np.full(256, 255, np.uint8))
    monkeypatch.setattr(fidelity, "measure_faults", lambda pixels: missing)


@pytest.fixture
def set_candidates(monkeypatch):
    def replace_candidates(*candidates):
        monkeypatch.setattr(loop, "_propose_candidates", lambda *_: list(candidates))

    return replace_candidates


@pytest.fixture
def photo():
    return Photo.from_pixels(np.clip(make_picture(200, 300), 20, 150))


def make_called_candidate(name, plan):
    return StepCandidate(name, plan, ("too-dark",))


def test_what_raises_the_score_is_kept_and_assessed_once(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(20, "expose")))
    judge = FakeAssessor()
    result = improve(judge, photo, LoopOptions())
    assert [one.candidate.name for one in result.applications] == ["expose", "expose"]
    assert [trial.amount for trial in result.trace] == [1, 1]
    assert judge.call_count == 1 + len(result.trace)
    assert np.array_equal(result.pixels, apply_steps(photo.pixels, result.applications))
    assert result.after.score > result.before.score


def test_the_network_may_be_taken_twice(set_candidates, photo):
    set_candidates(make_called_candidate("network", make_planner(10, "network")))
    result = improve(FakeAssessor(), photo, LoopOptions())
    assert [one.candidate.name for one in result.applications] == ["network", "network"]


def test_the_fairer_a_photo_the_more_it_must_win_to_be_changed():
    options = LoopOptions(min_total_gain_poor=2, min_total_gain_fair=8)
    assert [options.min_total_gain(score) for score in (0, 20, 35, 50, 100)] == [2, 2, 5, 8, 8]


def test_what_lowers_the_score_is_not_kept(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(-2, "expose")))
    result = improve(FakeAssessor(), photo, LoopOptions())
    assert result.applications == ()
    assert result.after is result.before
    assert np.array_equal(result.pixels, photo.pixels)
    assert {trial.outcome for trial in result.trace} == {"no-gain"}
    assert not any(trial.kept for trial in result.trace)


def test_a_step_nobody_called_for_must_bring_more(set_candidates, photo):
    plan = make_planner(4, "expose")  # about 1.6 points
    set_candidates(StepCandidate("expose", plan))
    good = partial(FakeAssessor, bonus=30)
    assert improve(good(), photo, LoopOptions()).applications == ()
    assert improve(FakeAssessor(), photo, LoopOptions()).applications == ()
    set_candidates(make_called_candidate("expose", plan))
    assert improve(good(), photo, LoopOptions()).applications != ()


def test_a_step_that_brings_a_new_fault_is_refused(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(20, "expose")))
    before = float(photo.pixels.mean())
    judge = FakeAssessor({"too-bright": lambda mean: mean > before + 5})
    result = improve(judge, photo, LoopOptions())
    assert result.trace[0].outcome == "new-finding"
    assert result.applications == ()


def test_a_fault_may_take_the_place_of_another(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(20, "expose")))
    before = float(photo.pixels.mean())
    judge = FakeAssessor(
        {"too-bright": lambda mean: mean > before + 5, "too-dark": lambda mean: mean < before + 5}
    )
    assert improve(judge, photo, LoopOptions()).trace[0].outcome == "kept"


def test_a_step_that_harms_the_product_is_refused_without_an_assessment(set_candidates):
    def recolour(pixels):
        return np.ascontiguousarray(pixels[..., ::-1])

    photo, judge = Photo.from_pixels(make_packshot()), FakeAssessor()
    set_candidates(
        make_called_candidate("denoise", lambda pixels: Step("denoise", TONE, 1, "", recolour))
    )
    result = improve(judge, photo, LoopOptions())
    assert {trial.outcome for trial in result.trace} == {"colour-drift"}
    assert {trial.score for trial in result.trace} == {None}
    assert judge.call_count == 1


def test_drift_adds_up_over_steps(set_candidates):
    def tint(pixels):
        changed = pixels.astype(int)
        changed[pixels.min(axis=2) < 240] += (5, 0, 0)
        return np.clip(changed, 0, 255).astype(np.uint8)

    photo = Photo.from_pixels(make_packshot())
    set_candidates(
        make_called_candidate(
            "denoise", lambda pixels: Step("denoise", frozenset({Intent.DETAIL}), 1, "", tint)
        )
    )
    result = improve(FakeAssessor(), photo, LoopOptions(min_gain=0.1))
    assert [trial.outcome for trial in result.trace][:2] == ["kept", "colour-drift"]
    drifts = [trial.colour_drift for trial in result.trace]
    assert drifts[1] > 1.5 * drifts[0]


def test_a_step_without_effect_costs_no_assessment(set_candidates, photo):
    judge = FakeAssessor()
    set_candidates(make_called_candidate("expose", make_planner(0, "expose")))
    result = improve(judge, photo, LoopOptions())
    assert {trial.outcome for trial in result.trace} == {"no-effect"}
    assert judge.call_count == 1


def test_rounds_and_target_end_it(set_candidates, photo):
    set_candidates(
        *(
            make_called_candidate(name, make_planner(9, name))
            for name in ("deblock", "denoise", "expose", "sharpen")
        )
    )
    assert len(improve(FakeAssessor(), photo, LoopOptions(max_rounds=2)).trace) == 2
    start = float(photo.pixels.mean()) / 2.55
    result_with_target = improve(FakeAssessor(), photo, LoopOptions(target_score=start + 1))
    assert len(result_with_target.trace) == 1
    assert improve(FakeAssessor(), photo, LoopOptions(target_score=start - 1)).trace == ()


def test_steps_can_be_chosen(monkeypatch, photo):
    all_planners = {name: make_planner(9, name) for name in ("expose", "deblock", "denoise")}
    monkeypatch.setattr(loop, "build_planners", lambda **options: all_planners)
    alone = improve(FakeAssessor(), photo, LoopOptions(only_steps=frozenset({"deblock"})))
    assert {trial.step for trial in alone.trace} == {"deblock"}
    both = improve(FakeAssessor(), photo, LoopOptions(only_steps=frozenset({"deblock", "denoise"})))
    assert both.trace[0].parts == ("deblock", "denoise")


def make_combined_candidate(pixels, by):
    """Two steps of one kind as parts of a whole."""
    parts = (
        make_called_candidate("deblock", make_planner(by, "deblock")),
        make_called_candidate("expose", make_planner(by, "expose")),
    )
    return StepCandidate(
        "repairs-together",
        lambda pixels: plan_combined_repairs(pixels, tuple(one.plan for one in parts)),
        ("too-dark",),
        parts,
    )


def test_steps_kept_together_count_as_kept(set_candidates, photo):
    together = make_combined_candidate(photo.pixels, 9)
    set_candidates(together, *together.members)
    result = improve(FakeAssessor(), photo, LoopOptions(max_rounds=1))
    assert result.applications[0].step_names == ("deblock", "expose")
    assert result.trace[0].parts == ("deblock", "expose")
    assert result.count_uses("expose") == 1
    assert np.array_equal(result.pixels, lighten(photo.pixels, 18))
    assert np.array_equal(apply_steps(photo.pixels, result.applications), result.pixels)


def test_together_is_tried_by_half_where_it_fails_whole(set_candidates, photo):
    together = make_combined_candidate(photo.pixels, 9)
    set_candidates(together)
    judge = FakeAssessor({"too-bright": lambda mean: mean > float(photo.pixels.mean()) + 12})
    result = improve(judge, photo, LoopOptions())
    assert [(trial.amount, trial.outcome) for trial in result.trace] == [
        (1, "new-finding"),
        (0.5, "kept"),
    ]
    assert np.array_equal(apply_steps(photo.pixels, result.applications), result.pixels)


def test_detail_is_strengthened_once(set_candidates, photo):
    set_candidates(
        make_called_candidate("crispen", make_planner(9, "crispen")),
        make_called_candidate("expose", make_planner(9, "expose")),
    )
    result = improve(FakeAssessor(), photo, LoopOptions())
    assert [one.candidate.name for one in result.applications] == ["crispen", "expose", "expose"]


def test_a_photo_is_planned_for_once(set_candidates, photo):
    planned_means = []

    def plan(pixels):
        planned_means.append(float(pixels.mean()))

    set_candidates(
        make_called_candidate("denoise", plan),
        make_called_candidate("expose", make_planner(-9, "expose")),
        make_called_candidate("deblock", make_planner(9, "x")),
    )
    improve(FakeAssessor(), photo, LoopOptions(max_rounds=4))
    assert len(planned_means) == len(set(planned_means))


def test_a_planner_that_abstains_is_passed_over(set_candidates, photo):
    set_candidates(
        make_called_candidate("denoise", lambda pixels: None),
        make_called_candidate("expose", make_planner(9, "expose")),
    )
    assert improve(FakeAssessor(), photo, LoopOptions()).trace[0].step == "expose"


def test_large_photos_are_improved_at_viewing_size(set_candidates):
    set_candidates(make_called_candidate("expose", make_planner(9, "expose")))
    large = Photo.from_pixels(np.clip(make_picture(900, 1500), 20, 150))
    result = improve(FakeAssessor(), large, LoopOptions(max_rounds=1))
    assert result.pixels.shape == (614, 1024, 3)
    assert apply_steps(large.pixels, result.applications).shape == large.pixels.shape


def test_half_a_step_is_half_its_change():
    grey = np.full((20, 20, 3), 100, np.uint8)
    half = apply_steps(
        grey, [StepApplication(make_called_candidate("expose", make_planner(20, "expose")), 0.5)]
    )
    assert np.array_equal(half, np.full_like(grey, 110))


def test_low_scores_are_tried_without_findings_and_good_ones_are_not():
    def list_names(score, *codes):
        assessment = Assessment(
            path="x", status=Status.OK, score=score, findings=tuple(make_finding(code) for code in codes)
        )
        return [c.name for c in loop._propose_candidates(assessment, build_planners())]

    assert list_names(85) == ["white-balance"]  # Which measures by itself whether there is a cast.
    assert "denoise" in list_names(45)
    assert "denoise" in list_names(85, "too-dark")
    assert "frame-product" not in list_names(85, "off-centre", "too-dark")
    assert list_names(85, "touches-edge") == ["white-balance"]


def test_a_photo_blurred_beyond_repair_gets_no_repairs(monkeypatch, photo):
    planners = {name: make_planner(9, name) for name in ("expose", "denoise")}
    monkeypatch.setattr(loop, "build_planners", lambda **options: planners)
    blurred = FakeAssessor({"blurred": lambda mean: True, "upscaled": lambda mean: True})
    assert improve(blurred, photo, LoopOptions()).trace == ()
    soft = FakeAssessor({"blurred": lambda mean: True})
    assert improve(soft, photo, LoopOptions()).applications != ()
    asked_for = LoopOptions(only_steps=frozenset({"expose"}))
    assert improve(blurred, photo, asked_for).applications != ()


def test_one_error_of_blur_is_enough():
    def assess(*findings):
        return Assessment(path="x", status=Status.OK, score=50, findings=findings)

    assert loop.is_blurred_beyond_repair(assess(make_finding("motion-blur", Severity.ERROR)))
    assert not loop.is_blurred_beyond_repair(assess(make_finding("noisy", Severity.ERROR)))
    assert not loop.is_blurred_beyond_repair(
        assess(make_finding("blurred"), make_finding("upscaled", Severity.INFO))
    )


def test_a_fault_that_noise_hid_is_not_the_steps_doing(set_candidates, photo):
    before = float(photo.pixels.mean())

    def try_step(code, *intents):
        judge = FakeAssessor({code: lambda mean: mean > before + 5})
        plan = make_planner(20, "denoise", frozenset(intents))
        set_candidates(make_called_candidate("denoise", plan))
        return improve(judge, photo, LoopOptions()).trace[0].outcome

    assert try_step("blurred", Intent.TONE, Intent.DETAIL) == "kept"
    assert try_step("noisy", Intent.TONE, Intent.DETAIL) == "new-finding"
    assert try_step("noisy", Intent.TONE) == "kept"


def test_another_background_may_cause_any_fault():
    blurred = Assessment(path="x", status=Status.OK, score=50, findings=(make_finding("blurred"),))
    assert loop._weigh_findings(blurred, TONE) == 0
    assert loop._weigh_findings(blurred, TONE | {Intent.BACKGROUND}) == 1


@pytest.mark.parametrize("name", sorted(STEPS_ON_REQUEST))
def test_what_was_not_shown_to_be_true_runs_on_request(monkeypatch, photo, name):
    monkeypatch.setattr(loop, "build_planners", lambda **options: {name: make_planner(9, name)})
    assert improve(FakeAssessor(), photo, LoopOptions()).trace == ()
    assert improve(FakeAssessor(), photo, LoopOptions(only_steps=frozenset({name}))).trace != ()


@dataclass
class FakeVersionJudge:
    """Takes a version for nearer where it is no brighter than a limit."""

    limit: float
    pairs: list = field(default_factory=list)

    def judge(self, before, after):
        self.pairs.append((float(before.mean()), float(after.mean())))
        chance = float(after.mean() <= self.limit)
        return ExpectedGain(psnr=1, ssim=0, haarpsi=0, ciede2000=0, harmless=chance, nearer=chance)


def test_what_the_judge_of_versions_doubts_is_refused_though_the_score_rises(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(20, "expose")))
    assessor, judge = FakeAssessor(), FakeVersionJudge(limit=0)
    result = improve(assessor, photo, LoopOptions(), judge=judge)
    assert not result.applications
    assert {trial.outcome.value for trial in result.trace} == {"not-nearer"}
    assert all(trial.expected.nearer == 0 and trial.score is None for trial in result.trace)
    assert assessor.call_count == 1  # The photo as it came: what is refused costs no assessment.


def test_the_judge_sees_each_step_against_what_it_was_applied_to(set_candidates, photo):
    set_candidates(make_called_candidate("expose", make_planner(20, "expose")))
    judge = FakeVersionJudge(limit=255)
    improve(FakeAssessor(), photo, LoopOptions(), judge=judge)
    (first, second), mean = judge.pairs[:2], float(photo.pixels.mean())
    assert first[0] == pytest.approx(mean)
    assert second[0] == pytest.approx(first[1])


def test_a_measured_repair_may_cost_no_points_however_certain_the_judge_is(set_candidates, photo):
    set_candidates(make_called_candidate("white-balance", make_planner(-4, "white-balance")))
    judge, assessor = FakeVersionJudge(limit=255.0), FakeAssessor(points_per_level=0.5, bonus=-20)
    result = improve(assessor, photo, LoopOptions(max_rounds=1), judge=judge)
    assert result.trace[0].outcome.value == "no-gain"


def test_what_measures_a_fault_by_itself_is_tried_where_nothing_is_found():
    sound = Assessment(path="x", status=Status.OK, score=75)
    found = loop._propose_candidates(sound, build_planners())
    assert [candidate.name for candidate in found] == ["white-balance"]
    assert found[0].called_for_by == ()

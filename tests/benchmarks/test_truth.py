"""A small version of the benchmark of truth, with fixed limits: what is worse is not called better."""

from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="needs SciPy: make setup-train")

from benchmarks.enhancement.truth import UNDAMAGED, TruthCase, enhance_case, make_row
from packshot.report import Action

pytestmark = pytest.mark.dev_all

EXAMPLES = Path("examples/photos")
ORIGINALS = ("mug.jpg", "speaker.jpg", "clay-bowl.jpg")
REPAIRABLE = ("noise", "dark", "colour cast", "JPEG 10")
BLUR = ("motion blur", "defocus")
MIN_REPAIRED = 0.8
MIN_PSNR_GAIN = 5.0


def enhance_damaged(names, damages):
    return [
        enhance_case(TruthCase(EXAMPLES / name, damage, seed))
        for seed, (name, damage) in enumerate((name, damage) for name in names for damage in damages)
    ]


@pytest.fixture(scope="module")
def repaired():
    return enhance_damaged(ORIGINALS, REPAIRABLE)


def test_what_is_called_enhanced_is_nearer_to_the_truth(repaired):
    row = make_row("all", repaired)
    assert row["harmed_by_both"] == 0
    assert row["harmed_by_either"] <= 0.08
    assert row["repaired_of_all"] >= MIN_REPAIRED
    assert row["psnr_gain"] >= MIN_PSNR_GAIN


def test_what_was_promised_goes_the_way_of_the_truth(repaired):
    enhanced = [outcome for outcome in repaired if outcome.action == Action.ENHANCED]
    assert all(outcome.expected.psnr > 0 for outcome in enhanced)
    assert make_row("all", repaired)["promised_and_psnr"] >= 0.5


def test_blurred_photos_come_back_as_they_were():
    outcomes = enhance_damaged(ORIGINALS[:2], BLUR)
    assert [outcome.action for outcome in outcomes] == [Action.RESHOOT] * len(outcomes)
    assert all(outcome.is_same for outcome in outcomes)


def test_undamaged_photos_come_back_as_they_were():
    assert all(outcome.is_same for outcome in enhance_damaged(ORIGINALS, [UNDAMAGED]))

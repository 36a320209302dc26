"""The shipped judge of versions: it tells better from worse, and its answers turn with their order."""

import numpy as np
import pytest

from packshot.distort import distort
from packshot.enhance.loop import LIMITS, is_nearer
from packshot.enhance.version_judge import VersionJudge
from packshot.errors import ModelError
from packshot.photo import Photo
from packshot.report import ExpectedGain

PHOTOS = ("mug.jpg", "wooden-stool.jpg", "cream-jar.jpg")


@pytest.fixture(scope="module")
def judge():
    return VersionJudge.load_shipped()


@pytest.fixture(scope="module", params=PHOTOS)
def original(request):
    return Photo.open(f"examples/photos/{request.param}", max_side=640).pixels


@pytest.mark.parametrize(
    "kind", ["white-noise", "jpeg", "low-light", "wrong-white-balance", "gaussian-blur"]
)
def test_damage_takes_a_photo_further_from_the_truth_and_undoing_it_brings_it_back(
    judge, original, kind
):
    damaged = distort(original, kind, level=4)
    harm, repair = judge.judge(original, damaged), judge.judge(damaged, original)
    assert harm.psnr < 0 < repair.psnr
    assert harm.harmless < min(0.2, repair.harmless)
    assert harm.nearer < repair.nearer


def test_exchanged_versions_change_the_sign_of_every_gain(judge, original):
    damaged = distort(original, "white-noise", level=3)
    there, back = judge.judge(original, damaged), judge.judge(damaged, original)
    for name in ("psnr", "ssim", "haarpsi", "ciede2000"):
        assert getattr(there, name) == pytest.approx(-getattr(back, name), abs=0.02)


def test_equal_versions_gain_nothing(judge, original):
    same = judge.judge(original, original)
    assert (same.psnr, same.ssim, same.haarpsi, same.ciede2000) == (0, 0, 0, 0)


def test_tiny_and_grey_photos_are_judged(judge):
    grey = np.full((1, 3, 3), 90, np.uint8)
    assert 0 <= judge.judge(grey, grey + 1).harmless <= 1


def test_no_model(tmp_path):
    (tmp_path / "judge.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError):
        VersionJudge.from_path(tmp_path / "judge.onnx")


def test_certain_enough_is_both_chances_or_no_judge():
    gain = {"psnr": 1, "ssim": 0, "haarpsi": 0, "ciede2000": 0}
    for names, limit in (
        (["denoise", "expose"], LIMITS.min_certainty),
        (["denoise", "network"], LIMITS.min_certainty_on_request),
    ):
        assert is_nearer(None, names)
        assert is_nearer(ExpectedGain(**gain, harmless=limit, nearer=limit), names)
        assert not is_nearer(ExpectedGain(**gain, harmless=limit, nearer=limit - 0.01), names)
        assert not is_nearer(ExpectedGain(**gain, harmless=limit - 0.01, nearer=1), names)

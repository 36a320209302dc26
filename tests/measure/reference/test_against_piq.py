"""Agreement with piq 0.8, an independent implementation, live and through frozen values."""

from types import ModuleType

import numpy as np
import pytest

from packshot.measure import reference as measures
from tests.measure.piq_tensors import to_tensor
from tests.measure.reference.scenes import (
    add_noise,
    box_blur,
    darken,
    draw_scene,
    permute_channels,
    to_grey,
)

# VSI: piq stretches the saliency map from corner to corner, the authors from pixel centres.
TOLERANCE = {"mdsi": 1e-4, "vsi": 1e-3, "haarpsi": 1e-4, "fsim": 1e-3, "gmsd": 1e-4, "ssim": 1e-4}

# Shrunk 1, 2 and 3 times; even and odd sides.
SHAPES = [(257, 301), (515, 390), (641, 645)]


def apply_damage(kind: str, photo: np.ndarray) -> np.ndarray:
    if kind == "noise":
        return add_noise(photo, 40)
    if kind == "blur":
        return box_blur(photo, 3)
    if kind == "dark":
        return darken(photo, 45)
    return permute_channels(photo)


# piq 0.8.0 in float64, PyTorch 2.13, data_range=1: scene() against damaged(kind, scene()).
# SSIM on grey photos, where a mean over channels and luma are one, with downsample=False; MS-SSIM
# on grey photos of 320 x 256.
FROZEN: dict[str, dict[str, float]] = {
    "mdsi": {"noise": 0.522527, "blur": 0.408355, "dark": 0.281591, "colour": 0.514771},
    "vsi": {"noise": 0.882099, "blur": 0.92511, "dark": 0.978967, "colour": 0.985758},
    "haarpsi": {"noise": 0.625476, "blur": 0.675463, "dark": 0.839746, "colour": 0.788282},
    "fsim": {"noise": 0.659953, "blur": 0.786425, "dark": 0.941286, "colour": 0.946951},
    "gmsd": {"noise": 0.131815, "blur": 0.140608, "dark": 0.060486, "colour": 0.055334},
    "ssim": {"noise": 0.311929, "blur": 0.689002, "dark": 0.779209},
    "ms_ssim": {"noise": 0.776049, "blur": 0.924206, "dark": 0.881879},
}


@pytest.mark.parametrize("kind", ["noise", "blur", "dark", "colour"])
@pytest.mark.parametrize("name", ["mdsi", "vsi", "haarpsi", "fsim", "gmsd"])
def test_frozen_values(name: str, kind: str) -> None:
    photo = draw_scene()
    value = getattr(measures, name)(photo, apply_damage(kind, photo))
    assert value == pytest.approx(FROZEN[name][kind], abs=TOLERANCE[name])


@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
def test_frozen_ssim(kind: str) -> None:
    """On grey photos, where a mean over channels and luma are one; piq with downsample=False."""
    photo = to_grey(draw_scene())
    value = measures.ssim(photo, to_grey(apply_damage(kind, photo)))
    assert value == pytest.approx(FROZEN["ssim"][kind], abs=TOLERANCE["ssim"])


@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
def test_frozen_ms_ssim(kind: str) -> None:
    photo = to_grey(draw_scene(320, 256))
    value = measures.ms_ssim(photo, to_grey(apply_damage(kind, photo)))
    assert value == pytest.approx(FROZEN["ms_ssim"][kind], abs=1e-4)


@pytest.mark.train
@pytest.mark.parametrize("kind", ["noise", "blur", "dark", "colour"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["mdsi", "vsi", "haarpsi", "fsim", "gmsd"])
def test_agrees_with_piq(piq: ModuleType, name: str, shape: tuple[int, int], kind: str) -> None:
    photo = draw_scene(*shape)
    other = apply_damage(kind, photo)
    wanted = float(getattr(piq, name)(to_tensor(photo), to_tensor(other), data_range=1.0))
    assert getattr(measures, name)(photo, other) == pytest.approx(wanted, abs=TOLERANCE[name])


@pytest.mark.train
@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
@pytest.mark.parametrize("shape", SHAPES[:1], ids=str)
def test_ssim_agrees_with_piq(piq: ModuleType, shape: tuple[int, int], kind: str) -> None:
    photo = to_grey(draw_scene(*shape))
    other = to_grey(apply_damage(kind, photo))
    wanted = float(piq.ssim(to_tensor(photo), to_tensor(other), data_range=1.0, downsample=False))
    assert measures.ssim(photo, other) == pytest.approx(wanted, abs=TOLERANCE["ssim"])


@pytest.mark.train
@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
@pytest.mark.parametrize("shape", [(256, 320), (512, 384)], ids=str)
def test_ms_ssim_agrees_with_piq(piq: ModuleType, shape: tuple[int, int], kind: str) -> None:
    """On sides that halve without a rest: piq repeats the first row where the authors do the last."""
    photo = to_grey(draw_scene(*shape))
    other = to_grey(apply_damage(kind, photo))
    wanted = float(piq.multi_scale_ssim(to_tensor(photo), to_tensor(other), data_range=1.0))
    assert measures.ms_ssim(photo, other) == pytest.approx(wanted, abs=1e-4)

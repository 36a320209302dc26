"""Agreement with piq 0.8, an independent implementation, live and through frozen values."""

import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from packshot.measure import reference as measures

from .scenes import blurred, darkened, grey, noisy, recoloured, scene

# VSI: piq stretches the saliency map from corner to corner, the authors from pixel centres.
TOLERANCE = {"mdsi": 1e-4, "vsi": 1e-3, "haarpsi": 1e-4, "fsim": 1e-3, "gmsd": 1e-4, "ssim": 1e-4}

# Shrunk 1, 2 and 3 times; even and odd sides.
SHAPES = [(257, 301), (515, 390), (641, 645)]


def damaged(kind: str, photo: np.ndarray) -> np.ndarray:
    if kind == "noise":
        return noisy(photo, 40)
    if kind == "blur":
        return blurred(photo, 3)
    if kind == "dark":
        return darkened(photo, 45)
    return recoloured(photo)


# piq 0.8.0 in float64, PyTorch 2.13, data_range=1: scene() against damaged(kind, scene()).
# SSIM on grey photos, where a mean over channels and luma are one, with downsample=False.
FROZEN: dict[str, dict[str, float]] = {
    "mdsi": {"noise": 0.522527, "blur": 0.408355, "dark": 0.281591, "colour": 0.514771},
    "vsi": {"noise": 0.882099, "blur": 0.92511, "dark": 0.978967, "colour": 0.985758},
    "haarpsi": {"noise": 0.625476, "blur": 0.675463, "dark": 0.839746, "colour": 0.788282},
    "fsim": {"noise": 0.659953, "blur": 0.786425, "dark": 0.941286, "colour": 0.946951},
    "gmsd": {"noise": 0.131815, "blur": 0.140608, "dark": 0.060486, "colour": 0.055334},
    "ssim": {"noise": 0.311929, "blur": 0.689002, "dark": 0.779209},
}


@pytest.mark.parametrize("kind", ["noise", "blur", "dark", "colour"])
@pytest.mark.parametrize("name", ["mdsi", "vsi", "haarpsi", "fsim", "gmsd"])
def test_frozen_values(name: str, kind: str) -> None:
    photo = scene()
    value = getattr(measures, name)(photo, damaged(kind, photo))
    assert value == pytest.approx(FROZEN[name][kind], abs=TOLERANCE[name])


@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
def test_frozen_ssim(kind: str) -> None:
    """On grey photos, where a mean over channels and luma are one; piq with downsample=False."""
    photo = grey(scene())
    value = measures.ssim(photo, grey(damaged(kind, photo)))
    assert value == pytest.approx(FROZEN["ssim"][kind], abs=TOLERANCE["ssim"])


@pytest.fixture(scope="session")
def piq() -> Iterator[ModuleType]:
    """Import piq, which imports torchvision, which wants two operators that CPU PyTorch lacks."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: `make setup-train`")
    for package in ("piq", "torchvision"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}: `pip install --no-deps piq==0.8.0 torchvision==0.28.0`")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield importlib.import_module("piq")
    torch.set_num_threads(threads)
    del library


def tensor(pixels: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


@pytest.mark.train
@pytest.mark.parametrize("kind", ["noise", "blur", "dark", "colour"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["mdsi", "vsi", "haarpsi", "fsim", "gmsd"])
def test_agrees_with_piq(piq: ModuleType, name: str, shape: tuple[int, int], kind: str) -> None:
    photo = scene(*shape)
    other = damaged(kind, photo)
    wanted = float(getattr(piq, name)(tensor(photo), tensor(other), data_range=1.0))
    assert getattr(measures, name)(photo, other) == pytest.approx(wanted, abs=TOLERANCE[name])


@pytest.mark.train
@pytest.mark.parametrize("kind", ["noise", "blur", "dark"])
@pytest.mark.parametrize("shape", SHAPES[:1], ids=str)
def test_ssim_agrees_with_piq(piq: ModuleType, shape: tuple[int, int], kind: str) -> None:
    photo = grey(scene(*shape))
    other = grey(damaged(kind, photo))
    wanted = float(piq.ssim(tensor(photo), tensor(other), data_range=1.0, downsample=False))
    assert measures.ssim(photo, other) == pytest.approx(wanted, abs=TOLERANCE["ssim"])

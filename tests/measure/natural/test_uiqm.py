"""UIQM against plain loops, and another implementation's values."""

import math

import numpy as np
import pytest

from packshot.measure.natural import uiqm, uiqm_parts
from tests.measure.natural.photos import TEXTURED, make_natural_noise
from tests.measure.pictures import make_flat
from tests.measure.reference.scenes import add_noise, box_blur, draw_scene, to_grey

# The code of Islam et al. (FUnIE-GAN, Evaluation/uqim_utils.py), with .114 for its .144 of blue:
# UICM, UISM, UIConM. Its trimmed mean leaves out one pixel more than the paper's.
FROZEN = {
    "noise": (11.146067, 6.75898, 0.136864),
    "blur": (10.434373, 5.788946, 0.087929),
    "dark": (4.527568, 5.133792, 0.15449),
}


@pytest.mark.parametrize("kind", FROZEN)
def test_frozen_values(kind: str) -> None:
    assert uiqm_parts(TEXTURED[kind])[:3] == pytest.approx(FROZEN[kind], abs=2e-5)


def naive_colourfulness(photo: np.ndarray) -> float:
    red, green, blue = photo.reshape(-1, 3).astype(float).T
    means, variances = [], []
    for opponent in (red - green, (red + green) / 2 - blue):
        ordered = sorted(opponent)
        count = len(ordered)
        kept = ordered[math.ceil(0.1 * count) : count - math.floor(0.1 * count)]
        means.append(sum(kept) / len(kept))
        variances.append(sum((value - means[-1]) ** 2 for value in opponent) / count)
    return -0.0268 * math.hypot(*means) + 0.1586 * math.sqrt(sum(variances))


def split_blocks(plane: np.ndarray) -> list[np.ndarray]:
    rows, columns = plane.shape[0] // 10, plane.shape[1] // 10
    return [
        plane[10 * r : 10 * r + 10, 10 * c : 10 * c + 10] for r in range(rows) for c in range(columns)
    ]


def naive_sharpness(photo: np.ndarray) -> float:
    total = 0.0
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        plane = photo[..., channel].astype(float)
        outside = np.pad(plane, 1, "edge")
        edges = np.zeros(plane.shape)
        for row in range(plane.shape[0]):
            for column in range(plane.shape[1]):
                p = outside[row : row + 3, column : column + 3]
                across = (p[:, 2] - p[:, 0]) @ (1, 2, 1)
                down = (p[2] - p[0]) @ (1, 2, 1)
                edges[row, column] = math.hypot(across, down) * plane[row, column]
        logs = [math.log(b.max() / b.min()) if b.min() > 0 else 0.0 for b in split_blocks(edges)]
        total += weight * 2 * sum(logs) / len(logs)
    return total


def naive_contrast(photo: np.ndarray) -> float:
    total = 0.0
    found = split_blocks(photo.astype(float))
    for block in found:
        if block.max() > block.min():
            michelson = (block.max() - block.min()) / (block.max() + block.min())
            total -= michelson * math.log(michelson)
    return total / len(found)


@pytest.mark.parametrize("shape", [(40, 50), (57, 33), (10, 10)], ids=str)
def test_as_defined(shape: tuple[int, int]) -> None:
    photo = add_noise(draw_scene(*shape), 12)
    wanted = naive_colourfulness(photo), naive_sharpness(photo), naive_contrast(photo)
    found = uiqm_parts(photo)
    assert found[:3] == pytest.approx(wanted, abs=1e-5)
    assert found.total == uiqm(photo)
    assert uiqm(photo) == pytest.approx(
        0.0282 * wanted[0] + 0.2953 * wanted[1] + 3.5753 * wanted[2], abs=1e-5
    )


def test_parts_see_what_they_are_named_for() -> None:
    photo = draw_scene()
    parts = uiqm_parts(photo)
    assert uiqm_parts(to_grey(photo)).colourfulness == pytest.approx(0, abs=1e-9)
    assert uiqm_parts(box_blur(photo, 3)).sharpness < parts.sharpness - 1
    assert (
        uiqm_parts(make_natural_noise() // 4 + 96).contrast < uiqm_parts(make_natural_noise()).contrast
    )


def test_a_cast_lowers_colourfulness() -> None:
    photo = add_noise(draw_scene(), 5).astype(int)
    cast = np.clip(photo // 2 + (60, 20, 0), 0, 255).astype(np.uint8)
    plain = (photo // 2).astype(np.uint8)
    assert uiqm_parts(cast).colourfulness < uiqm_parts(plain).colourfulness


@pytest.mark.parametrize("level", [0, 200, 255])
def test_one_tone_holds_nothing(level: int) -> None:
    assert uiqm(make_flat(level)) == 0.0

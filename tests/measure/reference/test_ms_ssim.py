"""MS-SSIM against plain loops, and the paper's weights."""

import math

import numpy as np
import pytest

from packshot.measure.reference import ms_ssim, ssim
from packshot.measure.reference.ms_ssim import WEIGHTS
from tests.measure.reference.scenes import add_noise, box_blur, draw_scene, to_grey
from tests.measure.reference.test_definitions import naive_luma


def naive_similarities(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean SSIM, mean contrast times structure."""
    window = np.array([[math.exp(-(i * i + j * j) / 4.5) for j in range(-5, 6)] for i in range(-5, 6)])
    window /= window.sum()
    whole, structure = [], []
    for top in range(x.shape[0] - 10):
        for left in range(x.shape[1] - 10):
            a, b = (plane[top : top + 11, left : left + 11] for plane in (x, y))
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variances = (window * (a - mean_a) ** 2).sum() + (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            structure.append((2 * covariance + 58.5225) / (variances + 58.5225))
            light = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
            whole.append(structure[-1] * light)
    return float(np.mean(whole)), float(np.mean(structure))


def naive_halve(plane: np.ndarray) -> np.ndarray:
    """2 x 2 means, an odd last row or column repeated."""
    even = np.pad(plane, [(0, side % 2) for side in plane.shape], "edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def naive_ms_ssim(reference: np.ndarray, distorted: np.ndarray) -> float:
    x, y = naive_luma(reference), naive_luma(distorted)
    value = 1.0
    for weight in (0.0448, 0.2856, 0.3001, 0.2363):
        value *= max(naive_similarities(x, y)[1], 0) ** weight
        x, y = naive_halve(x), naive_halve(y)
    return value * max(naive_similarities(x, y)[0], 0) ** 0.1333


@pytest.mark.parametrize("shape", [(161, 176), (163, 161)], ids=str)
@pytest.mark.parametrize(
    "damage", [lambda p: add_noise(p, 60), lambda p: box_blur(p, 3)], ids=["noise", "blur"]
)
def test_as_defined(shape: tuple[int, int], damage) -> None:
    photo = draw_scene(*shape)
    assert ms_ssim(photo, damage(photo)) == pytest.approx(naive_ms_ssim(photo, damage(photo)), abs=1e-5)


def test_the_weights_are_those_published() -> None:
    assert WEIGHTS == (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def test_a_negative_likeness_counts_as_none() -> None:
    photo = to_grey(draw_scene(200, 180))
    assert ms_ssim(photo, 255 - photo) == 0.0


def test_fine_noise_hurts_less_than_it_does_at_one_size() -> None:
    photo = draw_scene()
    assert ms_ssim(photo, add_noise(photo, 40)) > ssim(photo, add_noise(photo, 40)) + 0.1

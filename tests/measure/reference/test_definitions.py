"""PSNR, SSIM and GMSD against plain loops that follow the papers' formulas."""

import math

import numpy as np
import pytest

from packshot.measure.reference import gmsd, psnr, ssim
from tests.measure.reference.scenes import add_noise, box_blur, darken, draw_scene


def naive_luma(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = (pixels[..., channel].astype(np.float64) for channel in range(3))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def naive_psnr(reference: np.ndarray, distorted: np.ndarray) -> float:
    errors = [(int(a) - int(b)) ** 2 for a, b in zip(reference.flat, distorted.flat, strict=True)]
    return 20 * math.log10(255) - 10 * math.log10(sum(errors) / len(errors))


def naive_ssim(reference: np.ndarray, distorted: np.ndarray) -> float:
    x, y = naive_luma(reference), naive_luma(distorted)
    window = np.array([[math.exp(-(i * i + j * j) / 4.5) for j in range(-5, 6)] for i in range(-5, 6)])
    window /= window.sum()
    values = []
    for top in range(x.shape[0] - 10):
        for left in range(x.shape[1] - 10):
            a = x[top : top + 11, left : left + 11]
            b = y[top : top + 11, left : left + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a = (window * (a - mean_a) ** 2).sum()
            variance_b = (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            light = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
            values.append(light * (2 * covariance + 58.5225) / (variance_a + variance_b + 58.5225))
    return float(np.mean(values))


def naive_gmsd(reference: np.ndarray, distorted: np.ndarray) -> float:
    a, b = (naive_gradient(naive_halve(naive_luma(photo))) for photo in (reference, distorted))
    return float(np.std((2 * a * b + 170) / (a**2 + b**2 + 170)))


def naive_halve(plane: np.ndarray) -> np.ndarray:
    """Mean of 2 x 2 values, zeros beyond an odd edge."""
    height, width = plane.shape
    halved = np.zeros(((height + 1) // 2, (width + 1) // 2))
    for row in range(height):
        for column in range(width):
            halved[row // 2, column // 2] += plane[row, column] / 4
    return halved


def naive_gradient(plane: np.ndarray) -> np.ndarray:
    """Length of the Prewitt gradient, zeros outside."""
    outside = np.pad(plane, 1)
    steepness = np.zeros(plane.shape)
    for row in range(plane.shape[0]):
        for column in range(plane.shape[1]):
            patch = outside[row : row + 3, column : column + 3]
            across = (patch[:, 2].sum() - patch[:, 0].sum()) / 3
            down = (patch[2].sum() - patch[0].sum()) / 3
            steepness[row, column] = math.hypot(across, down)
    return steepness


def make_pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    photo = draw_scene(23, 26)
    return [
        (photo, add_noise(photo, 25)),
        (photo, box_blur(photo, 2)),
        (photo, darken(photo, 45)),
        (draw_scene(24, 21), add_noise(draw_scene(24, 21, seed=5), 80)),
    ]


@pytest.mark.parametrize("case", range(4))
def test_psnr_as_defined(case: int) -> None:
    assert psnr(*make_pairs()[case]) == pytest.approx(naive_psnr(*make_pairs()[case]), abs=1e-9)


@pytest.mark.parametrize("case", range(4))
def test_ssim_as_defined(case: int) -> None:
    assert ssim(*make_pairs()[case]) == pytest.approx(naive_ssim(*make_pairs()[case]), abs=1e-5)


@pytest.mark.parametrize("case", range(4))
def test_gmsd_as_defined(case: int) -> None:
    assert gmsd(*make_pairs()[case]) == pytest.approx(naive_gmsd(*make_pairs()[case]), abs=1e-6)


def test_psnr_of_one_known_error() -> None:
    photo = np.full((8, 8, 3), 100, dtype=np.uint8)
    assert psnr(photo, photo + np.uint8(10)) == pytest.approx(20 * math.log10(25.5))
    assert psnr(photo * 0, photo * 0 + np.uint8(255)) == 0.0
    assert psnr(photo, photo) == math.inf

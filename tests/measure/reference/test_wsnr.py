"""WSNR against a plain sum over the Fourier series, and gratings whose value is known."""

import cmath
import math

import numpy as np
import pytest

from packshot.errors import InvalidInput
from packshot.measure.reference import wsnr
from packshot.measure.reference.wsnr import contrast_sensitivity
from tests.measure.reference.scenes import add_noise, box_blur, draw_scene
from tests.measure.reference.test_definitions import naive_luma


def naive_sensitivity(across: float, down: float) -> float:
    angle = math.atan2(down, across)
    frequency = math.hypot(across, down) / (0.15 * math.cos(4 * angle) + 0.85)
    if frequency < 7.8909:
        return 0.9809
    return 2.6 * (0.0192 + 0.114 * frequency) * math.exp(-((0.114 * frequency) ** 1.1))


def naive_power(plane: np.ndarray, pixels_per_degree: float) -> float:
    height, width = plane.shape
    power = 0.0
    for v in range(height):
        for u in range(width):
            terms = (
                plane[y, x] * cmath.exp(-2j * math.pi * (v * y / height + u * x / width))
                for y in range(height)
                for x in range(width)
            )
            down = (v if v <= height // 2 else v - height) / height * pixels_per_degree
            across = (u if u <= width // 2 else u - width) / width * pixels_per_degree
            power += (abs(sum(terms)) * naive_sensitivity(across, down)) ** 2
    return power


@pytest.mark.parametrize("shape", [(9, 12), (12, 9), (7, 7), (1, 1), (1, 8)], ids=str)
@pytest.mark.parametrize("pixels_per_degree", [60.0, 25.0])
def test_as_defined(shape: tuple[int, int], pixels_per_degree: float) -> None:
    photo = draw_scene(48, 48)[20:, 20:][: shape[0], : shape[1]]
    for other in (add_noise(photo, 40), 255 - photo):
        signal, error = naive_luma(photo), naive_luma(photo) - naive_luma(other)
        powers = [naive_power(plane, pixels_per_degree) for plane in (signal, error)]
        wanted = 10 * math.log10(powers[0] / powers[1])
        assert wsnr(photo, other, pixels_per_degree=pixels_per_degree) == pytest.approx(wanted, abs=1e-4)


def test_the_finest_grating_counts_by_its_sensitivity() -> None:
    flat = np.full((40, 60, 3), 100, np.uint8)
    striped = flat.copy()
    striped[:, ::2] += 10
    striped[:, 1::2] -= 10
    wanted = 20 * math.log10(0.9809 * 100 / (10 * naive_sensitivity(30, 0)))
    assert wsnr(flat, striped) == pytest.approx(wanted, abs=1e-4)


def test_the_curve_peaks_where_mannos_and_sakrison_say() -> None:
    frequencies = np.linspace(0, 60, 6001)
    curve = contrast_sensitivity(frequencies, np.zeros_like(frequencies))
    assert curve.max() == pytest.approx(0.9809, abs=1e-4)
    assert (np.diff(curve) <= 1e-4).all()
    assert curve[800] == pytest.approx(0.98, abs=0.005)


def test_a_diagonal_grating_is_seen_less_than_an_upright_one() -> None:
    root = np.sqrt(0.5)
    upright, diagonal = (
        contrast_sensitivity(np.array([20.0 * x]), np.array([20.0 * y]))[0]
        for x, y in ((1, 0), (root, root))
    )
    assert diagonal < upright
    assert diagonal == pytest.approx(naive_sensitivity(20 / 0.7, 0))


def test_fine_noise_fades_with_distance_and_a_cast_does_not() -> None:
    photo = draw_scene()
    near, far = (wsnr(photo, add_noise(photo, 30), pixels_per_degree=p) for p in (30, 120))
    assert far - near > 3
    brighter = photo // 2 + 20
    close, distant = (wsnr(photo // 2, brighter, pixels_per_degree=p) for p in (30, 120))
    assert close == pytest.approx(distant, abs=0.1)


def test_noise_is_forgiven_more_than_blur_of_the_same_error() -> None:
    photo = draw_scene()
    soft = box_blur(photo, 2)
    error = np.abs(naive_luma(photo) - naive_luma(soft)).std()
    grains = add_noise(photo, round(error * math.sqrt(3) * 1.5))
    assert wsnr(photo, grains) > wsnr(photo, soft)


def test_black_holds_no_signal() -> None:
    black = np.zeros((16, 16, 3), np.uint8)
    assert wsnr(black, black) == math.inf
    assert wsnr(black, black + np.uint8(1)) == -math.inf


@pytest.mark.parametrize("distance", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_distance_is_refused(distance: float) -> None:
    with pytest.raises(InvalidInput, match="pixels_per_degree"):
        wsnr(draw_scene(), draw_scene(), pixels_per_degree=distance)

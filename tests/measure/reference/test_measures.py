"""What every full-reference measure must hold, whatever its formula."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import InvalidInput
from packshot.measure.reference import (
    fsim,
    gmsd,
    haarpsi,
    mdsi,
    mean_ciede2000,
    ms_ssim,
    psnr,
    ssim,
    vsi,
    wsnr,
)
from tests.measure.reference.scenes import add_noise, box_blur, darken, draw_scene, permute_channels

Measure = Callable[[np.ndarray, np.ndarray], float]

BEST = {
    psnr: math.inf,
    wsnr: math.inf,
    ssim: 1.0,
    ms_ssim: 1.0,
    gmsd: 0.0,
    mdsi: 0.0,
    vsi: 1.0,
    haarpsi: 1.0,
    fsim: 1.0,
    mean_ciede2000: 0.0,
}
DISTANCES = (gmsd, mdsi, mean_ciede2000)
SMALLEST = {
    psnr: 1,
    wsnr: 1,
    ssim: 11,
    ms_ssim: 161,
    gmsd: 4,
    mdsi: 16,
    vsi: 16,
    haarpsi: 16,
    fsim: 16,
    mean_ciede2000: 1,
}
IN_COLOUR = (psnr, mdsi, vsi, haarpsi, fsim, mean_ciede2000)

every = pytest.mark.parametrize("measure", BEST, ids=lambda m: m.__name__)


def make_photo_for(measure: Measure, height: int, width: int) -> np.ndarray:
    """A scene of that size, or of the smallest the measure takes."""
    return draw_scene(max(height, SMALLEST[measure]), max(width, SMALLEST[measure]))


def quality(measure: Measure, reference: np.ndarray, distorted: np.ndarray) -> float:
    value = measure(reference, distorted)
    return -value if measure in DISTANCES else value


@every
@pytest.mark.parametrize("shape", [(300, 280), (16, 16), (47, 61), (513, 390)])
def test_equal_photos_score_best(measure: Measure, shape: tuple[int, int]) -> None:
    photo = make_photo_for(measure, *shape)
    assert measure(photo, photo.copy()) == pytest.approx(BEST[measure], abs=1e-6)


@every
@pytest.mark.parametrize("level", [0, 119, 255])
def test_equal_flat_photos_score_best(measure: Measure, level: int) -> None:
    photo = np.full_like(make_photo_for(measure, 40, 30), level)
    assert measure(photo, photo.copy()) == pytest.approx(BEST[measure], abs=1e-6)


@pytest.mark.parametrize("measure", [m for m in BEST if m not in (mdsi, wsnr)], ids=lambda m: m.__name__)
def test_order_of_the_photos_does_not_matter(measure: Measure) -> None:
    photo = draw_scene()
    for other in (add_noise(photo, 30), box_blur(photo, 2), darken(photo, 40), permute_channels(photo)):
        assert measure(photo, other) == pytest.approx(measure(other, photo), rel=1e-6)


def test_mdsi_treats_the_reference_apart() -> None:
    photo = draw_scene()
    other = box_blur(photo, 3)
    assert mdsi(photo, other) != pytest.approx(mdsi(other, photo), rel=1e-4)


@every
@pytest.mark.parametrize(
    "versions",
    [
        [add_noise(draw_scene(), amplitude) for amplitude in (2, 6, 15, 35, 70)],
        [box_blur(draw_scene(), radius) for radius in (1, 2, 3, 4)],
    ],
    ids=["noise", "blur"],
)
def test_more_damage_scores_worse(measure: Measure, versions: list[np.ndarray]) -> None:
    scores = [quality(measure, draw_scene(), version) for version in versions]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[-1] > 0.01


@pytest.mark.parametrize("measure", IN_COLOUR, ids=lambda m: m.__name__)
def test_a_change_of_colour_alone_is_seen(measure: Measure) -> None:
    photo = draw_scene()
    assert quality(measure, photo, permute_channels(photo)) < quality(
        measure, photo, add_noise(photo, 1)
    )


@every
def test_input_is_left_as_it_was(measure: Measure) -> None:
    photo = make_photo_for(measure, 64, 48)
    other = add_noise(photo, 9)
    before = photo.copy(), other.copy()
    measure(photo, other)
    assert np.array_equal(photo, before[0])
    assert np.array_equal(other, before[1])


@every
def test_read_only_and_strided_pixels_are_welcome(measure: Measure) -> None:
    side = 2 * SMALLEST[measure]
    photo = draw_scene(max(128, side), max(96, side))
    other = add_noise(photo, 9)
    wanted = measure(photo[::2, ::2].copy(), other[::2, ::2].copy())
    photo.flags.writeable = other.flags.writeable = False
    assert measure(photo[::2, ::2], other[::2, ::2]) == pytest.approx(wanted, rel=1e-6)


@every
def test_photos_of_other_sizes_are_refused(measure: Measure) -> None:
    with pytest.raises(InvalidInput, match="differ in size"):
        measure(draw_scene(170, 180), draw_scene(170, 181))


@every
@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((40, 30, 3), dtype=np.float32),
        np.zeros((40, 30, 3), dtype=np.uint16),
        np.zeros((40, 30), dtype=np.uint8),
        np.zeros((40, 30, 4), dtype=np.uint8),
        [[1, 2, 3]],
    ],
    ids=["float", "uint16", "grey", "alpha", "list"],
)
def test_what_is_not_8_bit_rgb_is_refused(measure: Measure, wrong: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="reference: expected"):
        measure(wrong, make_photo_for(measure, 40, 30))
    with pytest.raises(InvalidInput, match="distorted: expected"):
        measure(make_photo_for(measure, 40, 30), wrong)


@every
def test_the_minimum_size_is_named_and_works(measure: Measure) -> None:
    side = SMALLEST[measure]
    photo = draw_scene(200, 200)[:side, :side]
    assert math.isfinite(measure(photo, 255 - photo))
    with pytest.raises(InvalidInput, match=f"needs {side} x {side}"):
        measure(photo[:, 1:], photo[:, 1:])


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(16, 80),
    width=st.integers(16, 80),
    seeds=st.tuples(st.integers(0, 99), st.integers(100, 199)),
    levels=st.integers(1, 256),
)
def test_any_two_photos_give_a_number_in_range(
    height: int, width: int, seeds: tuple[int, int], levels: int
) -> None:
    first, second = (
        np.random.default_rng(seed).integers(0, levels, (height, width, 3), dtype=np.uint8)
        for seed in seeds
    )
    for measure in (vsi, haarpsi, fsim):
        assert 0 <= measure(first, second) <= 1 + 1e-9
    assert -1 <= ssim(first, second) <= 1 + 1e-9
    assert 0 <= gmsd(first, second) <= 0.5
    assert 0 <= mdsi(first, second) < 1.2
    assert psnr(first, second) >= 0
    assert not math.isnan(wsnr(first, second))

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.distort import LEVELS, LOOKALIKES, Kind, distort, find_family
from packshot.distort.blur import make_disc_kernel, make_line_kernel
from packshot.errors import InvalidInput


def mean_squared_error(a, b):
    return float(np.mean((a.astype(np.float64) - b) ** 2))


def test_there_are_25_kinds_of_kadid_and_nine_of_ours():
    assert len(Kind) == 34


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize("kind", Kind)
def test_effect_grows_with_level(kind, seed, picture):
    effects = [mean_squared_error(distort(picture, kind, level, seed), picture) for level in LEVELS]
    assert effects[0] > 0
    # Lossy codecs may gain a trifle from one level to the next; nothing else may.
    slack = 0.97 if kind in (Kind.JPEG, Kind.JPEG2000, Kind.WEBP) else 1.0
    assert all(after >= slack * before for before, after in pairwise(effects))
    assert effects[-1] > 2 * effects[0]


@pytest.mark.parametrize("kind", Kind)
def test_shape_type_and_determinism(kind, picture):
    before = picture.copy()
    first, again = distort(picture, kind, 3, 5), distort(picture, kind, 3, 5)
    assert first.shape == picture.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    "kind", [Kind.WHITE_NOISE, Kind.MOTION_BLUR, Kind.OVERLAY, Kind.PATCHES, Kind.UNEVEN_LIGHT]
)
def test_seed_changes_random_kinds(kind, picture):
    assert not np.array_equal(distort(picture, kind, 3, 1), distort(picture, kind, 3, 2))


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(list(Kind)),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    level=st.sampled_from(LEVELS),
)
def test_any_size_survives(kind, height, width, level):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert distort(pixels, kind, level).shape == pixels.shape


@pytest.mark.parametrize("kind", Kind)
def test_a_single_pixel_survives(kind):
    assert distort(np.full((1, 1, 3), 90, np.uint8), kind, 5).shape == (1, 1, 3)


def test_white_noise_has_the_stated_deviation():
    grey = np.full((256, 256, 3), 128, np.uint8)
    for level, sigma in zip(LEVELS, (0.025, 0.045, 0.075, 0.12, 0.2), strict=True):
        found = distort(grey, Kind.WHITE_NOISE, level).astype(float).std() / 255
        assert found == pytest.approx(sigma, rel=0.05)


def test_quantise_leaves_the_stated_tones(picture):
    for level, tones in zip(LEVELS, (20, 13, 8, 5, 3), strict=True):
        assert len(np.unique(distort(picture, Kind.QUANTISE, level))) <= tones


def test_colour_quantisation_leaves_few_colours(picture):
    damaged = distort(picture, Kind.COLOUR_QUANTISATION, 5)
    assert len(np.unique(damaged.reshape(-1, 3), axis=0)) <= 5


def test_mean_shift_adds_a_constant():
    grey = np.full((8, 8, 3), 128, np.uint8)
    for seed in range(4):
        shifted = distort(grey, Kind.MEAN_SHIFT, 2, seed).astype(int) - 128
        assert np.abs(shifted).max() == np.abs(shifted).min() == pytest.approx(0.12 * 255, abs=1)


def test_grey_stays_grey_where_only_saturation_changes():
    grey = np.full((16, 16, 3), 90, np.uint8)
    for kind in (Kind.SATURATION_HSV, Kind.SATURATION_LAB, Kind.COLOUR_DIFFUSION):
        assert np.abs(distort(grey, kind, 5).astype(int) - 90).max() <= 1


def test_kernels_sum_to_one_and_are_symmetric():
    for kernel in (make_disc_kernel(0.5), make_disc_kernel(4.2), make_line_kernel(9, 0.7)):
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        assert kernel == pytest.approx(kernel[::-1, ::-1], abs=1e-5)


def test_families_partition_the_kinds():
    members = [kind for group in LOOKALIKES for kind in group]
    assert len(members) == len(set(members))
    assert find_family("jpeg") == "jpeg"
    for group in LOOKALIKES:
        assert len({find_family(kind) for kind in group}) == 1


@pytest.mark.parametrize(
    ("pixels", "kind", "level"),
    [
        (np.zeros((4, 4, 3), np.uint8), "nonsense", 1),
        (np.zeros((4, 4, 3), np.uint8), "jpeg", 0),
        (np.zeros((4, 4, 3), np.uint8), "jpeg", 6),
        (np.zeros((4, 4), np.uint8), "jpeg", 1),
        (np.zeros((4, 4, 3), np.float32), "jpeg", 1),
        (np.zeros((0, 4, 3), np.uint8), "jpeg", 1),
    ],
)
def test_bad_input_is_refused(pixels, kind, level):
    with pytest.raises(InvalidInput):
        distort(pixels, kind, level)

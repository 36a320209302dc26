import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from packshot.errors import InvalidInput
from packshot.measure import measure_photo
from packshot.measure.limits import LIMITS, find_exceeded_limits
from packshot.report import MEASUREMENTS, Facts
from tests.measure.pictures import draw_on_white, draw_scene, make_flat

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))


def make_facts(width, height):
    return Facts(
        format="JPEG",
        byte_size=1,
        width=width,
        height=height,
        bit_depth=8,
        colour_mode="RGB",
        icc_profile=None,
        has_alpha=False,
        frames=1,
        jpeg_quality=None,
        exif={},
        had_location=False,
        extension_matches=True,
        sha256="",
    )


def check_measurements(measured):
    assert list(measured.values) == list(MEASUREMENTS)
    for key, item in measured.values.items():
        assert item.value is None or math.isfinite(item.value), key
        assert item.score is None or 0 <= item.score <= 100, key
        assert item.unit == MEASUREMENTS[key].unit
    find_exceeded_limits(measured)


@settings(max_examples=60, deadline=None)
@example(np.zeros((1, 6, 3), np.uint8))
@example(np.zeros((6, 1, 3), np.uint8))
@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_any_small_picture(pixels):
    check_measurements(measure_photo(pixels))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 2**16),
    st.integers(0, 255),
)
def test_any_drawn_picture(height, width, low, high, seed, tone):
    generator = np.random.default_rng(seed)
    values = (min(low, high), max(low, high) + 1)
    pixels = generator.integers(*values, (height, width, 3)).astype(np.uint8)
    pixels[: height // 3, : width // 2] = tone
    check_measurements(measure_photo(pixels))


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3), (16, 16), (8, 900), (64, 64)])
@pytest.mark.parametrize("tone", [0, 128, 255])
def test_blank_pictures(shape, tone):
    measured = measure_photo(make_flat(tone, shape))
    check_measurements(measured)
    assert measured.value("sharpness") is None
    assert measured.product is None


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
        [[1, 2, 3]],
    ],
)
def test_refuses_anything_else(pixels):
    with pytest.raises(InvalidInput, match=r"measure: (expected|10 x 0 is too small)"):
        measure_photo(pixels)


def test_pixels_are_not_changed_and_read_only_ones_will_do():
    pixels = draw_scene()
    before = pixels.copy()
    pixels.setflags(write=False)
    measure_photo(pixels)
    assert np.array_equal(pixels, before)


def test_views_give_the_same_as_copies():
    pixels = draw_scene()[:, ::-1]
    assert measure_photo(pixels).values == measure_photo(pixels.copy()).values


def test_same_answer_every_time():
    pixels = draw_on_white()
    assert measure_photo(pixels).values == measure_photo(pixels).values


def test_resolution_is_the_stored_one():
    measured = measure_photo(make_flat(90, (100, 50)), make_facts(4000, 3000))
    assert measured.value("resolution") == 4000
    assert measured.value("resolution_short") == 3000
    assert measured.value("megapixels") == 12
    assert measure_photo(make_flat(90, (100, 50))).value("resolution") == 100


def test_product_region_in_fractions():
    region = measure_photo(draw_on_white((100, 50, 200, 300))).product_region
    assert (region.x, region.y, region.width, region.height) == pytest.approx((0.2, 0.1, 0.4, 0.6))


def test_unknown_property():
    with pytest.raises(KeyError):
        measure_photo(make_flat(0)).value("beauty")


def test_a_clean_packshot_has_no_finding():
    picture = draw_on_white((100, 40, 600, 720), size=(800, 800))
    assert find_exceeded_limits(measure_photo(picture)) == []


def test_limits_name_known_properties():
    for limit in LIMITS:
        assert limit.measurement in MEASUREMENTS
        assert all(condition.measurement in MEASUREMENTS for condition in limit.when)

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.photo.pixels import average_blocks, average_to_side


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 40))
def test_what_is_averaged_is_less_than_twice_the_side_or_as_it_was(height, width, side):
    pixels = np.full((height, width, 3), 7, np.uint8)
    small = average_to_side(pixels, side)
    assert (small == 7).all()
    longest = max(small.shape[:2])
    assert longest >= min(side, height, width)
    assert longest < 2 * side or min(small.shape[:2]) == 1


def test_whole_squares_of_pixels_are_averaged_and_the_rest_is_dropped():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 65, 3), dtype=np.uint8)
    naive = pixels[:48, :63].reshape(16, 3, 21, 3, 3).mean(axis=(1, 3))
    assert np.abs(average_to_side(pixels, 21) - naive).max() <= 0.5


@pytest.mark.parametrize("block_side", [2, 3, 4])
@pytest.mark.parametrize("shape", [(50, 65), (50, 65, 3), (9, 7, 3)])
def test_blocks_are_averaged_as_opencv_averages_areas(block_side, shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    height, width = shape[0] // block_side, shape[1] // block_side
    cropped = pixels[: height * block_side, : width * block_side]
    expected = cv2.resize(cropped, (width, height), interpolation=cv2.INTER_AREA)
    assert np.array_equal(average_blocks(pixels, block_side), expected)


@pytest.mark.parametrize("side", [40, 60, 100])
def test_a_photo_that_is_small_enough_stays_as_it_is(side):
    pixels = np.zeros((30, 60, 3), np.uint8)
    assert average_to_side(pixels, side) is pixels

import cv2
import numpy as np
import pytest

from packshot.measure.overlay import find_frame
from packshot.measure.planes import make_planes
from tests.conftest import make_packshot


def add_frame(pixels, sides, colour):
    top, bottom, left, right = sides
    return cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour)


def detect_frame(pixels):
    planes = make_planes(pixels)
    return find_frame(planes.pixels, planes.grey)


@pytest.mark.parametrize("width", [4, 11, 30])
def test_width_and_colour_of_a_frame(picture, width):
    frame = detect_frame(add_frame(picture, (width,) * 4, (120, 250, 20)))
    assert (frame.left, frame.top, frame.right, frame.bottom) == (width,) * 4
    assert frame.colour == (120, 250, 20)
    assert frame.widest_percent == pytest.approx(100 * width / (240 + 2 * width))


def test_bars_on_two_sides_leave_the_others_at_zero(picture):
    frame = detect_frame(add_frame(picture, (20, 24, 0, 0), (0, 0, 0)))
    assert (frame.left, frame.top, frame.right, frame.bottom) == (0, 20, 0, 24)


def test_no_frame_around_photos(picture):
    assert detect_frame(picture) is None
    assert detect_frame(make_packshot()) is None


def test_tiny_pictures_have_none():
    assert detect_frame(np.zeros((8, 8, 3), np.uint8)) is None

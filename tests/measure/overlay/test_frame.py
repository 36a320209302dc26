import cv2
import numpy as np
import pytest

from packshot.measure.overlay import find_frame
from packshot.measure.planes import make_planes
from tests.conftest import make_packshot


def framed(pixels, sides, colour):
    top, bottom, left, right = sides
    return cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour)


def found(pixels):
    planes = make_planes(pixels)
    return find_frame(planes.pixels, planes.grey)


@pytest.mark.parametrize("width", [4, 11, 30])
def test_width_and_colour_of_a_frame(picture, width):
    frame = found(framed(picture, (width,) * 4, (120, 250, 20)))
    assert (frame.left, frame.top, frame.right, frame.bottom) == (width,) * 4
    assert frame.colour == (120, 250, 20)
    assert frame.widest == pytest.approx(100 * width / (240 + 2 * width))


def test_bars_on_two_sides_leave_the_others_at_zero(picture):
    frame = found(framed(picture, (20, 24, 0, 0), (0, 0, 0)))
    assert (frame.left, frame.top, frame.right, frame.bottom) == (0, 20, 0, 24)


def test_no_frame_around_photos(picture):
    assert found(picture) is None
    assert found(make_packshot()) is None


def test_tiny_pictures_have_none():
    assert found(np.zeros((8, 8, 3), np.uint8)) is None

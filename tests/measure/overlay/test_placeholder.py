import cv2
import numpy as np
import pytest

from packshot.measure.background import find_background
from packshot.measure.overlay import is_placeholder
from packshot.measure.planes import make_planes
from tests.conftest import make_packshot, make_picture


def symbol(tone=150, ground=240):
    picture = np.full((500, 600, 3), ground, np.uint8)
    cv2.rectangle(picture, (200, 180), (400, 330), (tone,) * 3, -1)
    cv2.circle(picture, (300, 255), 45, (ground,) * 3, 12, cv2.LINE_AA)
    return picture


def judged(pixels, lettering=None):
    planes = make_planes(pixels)
    return is_placeholder(planes, find_background(planes.small), lettering)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (30, 90, 160)])
def test_blank_pictures_of_any_colour(colour):
    assert judged(np.full((300, 400, 3), colour, np.uint8))


def test_a_flat_grey_symbol_also_after_jpeg():
    assert judged(symbol())
    coded = cv2.imencode(".jpg", symbol(), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    assert judged(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def test_nothing_but_words_counts_once_they_are_known_to_be_words():
    picture = np.full((300, 600, 3), 240, np.uint8)
    cv2.putText(picture, "No image", (120, 170), 0, 2, (120, 120, 120), 4, cv2.LINE_AA)
    small = make_planes(picture).small
    lettering = small.min(axis=2) < 235
    assert judged(picture, lettering)


def test_photos_are_none():
    assert not judged(make_packshot())
    assert not judged(make_picture(240, 320))


def test_shading_colour_and_black_speak_against_it():
    shaded = symbol()
    slope = np.linspace(-60, 60, 200).astype(int)[None, :, None]
    shaded[180:330, 200:400] = np.clip(150 + slope, 0, 255)
    assert not judged(shaded)
    coloured = symbol()
    coloured[180:330, 200:400] = (200, 40, 40)
    assert not judged(coloured)
    assert not judged(symbol(tone=5))

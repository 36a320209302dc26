import cv2
import numpy as np
import pytest

from packshot.measure.background import find_background
from packshot.measure.overlay import is_placeholder
from packshot.measure.planes import make_planes
from tests.conftest import make_packshot, make_picture


def draw_symbol(tone=150, ground=240):
    picture = np.full((500, 600, 3), ground, np.uint8)
    cv2.rectangle(picture, (200, 180), (400, 330), (tone,) * 3, -1)
    cv2.circle(picture, (300, 255), 45, (ground,) * 3, 12, cv2.LINE_AA)
    return picture


def detect_placeholder(pixels, lettering=None):
    planes = make_planes(pixels)
    return is_placeholder(planes, find_background(planes.small), lettering)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (30, 90, 160)])
def test_blank_pictures_of_any_colour(colour):
    assert detect_placeholder(np.full((300, 400, 3), colour, np.uint8))


def test_a_flat_grey_symbol_also_after_jpeg():
    assert detect_placeholder(draw_symbol())
    coded = cv2.imencode(".jpg", draw_symbol(), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    assert detect_placeholder(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def test_nothing_but_words_counts_once_they_are_known_to_be_words():
    picture = np.full((300, 600, 3), 240, np.uint8)
    cv2.putText(picture, "No image", (120, 170), 0, 2, (120, 120, 120), 4, cv2.LINE_AA)
    small = make_planes(picture).small
    lettering = small.min(axis=2) < 235
    assert detect_placeholder(picture, lettering)


def test_photos_are_none():
    assert not detect_placeholder(make_packshot())
    assert not detect_placeholder(make_picture(240, 320))


def test_shading_colour_and_black_speak_against_it():
    shaded = draw_symbol()
    slope = np.linspace(-60, 60, 200).astype(int)[None, :, None]
    shaded[180:330, 200:400] = np.clip(150 + slope, 0, 255)
    assert not detect_placeholder(shaded)
    coloured = draw_symbol()
    coloured[180:330, 200:400] = (200, 40, 40)
    assert not detect_placeholder(coloured)
    assert not detect_placeholder(draw_symbol(tone=5))


def draw_words(picture, words, across, down, tone):
    place, ink = (across, down), (tone,) * 3
    cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, 1, ink, 2, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("tone", [0, 130, 190])
@pytest.mark.parametrize("quality", [70, 92])
def test_rows_of_letters_of_any_tone_without_a_reader(tone, quality):
    picture = np.full((400, 600, 3), 245, np.uint8)
    draw_words(picture, "NO PICTURE YET", 160, 190, tone)
    draw_words(picture, "come back soon", 170, 240, tone)
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    assert detect_placeholder(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def test_a_symbol_with_words_under_it():
    assert detect_placeholder(draw_words(draw_symbol(), "Image not found", 170, 400, 150))


@pytest.mark.parametrize(("tone", "ground"), [(225, 255), (255, 225), (90, 210)])
def test_pale_and_light_symbols(tone, ground):
    assert detect_placeholder(draw_symbol(tone, ground))


def test_a_symbol_on_a_sloping_ground():
    slope = np.linspace(0, -25, 500).astype(int)[:, None, None]
    assert detect_placeholder(np.clip(draw_symbol() + slope, 0, 255).astype(np.uint8))


def test_dark_handles_on_a_pale_product_are_no_letters():
    chest = np.full((400, 600, 3), 255, np.uint8)
    chest[120:300, 100:500] = np.linspace(248, 215, 400).astype(int)[None, :, None]
    for left in range(130, 470, 60):
        chest[200:206, left : left + 24] = 30
    assert not detect_placeholder(chest)


def test_few_things_in_a_row_are_no_letters():
    row = np.full((400, 600, 3), 255, np.uint8)
    for left in (100, 260, 420):
        cv2.circle(row, (left, 200), 14, (20, 20, 20), 4, cv2.LINE_AA)
    assert not detect_placeholder(row)

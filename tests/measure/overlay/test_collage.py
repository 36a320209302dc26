import cv2
import numpy as np
import pytest

from packshot.measure import overlay
from packshot.measure.background import find_background
from packshot.measure.planes import make_planes
from tests.conftest import make_packshot, make_picture


def detect_panels(pixels):
    planes = make_planes(pixels)
    return overlay.find_panels(planes, find_background(planes.small))


def make_smooth_noise(height, width, seed):
    """Blurred noise in a colour of its own: nothing in it is straight."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(0, 1, (height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 6)
    return np.clip(60 + 60 * (seed % 3) + 400 * smooth, 0, 255).astype(np.uint8)


def make_strip(height, width, colour):
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize("gap", [0, 4, 10])
def test_two_side_by_side(gap):
    parts = [
        make_smooth_noise(200, 140, 0),
        make_strip(200, gap, (255, 255, 255)),
        make_smooth_noise(200, 150, 1),
    ]
    left, right = detect_panels(np.hstack(parts))
    assert left.right == pytest.approx(140, abs=2)
    assert right.left == pytest.approx(140 + gap, abs=2)
    assert (left.height, right.height) == (200, 200)


def test_a_turned_collage_has_turned_panels():
    collage = np.hstack([make_smooth_noise(200, 140, 0), make_smooth_noise(200, 150, 1)])
    upper, lower = detect_panels(np.ascontiguousarray(collage.transpose(1, 0, 2)))
    assert upper.bottom == lower.top == pytest.approx(140, abs=2)


def test_four_pictures():
    rows = [
        np.hstack([make_smooth_noise(140, 150, seed), make_smooth_noise(140, 150, seed + 1)])
        for seed in (0, 4)
    ]
    assert len(detect_panels(np.vstack(rows))) == 4


def test_three_of_which_two_stand_under_one_another():
    right = np.vstack([make_smooth_noise(240, 300, 1), make_smooth_noise(240, 300, 2)])
    assert len(detect_panels(np.hstack([make_smooth_noise(480, 300, 0), right]))) == 3


def test_single_pictures():
    assert len(detect_panels(make_picture(240, 320))) == 1
    assert len(detect_panels(make_packshot())) == 1
    assert len(detect_panels(make_smooth_noise(200, 300, 0))) == 1
    assert len(detect_panels(np.zeros((10, 10, 3), np.uint8))) == 1


def test_where_wall_and_floor_meet_is_no_seam():
    room = np.vstack([make_strip(120, 300, (200, 190, 180)), make_strip(100, 300, (90, 60, 40))])
    assert len(detect_panels(room)) == 1


def resize(pixels, scale):
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("scale", [0.93, 0.71, 0.58])
@pytest.mark.parametrize("gap", [0, 5])
def test_seams_that_shrinking_has_softened(scale, gap):
    parts = [
        make_smooth_noise(700, 400, 0),
        make_strip(700, gap, (20, 20, 20)),
        make_smooth_noise(700, 380, 1),
    ]
    left, right = detect_panels(resize(np.hstack(parts), scale))
    assert left.right == pytest.approx(400 * scale, abs=3)
    assert right.left == pytest.approx((400 + gap) * scale, abs=3)


def test_a_gutter_as_dark_as_one_of_the_pictures():
    night = np.clip(make_smooth_noise(500, 300, 2).astype(int) - 150, 0, 255).astype(np.uint8)
    pictures = [night, make_strip(500, 12, (0, 0, 0)), make_smooth_noise(500, 300, 1)]
    assert len(detect_panels(np.hstack(pictures))) == 2


@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_thin_lines_between_products_on_white(width):
    white, product = make_strip(600, 300, (255, 255, 255)), make_smooth_noise(400, 200, 1)
    white[100:500, 50:250] = product
    line = make_strip(600, width, (150, 150, 150))
    panels = detect_panels(np.hstack([white, line, white, line, white]))
    assert [panel.left for panel in panels] == pytest.approx([0, 300 + width, 600 + 2 * width], abs=3)


def test_a_line_that_wavers_by_pixels_is_no_seam():
    picture = np.vstack([make_smooth_noise(300, 600, 0), make_smooth_noise(300, 600, 1)])
    wavering = np.rint(4 * np.sin(np.arange(600) / 40)).astype(int)
    for column, down in enumerate(wavering):
        picture[:, column] = np.roll(picture[:, column], down, axis=0)
    assert len(detect_panels(picture)) == 1


def test_a_horizon_under_which_the_water_mirrors_the_sky():
    sky = make_smooth_noise(300, 600, 0)
    water = (sky[::-1] * 0.55).astype(np.uint8)
    assert len(detect_panels(np.vstack([sky, water]))) == 1


def test_two_products_on_white_are_one_picture():
    white, rounded = make_strip(220, 300, (255, 255, 255)), np.zeros((216, 120), np.uint8)
    rounded[12:204, 12:108] = 1
    rounded = cv2.dilate(rounded, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25)))
    for left in (20, 160):
        white[2:218, left : left + 120][rounded == 1] = make_smooth_noise(216, 120, left)[rounded == 1]
    assert len(detect_panels(white)) == 1


def lay_on_white(pictures, gap=12):
    """Pictures side by side with white between and around them."""
    height, white = pictures[0].shape[0], (255, 255, 255)
    parts = [item for one in pictures for item in (one, make_strip(height, gap, white))][:-1]
    margin = (gap,) * 4
    return cv2.copyMakeBorder(np.hstack(parts), *margin, cv2.BORDER_CONSTANT, value=white)


def test_photos_laid_on_white():
    pictures = [np.minimum(make_smooth_noise(500, 300, seed), 235) for seed in (0, 1, 0)]
    panels = detect_panels(lay_on_white(pictures))
    assert [panel.left for panel in panels] == pytest.approx([12, 324, 636], abs=4)
    assert [panel.right for panel in panels] == pytest.approx([312, 624, 936], abs=4)
    assert {(panel.top, panel.bottom) for panel in panels} == {(panels[0].top, panels[0].bottom)}


def test_boxes_of_one_colour_beside_one_another_are_products():
    boxes = [make_strip(500, 300, (40, 90, 160)), make_strip(500, 300, (160, 40, 40))]
    for box in boxes:
        box[60:440, 60:240] = make_smooth_noise(380, 180, 1)
    assert len(detect_panels(lay_on_white(boxes))) == 1


def test_round_products_beside_one_another_are_no_panels():
    picture = np.minimum(make_smooth_noise(500, 300, 0), 235)
    cover = cv2.ellipse(np.zeros((500, 300), np.uint8), (150, 250), (148, 248), 0, 0, 360, 1, -1)
    product = np.where(cover[..., None] == 1, picture, np.uint8(255))
    assert len(detect_panels(lay_on_white([product, product]))) == 1


def test_one_photo_in_a_white_margin_is_no_collage():
    assert len(detect_panels(lay_on_white([np.minimum(make_smooth_noise(500, 700, 0), 235)]))) == 1

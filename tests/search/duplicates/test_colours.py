import cv2
import numpy as np
import pytest

from packshot.search.duplicates.colours import colour_histogram, colour_likeness


def draw_product(colour, background=(255, 255, 255), side=200):
    pixels = np.full((side, side, 3), background, np.uint8)
    cv2.circle(pixels, (side // 2, side // 2), side // 3, colour, -1)
    return pixels


def compute_likeness(one, two):
    return colour_likeness(colour_histogram(one), colour_histogram(two))


def test_only_the_product_counts():
    red, blue = (200, 30, 40), (40, 60, 190)
    assert compute_likeness(draw_product(red), draw_product(red, background=(10, 10, 10))) > 0.85
    assert compute_likeness(draw_product(red), draw_product(red, side=90)) > 0.85
    assert compute_likeness(draw_product(red), draw_product(blue)) < 0.1


def test_a_set_has_half_of_its_colours_from_each_part():
    both = np.hstack([draw_product((200, 30, 40)), draw_product((40, 60, 190))])
    assert compute_likeness(both, draw_product((200, 30, 40))) == pytest.approx(0.5, abs=0.08)
    assert compute_likeness(both, np.ascontiguousarray(both[:, ::-1])) > 0.9


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 400, 3), (50, 50, 3)])
def test_a_photo_of_one_colour_has_that_colour(shape):
    histogram = colour_histogram(np.full(shape, 120, np.uint8))
    assert histogram.sum() == pytest.approx(1)
    assert histogram.max() > 0.3

import numpy as np
import pytest

from packshot.search.duplicates.frames import (
    Box,
    compute_coverage,
    decompose_map,
    find_content_box,
    full_box,
    invert_map,
    list_orientations,
    map_box_onto,
    warp,
)


@pytest.mark.parametrize(("mirrored", "quarters"), list_orientations())
def test_a_box_laid_over_another_turns_the_picture(picture, mirrored, quarters):
    turned = np.rot90(picture[:, ::-1] if mirrored else picture, -quarters)
    mapping = map_box_onto(full_box(picture), full_box(turned), mirrored, quarters)
    size = (turned.shape[1], turned.shape[0])
    assert np.abs(warp(picture, mapping, size) - turned).max() < 1
    placed = decompose_map(mapping)
    assert (placed.mirrored, placed.quarter_turns) == (mirrored, quarters)
    assert placed.scale == pytest.approx(1)
    assert placed.tilt == pytest.approx(0, abs=1e-9)


def test_shrinking_averages(picture):
    half = Box(0, 0, picture.shape[1] / 2, picture.shape[0] / 2)
    mapping = map_box_onto(full_box(picture), half, False, 0)
    small = warp(picture, mapping, (160, 120))
    expected = picture.reshape(120, 2, 160, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - expected)[4:-4, 4:-4].mean() < 3
    assert decompose_map(invert_map(mapping)).scale == pytest.approx(2)


def test_covered_is_what_the_box_reaches_less_a_rim():
    mapping = map_box_onto(Box(0, 0, 10, 10), Box(5, 0, 15, 10), False, 0)
    mask = compute_coverage(Box(0, 0, 10, 10), mapping, (12, 10))
    assert mask.shape == (10, 12)
    assert not mask[:, :5].any()
    assert mask[3:7, 7:11].all()


def test_content_box_takes_off_margins_of_one_colour(packshot_picture):
    box = find_content_box(packshot_picture)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((100, 100, 400, 300), abs=2)


@pytest.mark.parametrize("pixels", [np.full((9, 7, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)])
def test_nothing_is_taken_off_a_blank_photo(pixels):
    assert find_content_box(pixels) == full_box(pixels)

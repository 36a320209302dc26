import cv2
import numpy as np
import pytest

from packshot.encode.overlay import (
    INPUT_SIDE,
    STRIDE,
    OverlayNetwork,
    pad_to_multiple,
    resize_for_network,
)
from tests.conftest import make_packshot


@pytest.fixture(scope="module")
def network():
    return OverlayNetwork.load_shipped()


@pytest.mark.parametrize("size", [(300, 400), (1024, 700), (30, 900), (448, 448), (1, 700), (20, 20)])
def test_photos_keep_their_shape_and_are_continued_to_multiples_of_sixteen(size):
    small = resize_for_network(np.zeros((*size, 3), np.uint8))
    assert max(small.shape[:2]) == INPUT_SIDE
    assert min(small.shape[:2]) == pytest.approx(max(1, INPUT_SIDE * min(size) / max(size)), abs=1)
    view = pad_to_multiple(small)
    assert view.shape[0] % 16 == view.shape[1] % 16 == 0
    assert all(0 <= wide - side < 16 for wide, side in zip(view.shape[:2], small.shape[:2], strict=True))


def test_half_a_photo_is_the_mean_of_four_pixels(picture):
    large = cv2.resize(picture, (2 * INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_LINEAR)
    naive = large.reshape(INPUT_SIDE // 2, 2, INPUT_SIDE, 2, 3).mean(axis=(1, 3))
    assert np.abs(resize_for_network(large) - naive).max() <= 0.5


def test_what_is_added_repeats_the_last_pixels(picture):
    small = resize_for_network(picture)
    view = pad_to_multiple(small)
    height, width = small.shape[:2]
    np.testing.assert_array_equal(view[:height, :width], small)
    assert (view[height:, :width] == small[-1]).all()
    assert (view[:height, width:] == small[:, -1:]).all()


@pytest.mark.parametrize("size", [(240, 320), (768, 501), (700, 9), (3, 500)])
def test_maps_cover_the_photo_at_a_quarter_of_the_side(network, size):
    maps = network.predict(np.full((*size, 3), 180, np.uint8))
    assert maps.text.shape == maps.watermark.shape
    assert maps.text.shape == tuple(
        max(1, round(side / STRIDE))
        for side in resize_for_network(np.zeros((*size, 3), np.uint8)).shape[:2]
    )
    assert 0 <= maps.text.min() <= maps.text.max() <= 1


def test_large_text_on_white_is_likelier_than_none(network):
    photo = make_packshot()
    photo_with_text = photo.copy()
    cv2.putText(
        photo_with_text,
        "SALE 50% OFF",
        (90, 60),
        cv2.FONT_HERSHEY_DUPLEX,
        1.5,
        (200, 0, 0),
        3,
        cv2.LINE_AA,
    )
    assert network.predict(photo_with_text).text.max() > 0.8
    assert network.predict(photo).text.max() < 0.5

import cv2
import numpy as np
import pytest

from packshot.encode.overlay import OverlayNetwork, seen
from tests.conftest import make_packshot


@pytest.fixture(scope="module")
def network():
    return OverlayNetwork.packaged()


@pytest.mark.parametrize("size", [(300, 400), (1024, 700), (30, 900), (448, 448)])
def test_sides_are_multiples_of_sixteen_and_near_the_photos_shape(size):
    view = seen(np.zeros((*size, 3), np.uint8))
    assert view.shape[0] % 16 == view.shape[1] % 16 == 0
    assert max(view.shape[:2]) == 448
    assert min(view.shape[:2]) == pytest.approx(448 * min(size) / max(size), abs=24)


def test_maps_cover_the_photo_at_a_quarter_of_the_side(network, picture):
    maps = network.look(picture)
    assert maps.text.shape == maps.watermark.shape
    assert maps.text.shape == tuple(side // 4 for side in seen(picture).shape[:2])
    assert 0 <= maps.text.min() <= maps.text.max() <= 1


def test_large_text_on_white_is_likelier_than_none(network):
    photo = make_packshot()
    lettered = photo.copy()
    cv2.putText(
        lettered, "SALE 50% OFF", (90, 60), cv2.FONT_HERSHEY_DUPLEX, 1.5, (200, 0, 0), 3, cv2.LINE_AA
    )
    assert network.look(lettered).text.max() > 0.8
    assert network.look(photo).text.max() < 0.5

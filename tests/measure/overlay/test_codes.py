import cv2
import numpy as np
import pytest

from packshot.measure.overlay import find_qr_codes


def make_qr_code(side):
    image = cv2.QRCodeEncoder_create().encode("https://shop.example.net/4711")
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_NEAREST)


@pytest.fixture
def grey(picture):
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (800, 600))


def test_corners_lie_on_the_code(grey):
    grey[50:250, 100:300] = make_qr_code(200)
    (found,) = find_qr_codes(grey)
    # The encoder leaves two modules of 33 white on every side.
    inner = 200 * 2 / 33
    assert found.corners.min(axis=0) == pytest.approx([100 + inner, 50 + inner], abs=4)
    assert found.corners.max(axis=0) == pytest.approx([300 - inner, 250 - inner], abs=4)


def test_every_code_counts(grey):
    grey[50:250, 100:300] = make_qr_code(200)
    grey[300:480, 500:680] = make_qr_code(180)
    assert len(find_qr_codes(grey)) == 2


def test_turned_codes_are_found(grey):
    grey[50:250, 100:300] = make_qr_code(200)
    assert len(find_qr_codes(np.rot90(grey))) == 1


def test_none_in_photos_or_in_nothing(grey):
    assert find_qr_codes(grey) == []
    assert find_qr_codes(np.full((20, 20), 255, np.uint8)) == []
    squares = np.full((400, 400), 255, np.uint8)
    squares[50:120, 50:120] = squares[50:120, 250:320] = squares[250:320, 50:120] = 0
    assert find_qr_codes(squares) == []

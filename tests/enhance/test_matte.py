import cv2
import numpy as np
import pytest

from packshot.encode.mask import MaskNetwork
from packshot.enhance.matte import Matte, estimate_matte, lay_on_white, take_off_white
from packshot.photo import Photo
from packshot.report import AbstentionReason
from tests.conftest import ROOT
from tests.measure.pictures import draw_on_white, draw_scene


@pytest.fixture(scope="module")
def network():
    return MaskNetwork.load_shipped()


def draw_disc(ground, colour=(40, 60, 160), side=400):
    """A disc with a soft rim, on a ground; and how much of each pixel it covers."""
    y, x = np.mgrid[:side, :side] - side / 2
    alpha = np.clip(120.5 - np.hypot(x, y), 0, 1)[..., None]
    mixed = alpha * np.float64(colour) + (1 - alpha) * ground
    return np.rint(mixed).astype(np.uint8), alpha[..., 0]


@pytest.mark.parametrize("ground", [(255, 255, 255), (200, 190, 60), (30, 120, 60)])
def test_the_matte_is_the_share_of_each_pixel(network, ground):
    picture, alpha = draw_disc(np.float64(ground))
    matte = estimate_matte(picture, network)
    assert isinstance(matte, Matte)
    assert np.abs(matte.alpha / 255 - alpha).mean() < 0.005
    is_rim = (alpha > 0.1) & (alpha < 0.9)
    assert np.abs(matte.alpha / 255 - alpha)[is_rim].mean() < 0.12


def test_a_sloping_ground_goes_whole_and_the_product_stays(network):
    slope = np.linspace(0.94, 1, 400)[None, :, None] * np.float64((210, 160, 90))
    picture, alpha = draw_disc(slope)
    matte = estimate_matte(picture, network)
    white = lay_on_white(picture, matte)
    assert (white[alpha == 0] == 255).mean() > 0.99
    inside = cv2.erode((alpha == 1).astype(np.uint8), np.ones((9, 9))) > 0
    np.testing.assert_array_equal(white[inside], picture[inside])


def test_on_white_and_off_again_look_alike(network):
    picture, _ = draw_disc(np.float64((90, 140, 200)))
    matte = estimate_matte(picture, network)
    white = lay_on_white(picture, matte)
    rgba = take_off_white(white, matte.alpha).astype(float)
    share = rgba[..., 3:] / 255
    again = rgba[..., :3] * share + 255 * (1 - share)
    assert np.abs(again - white).max() <= 1


@pytest.mark.parametrize(
    ("picture", "reasons"),
    [
        (draw_scene(), {AbstentionReason.NO_PRODUCT, AbstentionReason.NOT_PLAIN}),
        (
            draw_on_white((100, 100, 200, 200), (400, 400), colour=(247, 247, 247)),
            {
                AbstentionReason.FAINT_OUTLINE,
                AbstentionReason.NO_PRODUCT,
                AbstentionReason.UNSURE_MASK,
            },
        ),
    ],
)
def test_abstains_where_nothing_stands_out(network, picture, reasons):
    assert estimate_matte(picture, network) in reasons


def test_a_real_product_keeps_its_inside(network):
    pixels = Photo.open(ROOT / "examples" / "photos" / "mug.jpg").pixels
    matte = estimate_matte(pixels, network)
    assert isinstance(matte, Matte)
    assert 0.1 < matte.alpha.mean() / 255 < 0.8
    height, width = matte.alpha.shape
    assert matte.alpha[0, 0] == 0
    assert matte.alpha[height // 2, width // 2] == 255

"""CIEDE2000 against the published test data, and against scikit-image."""

import numpy as np
import pytest

from packshot.errors import InvalidInput
from packshot.measure.reference import ciede2000, mean_ciede2000, rgb_to_lab
from tests.measure.reference.scenes import add_noise, draw_scene, permute_channels

# Sharma, Wu, Dalal 2005, Table 1: L1 a1 b1, L2 a2 b2, CIEDE2000. They find every branch.
PUBLISHED = [
    (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
    (50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615),
    (50.0, 2.8361, -74.0200, 50.0, 0.0, -82.7485, 3.4412),
    (50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
    (50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669),
    (50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0009, 7.1792),
    (50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0010, 7.1792),
    (50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0011, 7.2195),
    (50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0012, 7.2195),
    (50.0, -0.0010, 2.4900, 50.0, 0.0009, -2.4900, 4.8045),
    (50.0, -0.0010, 2.4900, 50.0, 0.0010, -2.4900, 4.8045),
    (50.0, -0.0010, 2.4900, 50.0, 0.0011, -2.4900, 4.7461),
    (50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065),
    (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
    (50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977),
    (50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030),
    (50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535),
    (50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]


@pytest.fixture(scope="module")
def skimage_color():
    return pytest.importorskip("skimage.color", reason="needs scikit-image: make setup-train")


def test_the_published_pairs_are_all_there() -> None:
    assert len(PUBLISHED) == 34


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row[-1]}")
def test_published_pairs(row: tuple[float, ...]) -> None:
    first, second = (np.array(row[start : start + 3]).reshape(1, 1, 3) for start in (0, 3))
    assert ciede2000(first, second).item() == pytest.approx(row[-1], abs=5.1e-5)
    assert ciede2000(second, first).item() == pytest.approx(row[-1], abs=5.1e-5)


@pytest.mark.dev_all
def test_lab_of_all_greys_and_corners_agrees_with_scikit_image(skimage_color) -> None:
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)], np.uint8)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    for colours in (corners, greys):
        pixels = colours[None]
        assert rgb_to_lab(pixels).dtype == np.float32
        assert rgb_to_lab(pixels) == pytest.approx(skimage_color.rgb2lab(pixels), abs=0.02)


def test_greys_have_no_colour_and_white_is_a_hundred() -> None:
    lab = rgb_to_lab(np.array([[[255] * 3, [119] * 3, [0] * 3]], np.uint8))[0]
    assert lab[0] == pytest.approx((100, 0, 0), abs=0.02)
    assert np.abs(lab[:, 1:]).max() < 0.02
    assert lab[2] == pytest.approx((0, 0, 0), abs=1e-4)


@pytest.mark.dev_all
@pytest.mark.parametrize("change", [permute_channels, lambda p: add_noise(p, 20), lambda p: 255 - p])
def test_a_photo_agrees_with_scikit_image(skimage_color, change) -> None:
    first = rgb_to_lab(draw_scene(150, 131))
    second = rgb_to_lab(change(draw_scene(150, 131)))
    wanted = skimage_color.deltaE_ciede2000(first.astype(np.float64), second.astype(np.float64))
    got = ciede2000(first, second)
    assert got.shape == wanted.shape
    assert got.dtype == np.float32
    assert got == pytest.approx(wanted, abs=2e-3)


def test_the_picture_level_is_the_mean_of_the_map() -> None:
    photo, other = draw_scene(70, 60), add_noise(draw_scene(70, 60), 30)
    wanted = ciede2000(rgb_to_lab(photo), rgb_to_lab(other)).mean()
    assert mean_ciede2000(photo, other) == pytest.approx(wanted, abs=2e-3)
    assert mean_ciede2000(photo, photo) == 0.0


def test_rows_beyond_a_band_are_compared_too() -> None:
    first = rgb_to_lab(draw_scene(200, 20))
    second = first.copy()
    second[170] += (5, 0, 0)
    differences = ciede2000(first, second)
    assert np.flatnonzero(differences.any(axis=1)).tolist() == [170]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((4, 5, 3), np.uint8), "floating Lab values"),
        ([[1.0, 2.0, 3.0]], "floating Lab values"),
        (np.zeros((4, 5)), "expected Lab values"),
        (np.zeros((4, 5, 4)), "expected Lab values"),
        (np.zeros((0, 5, 3)), "expected Lab values"),
    ],
    ids=["uint8", "list", "plane", "alpha", "empty"],
)
def test_what_is_not_lab_is_refused(wrong, message) -> None:
    good = np.zeros((4, 5, 3))
    with pytest.raises(InvalidInput, match=f"first: .*{message}"):
        ciede2000(wrong, good)
    with pytest.raises(InvalidInput, match=f"second: .*{message}"):
        ciede2000(good, wrong)


def test_lab_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="differ in size"):
        ciede2000(np.zeros((4, 5, 3)), np.zeros((4, 6, 3)))

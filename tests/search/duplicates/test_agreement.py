import cv2
import numpy as np
import pytest

from packshot.photo import Photo
from packshot.search.duplicates.agreement import measure_agreement
from packshot.search.duplicates.view import PhotoView
from tests.conftest import make_packshot

IDENTITY = np.eye(3)


def make_view(pixels):
    return PhotoView.from_photo(Photo.from_pixels(np.ascontiguousarray(pixels)))


@pytest.fixture(scope="module")
def product():
    return make_packshot(box=(80, 90, 200, 160), size=(380, 340))


def compute_matches_naively(one, two):
    """Shares of structure found in the other, window by window."""
    shares, window = [[0.0, 0.0], [0.0, 0.0]], 4
    for y in range(window, one.shape[0] - window, 3):
        for x in range(window, one.shape[1] - window, 3):
            a = one[y - window : y + window + 1, x - window : x + window + 1].ravel()
            b = two[y - window : y + window + 1, x - window : x + window + 1].ravel()
            covariance = np.mean((a - a.mean()) * (b - b.mean()))
            same = covariance / (a.std() * b.std() + 12) > 0.5
            for share, spread in zip(shares, (a.std(), b.std()), strict=True):
                weight = min(max(spread - 3, 0), 24)
                share[0] += weight * same
                share[1] += weight
    return [same / total for same, total in shares]


def to_smooth_grey(pixels):
    smooth = cv2.GaussianBlur(cv2.GaussianBlur(pixels, (0, 0), 0.1).astype(np.float32), (0, 0), 0.8)
    return cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float64)


def test_explained_is_a_share_of_structure(product):
    other = product.copy()
    other[90:250, 80:180] = np.random.default_rng(0).integers(0, 255, (160, 100, 3))
    found = measure_agreement(make_view(product), make_view(other), IDENTITY)
    first, second = compute_matches_naively(to_smooth_grey(product), to_smooth_grey(other))
    assert found.matched_first == pytest.approx(first, abs=0.03)
    assert found.matched_second == pytest.approx(second, abs=0.03)
    assert 0.4 < found.matched_second < found.matched_first < 0.95


def test_paint_is_told_from_another_thing(product):
    marked, busy = product.copy(), product.copy()
    cv2.putText(marked, "SAMPLE", (30, 200), 0, 2.6, (220, 20, 30), 9, cv2.LINE_AA)
    marked = np.rint(product * 0.3 + marked * 0.7).astype(np.uint8)
    blocks = np.random.default_rng(1).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    busy[20:80, 40:200] = cv2.resize(blocks, (160, 60), interpolation=cv2.INTER_NEAREST)
    watermark = measure_agreement(make_view(product), make_view(marked), IDENTITY)
    thing = measure_agreement(make_view(product), make_view(busy), IDENTITY)
    assert watermark.overlay_share > 0.03
    assert watermark.paint_share > 0.75
    assert thing.overlay_share > 0.04
    assert thing.paint_share < 0.5
    assert measure_agreement(make_view(product), make_view(product), IDENTITY).paint_share == 1


def test_what_a_mark_leaves_uncovered_is_compared_apart(product):
    marked = product.copy()
    for row in (90, 170, 250, 330):
        cv2.putText(marked, "SAMPLE", (0, row), 0, 2.8, (40, 40, 40), 22)
    found = measure_agreement(make_view(product), make_view(marked), IDENTITY)
    assert min(found.matched_first, found.matched_second) < 0.6
    assert found.clear_agreement > 0.95
    assert 0.05 < found.visible_share < 0.8
    assert found.colour_change < 5  # the fit is not drawn to the mark
    untouched = measure_agreement(make_view(product), make_view(product), IDENTITY)
    assert untouched.clear_agreement > 0.99
    assert untouched.visible_share == 1


def test_the_rim_tells_whether_the_background_changed(product):
    toned = np.clip(product * [0.7, 0.8, 0.9], 0, 255).astype(np.uint8)
    found = measure_agreement(make_view(product), make_view(toned), IDENTITY)
    edge = np.concatenate([(toned.astype(float) - product)[side] for side in (0, -1)])
    assert found.rim_change == pytest.approx(np.sqrt((edge**2).mean()), abs=3)
    kept = np.where((product > 245).all(axis=2, keepdims=True), product, toned)
    assert measure_agreement(make_view(product), make_view(kept), IDENTITY).rim_change < 3


def test_letters_on_weak_texture_are_no_parts():
    texture = np.random.default_rng(3).normal(0, 9, (300, 300, 1))
    cloth = np.clip(cv2.GaussianBlur(texture, (0, 0), 1.5)[..., None] * 3 + [60, 70, 120], 0, 255)
    cloth = cloth.astype(np.uint8)
    written = cloth.copy()
    cv2.putText(written, "SHOP", (20, 180), 0, 3, (220, 30, 40), 20)
    see_through = np.rint(0.6 * cloth + 0.4 * written).astype(np.uint8)
    found = measure_agreement(make_view(cloth), make_view(see_through), IDENTITY)
    assert found.overlay_share > 0.03
    assert found.recoloured_share < 0.01


def test_overlap_and_what_lies_outside(product):
    moved = np.eye(3)
    moved[0, 2] = product.shape[1] / 2
    found = measure_agreement(
        make_view(product), make_view(product[:, : product.shape[1] // 2]), np.eye(3)
    )
    assert found.overlap_first == pytest.approx(0.5, abs=0.01)
    assert found.overlap_second > 0.98
    assert found.outside_deviation_first > 10
    assert found.outside_deviation_second == 0
    moved[0, 2] = 10 * product.shape[1]
    assert measure_agreement(make_view(product), make_view(product), moved) is None


def test_one_change_of_all_colours_is_measured(product):
    toned = np.clip(product.astype(float) * [0.9, 1, 1.02] + [0, -12, 3], 0, 255).astype(np.uint8)
    found = measure_agreement(make_view(product), make_view(toned), IDENTITY)
    change = toned.astype(float) - product
    assert found.colour_means == pytest.approx(change.mean(axis=(0, 1)), abs=1.5)
    assert found.colour_change == pytest.approx(np.sqrt((change**2).mean()), abs=1.5)
    assert found.recoloured_share == found.overlay_share == 0


def test_without_common_structure_there_is_no_agreement(product):
    noise = np.random.default_rng(2).integers(0, 255, product.shape, dtype=np.uint8)
    assert measure_agreement(make_view(product), make_view(noise), IDENTITY) is None

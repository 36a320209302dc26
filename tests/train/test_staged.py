"""Products staged anew: sizes, grounds, copies, and what is cut off.

Everything here needs what training needs: `make setup-train`.
"""

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.datasets import staged
from packshot.train.datasets.composites import Light, paste_product
from packshot.train.datasets.cutouts import Cutout
from packshot.train.datasets.staged import stage_product

pytestmark = pytest.mark.train

SIZES = {(640, 640), (640, 512), (640, 480), (480, 640), (512, 640), (640, 427)}
SEEDS = range(80)
PLAIN = Light(0.0, np.ones(3, np.float32), 1.0, 0.0, (0.0, 0.0), 0.01)
"""A light that changes nothing."""


def make_cutout(height=60, width=40):
    """A red product."""
    pixels = np.full((height, width, 3), (210, 20, 20), np.uint8)
    return Cutout(pixels, np.full((height, width), 255, np.uint8), (False,) * 4, "mug")


def stage(seed, scene=None):
    return stage_product(make_cutout(), np.random.default_rng(seed), scene)


def find_red(pixels):
    """Where the product is: shadows are grey."""
    red, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    return (red - np.maximum(green, blue) > 80).astype(np.uint8)


def count_parts(mask):
    """Number of parts that are no specks."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return int((stats[1:, cv2.CC_STAT_AREA] > 200).sum())


@pytest.fixture
def on_white(monkeypatch):
    """Masks of the product, and the photos, on white grounds alone."""

    def make_white(height, width, random, scene):
        random.random()
        return np.full((height, width, 3), 255, np.float32)

    monkeypatch.setattr(staged, "_make_ground", make_white)
    photos = [stage(seed) for seed in SEEDS]
    return [find_red(photo) for photo in photos], photos


def test_photos_have_the_sizes_that_shops_use():
    photos = [stage(seed) for seed in SEEDS]
    assert {photo.shape[:2] for photo in photos} == SIZES
    assert {photo.shape[2] for photo in photos} == {3}
    assert {photo.dtype.name for photo in photos} == {"uint8"}


@pytest.mark.parametrize("scene", [None, np.full((30, 50, 3), 90, np.uint8)])
def test_a_seed_decides_everything(scene):
    for seed in range(8):
        assert np.array_equal(stage(seed, scene), stage(seed, scene))
    assert not np.array_equal(stage(2, scene), stage(3, scene))


def test_the_product_and_the_scene_are_left_as_they_are():
    cutout, scene = make_cutout(), np.full((30, 50, 3), 90, np.uint8)
    for seed in range(8):
        stage_product(cutout, np.random.default_rng(seed), scene)
    assert (cutout.pixels == make_cutout().pixels).all()
    assert (cutout.alpha == 255).all()
    assert (scene == 90).all()


def test_the_product_is_always_seen_in_nearly_its_own_colours(on_white):
    for mask, photo in zip(*on_white, strict=True):
        assert mask.mean() > 0.004
        colour = np.median(photo[mask > 0], axis=0)
        assert colour == pytest.approx((210, 20, 20), abs=45)


def test_products_are_as_they_should_be_too_small_and_cut_off(on_white):
    masks, _ = on_white
    at_edges = [
        any(mask[edge].any() for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]))
        for mask in masks
    ]
    assert 0.1 < np.mean(at_edges) < 0.7
    fills = [
        count_parts(mask) == 1
        and ((mask[0].any() and mask[-1].any()) or (mask[:, 0].any() and mask[:, -1].any()))
        for mask in masks
    ]
    assert 0.08 < np.mean(fills) < 0.4
    areas = np.array([mask.mean() for mask in masks])
    assert (areas < 0.06).sum() >= 3
    assert ((areas > 0.1) & ~np.array(at_edges)).sum() >= 10
    assert areas.max() > 0.5


def test_some_photos_show_several_copies(on_white):
    counts = [count_parts(mask) for mask in on_white[0]]
    assert 0.1 < np.mean([count > 1 for count in counts]) < 0.4
    assert max(counts) >= 3


def test_most_products_stand_upright_and_some_lean(on_white):
    leaning = []
    for mask in on_white[0]:
        if count_parts(mask) == 1 and not np.concatenate([mask[0], mask[-1], *mask.T[[0, -1]]]).any():
            points = np.argwhere(mask)[:, ::-1].astype(np.float32)
            angle = cv2.minAreaRect(points)[2]
            leaning.append(min(angle % 90, 90 - angle % 90) > 4)
    assert len(leaning) > 20
    assert 0.05 < np.mean(leaning) < 0.5


def test_some_products_throw_a_shadow(on_white):
    has_shadow = []
    for mask, photo in zip(*on_white, strict=True):
        away = cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0
        has_shadow.append(bool((photo[away] < 250).any()))
    assert 0.2 < np.mean(has_shadow) < 0.8


def name_ground(ground, scene_colour):
    if np.ptp(ground, axis=(0, 1)).max() > 0:
        return "slope"
    colour = ground[0, 0]
    if (colour == scene_colour).all():
        return "photo"
    return "white" if (colour == 255).all() else "pale" if colour.min() > 205 else "plain"


def test_grounds_are_white_pale_coloured_sloping_or_part_of_a_photo():
    colour = (1, 250, 3)
    scene = np.full((200, 300, 3), colour, np.uint8)
    names = []
    for seed in range(400):
        ground = staged._make_ground(48, 64, np.random.default_rng([seed, 1]), scene)
        assert ground.shape == (48, 64, 3)
        assert ground.dtype == np.float32
        names.append(name_ground(ground, colour))
    expected = {"white": 0.35, "pale": 0.15, "plain": 0.1, "slope": 0.15, "photo": 0.25}
    shares = {name: names.count(name) / len(names) for name in expected}
    assert shares == pytest.approx(expected, abs=0.06)


def test_without_a_scene_grounds_are_smooth():
    for seed in range(40):
        ground = staged._make_ground(48, 64, np.random.default_rng(seed), None)
        assert np.abs(np.diff(ground, axis=1)).mean() < 8


@pytest.mark.parametrize("shape", [(1, 1), (5, 4), (8, 300), (640, 640)])
def test_a_scene_of_any_size_will_do(shape):
    scene = np.full((*shape, 3), (10, 200, 90), np.uint8)
    for seed in range(10):
        part = staged._crop_scene(scene, 64, 48, np.random.default_rng(seed))
        assert part.shape == (64, 48, 3)
        assert (part == (10, 200, 90)).all()


@pytest.mark.parametrize("sides", [(8, 300), (300, 8), (8, 8)])
def test_long_products_and_small_ones_are_staged_too(sides):
    for seed in range(10):
        photo = stage_product(make_cutout(*sides), np.random.default_rng(seed))
        assert photo.shape[:2] in SIZES


def test_pasting_against_numpy():
    """Half covered, at a place of whole pixels, with a shadow beside it."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (6, 8, 3), np.uint8)
    alpha = generator.integers(0, 256, (6, 8), np.uint8)
    scene = generator.uniform(0, 255, (20, 30, 3)).astype(np.float32)
    light = Light(0.0, np.array([1.1, 1.0, 0.5], np.float32), 1.3, 0.4, (0.1, 0.2), 0.05)
    placement = np.array([[1, 0, 5], [0, 1, 7]], np.float32)
    found, mask = paste_product(Cutout(pixels, alpha, (False,) * 4, ""), placement, scene, light)
    layer = np.zeros((20, 30))
    layer[7:13, 5:13] = alpha
    shifted = np.zeros((20, 30))
    shifted[11:17, 7:15] = alpha
    shadow = 0.4 / 255 * cv2.GaussianBlur(shifted, (0, 0), 0.05 * 20)
    lit = np.zeros((20, 30, 3))
    lit[7:13, 5:13] = np.clip(255 * (pixels / 255) ** 1.3 * (1.1, 1.0, 0.5), 0, 255)
    share = layer[..., None] / 255
    expected = scene * (1 - shadow)[..., None] * (1 - share) + lit * share
    assert np.abs(found - expected).max() < 1.5
    assert np.array_equal(mask, np.where(layer > 127, 255, 0))


def test_a_plain_light_leaves_colours_and_what_is_beside_the_product():
    scene = np.full((40, 40, 3), 77, np.float32)
    placement = np.array([[0.25, 0, 10], [0, 0.25, 10]], np.float32)
    found, mask = paste_product(make_cutout(), placement, scene, PLAIN)
    assert mask.any()
    assert found[mask > 0].max() <= 210
    assert (found[cv2.dilate(mask, np.ones((5, 5), np.uint8)) == 0] == 77).all()
    assert found[16, 14].tolist() == [210, 20, 20]

import numpy as np
import pytest

from packshot.distort import distort
from packshot.enhance.classical import plan_impulses
from packshot.enhance.impulses import find_impulses, remove_impulses
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import add_noise


def make_scene():
    return make_picture(240, 320)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_removes_what_the_damage_model_adds(level):
    damaged = distort(make_scene(), "impulse-noise", level, 3)
    assert psnr(make_scene(), remove_impulses(damaged)) > psnr(make_scene(), damaged) + 8


def test_finds_each_channel_for_itself():
    damaged = np.full((20, 30, 3), 120, np.uint8)
    damaged[5, 7, 0], damaged[9, 9, 2], damaged[0, 0, 1] = 255, 0, 255
    expected = np.zeros(damaged.shape, bool)
    expected[5, 7, 0] = expected[9, 9, 2] = expected[0, 0, 1] = True
    np.testing.assert_array_equal(find_impulses(damaged), expected)


def test_replaces_by_the_median_of_the_others():
    generator = np.random.default_rng(0)
    pixels = generator.integers(60, 140, (12, 12, 3)).astype(np.uint8)
    damaged = pixels.copy()
    damaged[4, 4], damaged[4, 5] = 255, 0
    near = [pixels[y, x] for y in (3, 4, 5) for x in (3, 4, 5) if (y, x) not in ((4, 4), (4, 5))]
    result = remove_impulses(damaged)
    np.testing.assert_array_equal(result[4, 4], np.rint(np.median(near, axis=0)))
    untouched = ~find_impulses(damaged)
    np.testing.assert_array_equal(result[untouched], damaged[untouched])


def test_letters_lines_and_lights_are_no_impulses():
    page = np.full((60, 80, 3), 255, np.uint8)
    page[20:22], page[:, 30:32], page[40:44, 50:54] = 0, 0, 0
    assert not find_impulses(page).any()
    np.testing.assert_array_equal(remove_impulses(page), page)


def test_where_all_were_hit_nothing_is_known():
    pixels = np.full((1, 1, 3), 255, np.uint8)
    np.testing.assert_array_equal(remove_impulses(pixels), pixels)


def test_strips_leave_no_seam():
    damaged = distort(make_picture(2600, 1000), "impulse-noise", 3, 1)
    top = remove_impulses(damaged[:1280])
    np.testing.assert_array_equal(remove_impulses(damaged)[:1200], top[:1200])


def test_is_planned_for_dots_of_both_sorts_alone():
    assert plan_impulses(distort(make_scene(), "impulse-noise", 2, 0)).strength == pytest.approx(
        0.006, rel=0.4
    )
    assert plan_impulses(make_scene()) is None
    assert plan_impulses(make_packshot()) is None
    assert plan_impulses(add_noise(make_scene(), 15)) is None
    stars = np.full((200, 200, 3), 90, np.uint8)
    stars[::9, ::9] = 255
    assert plan_impulses(stars) is None


def test_refuses_what_is_no_photo():
    for call in (find_impulses, remove_impulses):
        with pytest.raises(InvalidInput):
            call(np.zeros((40, 40), np.uint8))

import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.planes import make_planes
from packshot.measure.sharpness import edge_width, find_edges, gradients, motion_blur
from tests.measure.pictures import add_motion_blur, add_noise, blur, draw_on_white, draw_scene, make_flat


def measure_width(picture, noise=0.0):
    planes = make_planes(picture)
    return edge_width(find_edges(gradients(planes.grey), noise), planes.scale)


def measure_motion(picture):
    planes = make_planes(picture)
    return motion_blur(find_edges(gradients(planes.grey)), planes.scale)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0, 4.0])
def test_recovers_the_blur_of_a_step_edge(sigma):
    assert measure_width(blur(draw_on_white(), sigma)) == pytest.approx(sigma, rel=0.15)


def test_width_follows_the_viewing_size():
    large = np.repeat(np.repeat(draw_on_white(), 2, axis=0), 2, axis=1)
    assert measure_width(blur(large, 4.0)) == pytest.approx(4.0 / (1000 / 512), rel=0.15)


@pytest.mark.parametrize("picture", [draw_on_white(), draw_scene()], ids=["packshot", "scene"])
def test_more_blur_is_wider(picture):
    widths = [measure_width(blur(picture, sigma)) for sigma in (0.7, 1.2, 2.0, 3.2)]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0] + 1


def test_a_plain_product_on_white_is_sharp():
    values = measure_photo(draw_on_white()).values
    assert values["sharpness"].value < 0.5
    assert values["sharpness"].score > 95


def test_contrast_does_not_matter():
    strong = draw_on_white(colour=(0, 0, 0))
    weak = draw_on_white(colour=(190, 190, 190))
    assert measure_width(blur(strong, 2)) == pytest.approx(measure_width(blur(weak, 2)), rel=0.1)


@pytest.mark.parametrize("turn", [lambda p: p[:, ::-1], lambda p: p[::-1], lambda p: np.rot90(p)])
def test_mirrored_and_rotated(turn):
    picture = blur(draw_scene(3), 1.5)
    assert measure_width(np.ascontiguousarray(turn(picture))) == pytest.approx(
        measure_width(picture), rel=0.05
    )


def test_noise_is_not_taken_for_edges():
    picture = add_noise(blur(draw_on_white(colour=(20, 20, 20)), 3.0), 4.0)
    assert measure_width(picture, noise=4.0) == pytest.approx(3.0, rel=0.25)


def test_no_edges_no_answer():
    assert measure_width(make_flat(130)) is None
    assert measure_motion(make_flat(130)) is None
    assert measure_width(make_flat(130, (8, 8))) is None


@pytest.mark.parametrize("length", [7, 11, 15])
def test_streak_length_across_a_straight_edge(length):
    assert measure_motion(add_motion_blur(draw_on_white(), length)).streak == pytest.approx(
        length, rel=0.3
    )


def test_a_longer_streak_is_longer_and_a_scene_shows_much_of_it():
    streaks = [measure_motion(add_motion_blur(draw_scene(1), length)).streak for length in (5, 9, 15)]
    assert streaks == sorted(streaks)
    assert all(0.4 * length <= s <= length for s, length in zip(streaks, (5, 9, 15), strict=True))


def test_direction_of_motion():
    across, down = (
        measure_motion(add_motion_blur(draw_scene(1), 11)),
        measure_motion(add_motion_blur(draw_scene(1), 11, vertical=True)),
    )
    assert min(across.angle, 180 - across.angle) < 10
    assert abs(down.angle - 90) < 10


def test_direction_of_oblique_motion_is_counter_clockwise():
    picture = draw_scene(2)
    moved = np.mean([np.roll(picture, (-s, s), (0, 1)) for s in range(-4, 5)], axis=0)
    assert measure_motion(moved.astype(np.uint8)).angle == pytest.approx(45, abs=10)


def test_defocus_is_not_motion():
    assert measure_motion(add_motion_blur(draw_scene(1), 11)).anisotropy > 0.3
    assert measure_motion(blur(draw_scene(1), 3)).anisotropy < 0.1


def test_a_product_with_upright_edges_has_not_moved():
    assert measure_motion(draw_on_white(box=(200, 20, 60, 460))).streak < 2


def test_defocused_product_with_a_sharp_outline():
    sharp = draw_on_white(box=(80, 80, 340, 340))
    sharp[100:400, 100:400] = draw_scene(4, (300, 300))
    soft = sharp.copy()
    soft[90:410, 90:410] = blur(sharp, 4)[90:410, 90:410]
    before, after = measure_photo(sharp), measure_photo(soft)
    assert before.value("product_sharpness") < 0.8
    assert after.value("product_sharpness") > 2
    assert after.value("sharpness") < 1

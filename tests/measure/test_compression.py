import cv2
import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.banding import banding
from packshot.measure.compression import blockiness
from packshot.measure.planes import make_planes
from packshot.measure.scaling import enlargement_factor, estimate_resampling
from tests.measure.pictures import add_noise, blur, compress_jpeg, draw_on_white, draw_scene, make_flat


def to_grey(picture):
    return make_planes(picture).grey


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 5), (7, 1)])
def test_finds_the_grid_wherever_it_begins(down, right):
    picture = compress_jpeg(add_noise(draw_scene(1), 4), 15)[down:, right:]
    found = blockiness(to_grey(np.ascontiguousarray(picture)))
    assert (found.row, found.column) == ((8 - down) % 8, (8 - right) % 8)


def test_lower_quality_is_blockier():
    picture = blur(draw_scene(2), 1.0)
    values = [blockiness(to_grey(compress_jpeg(picture, quality))).excess for quality in (95, 50, 20, 8)]
    assert values == sorted(values)
    assert values[-1] > 4 * max(values[0], 0.2)


def test_drawn_blocks_of_known_height():
    tiles = np.indices((32, 32)).sum(axis=0) % 2
    plane = (100 + 6 * np.kron(tiles, np.ones((8, 8)))).astype(np.uint8)
    noisy = add_noise(np.repeat(plane[..., None], 3, axis=2), 1.0)
    clean = add_noise(make_flat(100), 1.0)
    assert blockiness(to_grey(noisy)).excess > 20 * max(blockiness(to_grey(clean)).excess, 0.05)


def test_no_grid_and_too_small():
    assert blockiness(to_grey(draw_scene(3))).excess < 0.8
    assert blockiness(to_grey(make_flat(90))).excess == 0
    assert blockiness(to_grey(make_flat(90, (20, 20)))) is None


def test_ringing_on_a_plain_background():
    picture = draw_on_white((150, 100, 200, 300), background=(230, 230, 230), colour=(20, 20, 20))
    y, x = np.mgrid[:500, :500]
    distance = np.maximum(np.maximum(150 - x, x - 349), np.maximum(100 - y, y - 399))
    ripple = 12 * np.cos(np.pi * distance) * np.exp(-distance / 4) * (distance > 2)
    rung = np.clip(picture + ripple[..., None], 0, 255).astype(np.uint8)
    before, after = measure_photo(picture), measure_photo(rung)
    assert before.value("ringing") < 0.1
    assert after.value("ringing") > 0.3


def test_ringing_needs_a_plain_background():
    assert measure_photo(draw_scene()).value("ringing") is None


@pytest.mark.parametrize("factor", [3, 5])
def test_factor_of_enlargement(factor):
    large = enlarge(draw_scene(5, (600 // factor,) * 2), factor)
    assert estimate_resampling(to_grey(large))[0] == pytest.approx(factor, rel=0.03)
    assert measure_photo(large).value("enlargement") == pytest.approx(factor, rel=0.03)


def enlarge(small, factor, interpolation=cv2.INTER_CUBIC):
    return cv2.resize(add_noise(small, 6), None, fx=factor, fy=factor, interpolation=interpolation)


@pytest.mark.parametrize("how", [cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_fourfold_enlargement_shows_beside_the_grid_of_jpeg(how):
    large = compress_jpeg(enlarge(draw_scene(5, (150, 150)), 4, how), 98)
    assert measure_photo(large).value("enlargement") == 4


@pytest.mark.parametrize("shift", [1, 2, 5])
def test_fourfold_enlargement_wherever_it_begins(shift):
    large = compress_jpeg(enlarge(draw_scene(5, (150, 150)), 4)[shift:, 3:], 95)
    assert measure_photo(large).value("enlargement") == 4


def test_the_grid_of_jpeg_itself_is_no_enlargement():
    for seed in range(4):
        picture = compress_jpeg(add_noise(blur(draw_scene(seed), 1.5), 4), 40)
        assert measure_photo(picture).value("enlargement") == 1


def test_a_clear_period_needs_less_wide_edges():
    picture = to_grey(enlarge(draw_scene(5, (200, 200)), 3))
    assert enlargement_factor(picture, (3.0, 13.0), 0.15 * 3) == 3
    assert enlargement_factor(picture, (3.0, 7.0), 0.15 * 3) == 1
    assert enlargement_factor(picture, (3.0, 13.0), 0.1 * 3) == 1
    assert enlargement_factor(picture, (3.0, 5.0), 0.3 * 3) == 1


@pytest.mark.parametrize("picture", [draw_scene(6), blur(draw_scene(6), 2.5), draw_on_white()])
def test_not_enlarged(picture):
    assert measure_photo(picture).value("upscaling") == 1
    assert measure_photo(picture).value("enlargement") == 1


def test_too_small_to_tell():
    assert estimate_resampling(to_grey(make_flat(100, (50, 50)))) is None


def make_shades():
    ramp = np.linspace(30, 220, 512)
    plane = (ramp[None, :] + ramp[:, None]) / 2
    return np.repeat(plane[..., None], 3, axis=2).astype(np.uint8)


def test_fewer_tones_are_bands():
    picture = make_shades()
    values = [banding(to_grey((picture // step) * step)) for step in (4, 8, 16)]
    assert min(values) > 60


def test_smooth_shades_and_edges_are_not():
    assert banding(to_grey(make_shades())) is None
    assert banding(to_grey(add_noise(make_shades(), 3))) < 1
    assert banding(to_grey(draw_scene(7))) < 5

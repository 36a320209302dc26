import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.background import (
    far_share,
    find_far_background,
    frame_white_share,
    near_whiteness,
    pure_white_share,
)
from packshot.measure.geometry import border_thickness
from packshot.measure.planes import split_channels
from tests.measure.pictures import compress_jpeg, draw_on_white, draw_scene, make_flat


def to_grey(picture):
    return np.ascontiguousarray(picture[..., 1])


def test_pure_white():
    values = measure_photo(draw_on_white()).values
    assert values["background_pure_white"].value == 100
    assert values["background_whiteness"].value == 255
    assert values["background_evenness"].value == 0


def test_nearly_white_is_not_pure():
    values = measure_photo(draw_on_white(background=(254, 254, 254))).values
    assert values["background_pure_white"].value == 0
    assert values["background_whiteness"].value == 254


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_share_of_pure_white_is_exact(factor):
    pixels = np.full((60 * factor, 60 * factor, 3), 255, np.uint8)
    pixels[:6, :, 2] = 254
    far = np.full((60, 60), 255, np.uint8)
    expected = 100 * (1 - 6 / (60 * factor))
    assert pure_white_share(split_channels(pixels), factor, far) == pytest.approx(expected, abs=0.2)


def test_far_background_keeps_its_distance():
    mask = np.full((200, 200), 255, np.uint8)
    mask[90:110, 90:110] = 0
    far = find_far_background(mask, 1)
    assert far[66 - 1, 100] == 255
    assert far[66, 100] == 0
    assert far[0, 0] == 255


def test_far_background_falls_back_to_all():
    mask = np.zeros((50, 50), np.uint8)
    mask[:3] = 255
    assert np.array_equal(find_far_background(mask, 1), mask)


def test_beside_the_product_is_what_is_not_far():
    generator = np.random.default_rng(4)
    small = generator.integers(0, 256, (90, 120, 3)).astype(np.uint8)
    mask = np.full((90, 120), 255, np.uint8)
    mask[40:50, 50:70] = 0
    far = find_far_background(mask, 4)
    naive = [small[y, x].min() for y in range(90) for x in range(120) if mask[y, x] and not far[y, x]]
    assert near_whiteness(split_channels(small), mask, far) == pytest.approx(np.mean(naive), abs=1e-4)
    assert far_share(mask, far) == pytest.approx(100 * np.count_nonzero(far) / far.size)


def test_where_nothing_is_far_all_lies_beside_the_product():
    mask = np.zeros((50, 50), np.uint8)
    mask[:3] = 255
    small = np.full((50, 50, 3), 7, np.uint8)
    small[:3] = (250, 252, 254)
    far = find_far_background(mask, 1)
    channels = split_channels(small)
    assert near_whiteness(channels, mask, far) == pytest.approx(250)
    assert far_share(mask, far) == 0
    everywhere = np.full((50, 50), 255, np.uint8)
    assert near_whiteness(channels, everywhere, find_far_background(everywhere, 1)) is None


@pytest.mark.parametrize(("tone", "white"), [(244, 0), (245, 100), (255, 100)])
def test_the_frame_is_white_from_245_on(tone, white):
    assert frame_white_share(make_flat(tone)) == white
    assert measure_photo(make_flat(tone)).value("frame_white") == white


def test_the_frame_is_its_outermost_two_pixels():
    picture = make_flat(0, (40, 60))
    picture[:2] = 255
    assert frame_white_share(picture) == pytest.approx(100 * 120 / (4 * 60 + 4 * 36))
    assert frame_white_share(picture[:7]) is None


@pytest.mark.parametrize("tone", [0, 128, 255])
@pytest.mark.parametrize("thickness", [1, 5, 11])
def test_frame_is_exact(tone, thickness):
    picture = np.clip(draw_scene(1, (400, 300)), 20, 100)
    if tone == 128:
        picture = (picture + 140).astype(np.uint8)
    picture[:thickness] = picture[-thickness:] = tone
    picture[:, :thickness] = picture[:, -thickness:] = tone
    assert border_thickness(to_grey(picture)) == (thickness,) * 4


def test_a_white_margin_around_a_rectangle_is_no_frame():
    assert border_thickness(to_grey(draw_on_white((100, 40, 600, 720), (800, 800)))) == (0, 0, 0, 0)


def test_bars_are_exact():
    picture = np.clip(draw_scene(1), 40, 255)
    picture[:40] = picture[-31:] = 0
    assert border_thickness(to_grey(picture)) == (0, 40, 0, 31)
    assert measure_photo(picture).value("border") == pytest.approx(100 * 40 / 512, abs=0.01)


def test_survives_jpeg():
    picture = np.clip(draw_scene(1), 60, 200)
    picture[:16] = picture[-16:] = 0
    picture[:, :16] = picture[:, -16:] = 0
    assert np.abs(np.subtract(border_thickness(to_grey(compress_jpeg(picture, 85))), 16)).max() <= 1


def test_frame_line_around_a_packshot():
    picture = draw_on_white()
    picture[:4] = picture[-4:] = 30
    picture[:, :4] = picture[:, -4:] = 30
    assert border_thickness(to_grey(picture)) == (4, 4, 4, 4)


def test_a_packshot_has_no_border():
    assert border_thickness(to_grey(draw_on_white())) == (0, 0, 0, 0)
    rounded = draw_on_white((60, 40, 380, 420))
    rounded[40:70, 60:90] = 255
    assert border_thickness(to_grey(rounded)) == (0, 0, 0, 0)


def test_a_horizon_is_no_border():
    picture = draw_scene(2)
    picture[:50] = 250
    assert border_thickness(to_grey(picture)) == (0, 0, 0, 0)


def test_blank_and_tiny():
    assert border_thickness(to_grey(make_flat(40))) == (0, 0, 0, 0)
    assert border_thickness(to_grey(make_flat(40, (8, 8)))) == (0, 0, 0, 0)


@pytest.mark.parametrize("tone", [60, 128, 200, 240])
@pytest.mark.parametrize("turned", [False, True])
def test_a_straight_product_that_runs_out_has_no_border(tone, turned):
    picture = draw_scene(size=(400, 300))
    picture[:, :40] = picture[:, -40:] = tone
    picture = np.ascontiguousarray(picture.transpose(1, 0, 2)) if turned else picture
    assert border_thickness(to_grey(picture)) == (0, 0, 0, 0)


@pytest.mark.parametrize("tone", [0, 255])
def test_black_and_white_bars_at_two_sides_are_a_border(tone):
    picture = draw_scene(size=(400, 300))
    picture[:, :10] = picture[:, -10:] = tone
    assert border_thickness(to_grey(picture)) == (10, 0, 10, 0)

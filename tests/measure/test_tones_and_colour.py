import cv2
import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.colour import colour_cast, colourfulness, saturation_share
from packshot.measure.contrast import rms_contrast, tone_range
from packshot.measure.exposure import highlight_clipping, mean_lightness, shadow_clipping
from packshot.measure.planes import histogram, make_planes, split_channels
from tests.measure.pictures import draw_on_white, draw_scene, make_flat


def count_lightness(picture):
    return histogram(np.ascontiguousarray(make_planes(picture).lab[..., 0]))


@pytest.mark.parametrize(("grey", "expected"), [(0, 0), (119, 50), (255, 100)])
def test_lightness_of_known_greys(grey, expected):
    assert mean_lightness(count_lightness(make_flat(grey))) == pytest.approx(expected, abs=0.5)


def test_exposure_is_the_products_not_the_backgrounds():
    assert measure_photo(draw_on_white(colour=(119, 119, 119))).value("exposure") == pytest.approx(
        50, abs=1
    )


def test_rms_contrast_against_numpy():
    picture = draw_scene(3, (300, 300))
    lightness = make_planes(picture).lab[..., 0] / 2.55
    assert rms_contrast(count_lightness(picture)) == pytest.approx(np.std(lightness), abs=0.01)


def test_tone_range():
    assert tone_range(count_lightness(make_flat(90))) == 0
    halves = make_flat(0)
    halves[:128] = 255
    assert tone_range(count_lightness(halves)) == pytest.approx(100, abs=0.5)


def test_less_contrast_is_less():
    picture = draw_scene(4)
    dull = [(128 + (picture.astype(float) - 128) * f).astype(np.uint8) for f in (1, 0.6, 0.3)]
    values = [measure_photo(p).value("contrast") for p in dull]
    assert values[0] > values[1] > values[2]


def test_clipped_shares_are_exact():
    picture = make_flat(128, (200, 200))
    picture[:50] = 255
    picture[50:60] = 0
    picture[60:70] = (255, 0, 0)
    channels = split_channels(picture)
    assert highlight_clipping(channels, None)[0] == pytest.approx(25)
    assert shadow_clipping(channels, None)[0] == pytest.approx(5)
    assert shadow_clipping(channels, None)[1].sum() / 255 == 10 * 200


def test_clipping_is_judged_on_the_product():
    picture = draw_on_white((100, 100, 300, 300), colour=(128, 128, 128))
    assert measure_photo(picture).value("clipped_highlights") == pytest.approx(0, abs=0.5)
    picture[150:250, 150:250] = 0
    measured = measure_photo(picture)
    assert measured.value("clipped_shadows") == pytest.approx(100 / 9, rel=0.03)
    region = measured.regions["clipped_shadows"]
    assert (region.x, region.y) == pytest.approx((0.3, 0.3), abs=0.01)
    assert (region.width, region.height) == pytest.approx((0.2, 0.2), abs=0.01)


def test_colourfulness_against_a_naive_computation():
    picture = draw_scene(5, (60, 80))
    red, green, blue = np.moveaxis(picture.astype(float), 2, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    expected = np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert colourfulness(split_channels(picture), None) == pytest.approx(expected, rel=1e-4)


def test_grey_has_no_colour():
    measured = measure_photo(draw_on_white(colour=(100, 100, 100)))
    assert measured.value("colourfulness") == 0
    assert measured.value("chroma") == 0
    assert measured.value("saturated") == 0


def test_saturated_share():
    picture = make_flat(128, (100, 100))
    picture[:30] = (250, 2, 40)
    picture[30:50] = (20, 0, 0)
    assert saturation_share(split_channels(picture), None) == pytest.approx(30)


@pytest.mark.parametrize("colour", [(255, 245, 220), (220, 235, 255), (240, 255, 240)])
def test_cast_against_opencv(colour):
    picture = draw_on_white(background=colour, colour=(90, 90, 90))
    lab = cv2.cvtColor(np.full((1, 1, 3), colour, np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    measured = measure_photo(picture)
    assert measured.value("colour_cast") == pytest.approx(np.hypot(*lab[1:]), abs=1.5)
    angle = np.degrees(np.arctan2(lab[2], lab[1])) % 360
    assert measured.value("colour_cast_direction") == pytest.approx(angle, abs=12)


def test_neutral_has_no_cast_and_colour_everywhere_cannot_tell():
    assert colour_cast(make_planes(make_flat(200)).lab_channels, None).magnitude == 0
    red = np.full((64, 64, 3), (200, 20, 20), np.uint8)
    assert colour_cast(make_planes(red).lab_channels, None) is None


def test_a_stronger_cast_is_larger():
    def tint(gain):
        gains = np.array([1, 1, 1 - gain])
        return (draw_on_white().astype(float) * gains).astype(np.uint8)

    values = [measure_photo(tint(gain)).value("colour_cast") for gain in (0, 0.05, 0.15, 0.3)]
    assert values == sorted(values)
    assert values[-1] > 20

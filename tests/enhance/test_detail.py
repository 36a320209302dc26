import cv2
import numpy as np
import pytest

from packshot.enhance.detail import crispen, enhance_local_contrast, measure_detail, measure_grain
from packshot.errors import InvalidInput
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import add_noise, blur


def make_flat(value=128, size=(256, 320)):
    return np.full((*size, 3), value, np.uint8)


def extract_fine_detail(pixels, sigma=2.0):
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float64)
    return luma - cv2.GaussianBlur(luma, (0, 0), sigma)


class TestDetailOf:
    def test_level_ground_has_none(self):
        found = measure_detail(make_flat())
        assert (found.fine, found.grain) == (0, 0)
        assert found.local < 1e-3

    def test_is_what_a_blur_takes_away(self):
        pixels = make_picture(240, 320)
        expected = np.quantile(np.abs(extract_fine_detail(pixels)), 0.97)
        assert measure_detail(pixels).fine == pytest.approx(expected, rel=0.01)

    def test_blur_lessens_it(self):
        pixels = make_picture(384, 512)
        found = [measure_detail(p) for p in (pixels, blur(pixels, 1), blur(pixels, 3))]
        assert found[0].fine > 1.2 * found[1].fine > 1.5 * found[2].fine

    def test_the_same_at_any_size(self):
        small = blur(make_picture(384, 512), 2)
        large = cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        assert measure_detail(large).fine == pytest.approx(measure_detail(small).fine, rel=0.05)

    @pytest.mark.parametrize("sigma", [2.0, 6.0])
    def test_grain_is_the_noise_of_quiet_ground(self, sigma):
        # Rec. 601 keeps .669 of three channels' noise, the blur takes little of it.
        assert measure_grain(add_noise(make_flat(), sigma)) == pytest.approx(0.64 * sigma, rel=0.1)

    def test_grain_does_not_count_black_and_white(self):
        pixels = add_noise(make_flat(), 6)
        pixels[:, :160] = 255
        assert measure_grain(pixels) == pytest.approx(0.64 * 6, rel=0.15)

    @pytest.mark.parametrize("size", [(1, 1), (3, 50)])
    def test_takes_tiny_photos(self, size):
        assert measure_detail(make_flat(size=size)).grain == 0

    def test_refuses_what_is_no_photo(self):
        with pytest.raises(InvalidInput):
            measure_detail(np.zeros((40, 40), np.uint8))


@pytest.mark.parametrize("strengthen", [crispen, enhance_local_contrast])
class TestBoth:
    def test_level_ground_stays(self, strengthen):
        np.testing.assert_array_equal(strengthen(make_flat(), 4, 1.0), make_flat())

    def test_nothing_added_changes_nothing(self, strengthen):
        np.testing.assert_array_equal(strengthen(make_packshot(), 4, 0), make_packshot())

    def test_more_does_more(self, strengthen):
        soft = blur(make_picture(200, 260), 1.5)
        moved = [np.abs(strengthen(soft, 4, a).astype(int) - soft).mean() for a in (0.5, 1, 1.5)]
        assert moved == sorted(moved)
        assert moved[0] > 0.2

    def test_colours_move_together(self, strengthen):
        soft = blur(make_picture(200, 260), 1.5)
        moved = strengthen(soft, 4, 1.0).astype(int) - soft
        inside = ((soft > 80) & (soft < 175)).all(axis=2)
        assert np.ptp(moved[inside], axis=1).max() == 0

    def test_noise_is_not_strengthened(self, strengthen):
        grainy = add_noise(make_flat(), 4)
        known = strengthen(grainy, 4, 1.5, noise=0.67 * 4)
        unknown = strengthen(grainy, 4, 1.5)
        assert known.std() < 1.2 * grainy.std()
        assert unknown.std() > 1.5 * grainy.std()

    def test_strips_leave_no_seam(self, strengthen):
        pixels = np.tile(make_picture(300, 1000), (9, 1, 1))
        top = strengthen(pixels[:1280], 3, 1.0)
        np.testing.assert_array_equal(strengthen(pixels, 3, 1.0)[:1200], top[:1200])

    @pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 9)])
    def test_takes_tiny_photos(self, strengthen, size):
        pixels = make_picture(64, 64)[: size[0], : size[1]].copy()
        assert strengthen(pixels, 4, 1.0).shape == pixels.shape

    @pytest.mark.parametrize(("radius", "amount"), [(0, 1), (-1, 1), (4, -0.1), (float("nan"), 1)])
    def test_refuses(self, strengthen, radius, amount):
        with pytest.raises(InvalidInput):
            strengthen(make_packshot(), radius, amount)
        with pytest.raises(InvalidInput):
            strengthen(np.zeros((40, 40), np.uint8), 4, 1.0)


def test_crispen_adds_what_a_blur_takes_away():
    soft = blur(make_picture(120, 160), 1)
    added, detail = (
        crispen(soft, 2.0, 0.5).astype(float)[..., 1] - soft[..., 1],
        extract_fine_detail(soft),
    )
    weak = np.abs(detail) < 5  # what is stronger is bounded by its neighbours
    np.testing.assert_allclose(added[weak], 0.5 * detail[weak], atol=1.5)


def test_crispen_keeps_edges_within_bounds():
    step = make_flat(60)
    step[:, 160:] = 180
    result = crispen(blur(step, 2), 3, 1.5).astype(int)
    assert result.min() >= 60 - 3 - 12 - 1
    assert result.max() <= 180 + 3 + 12 + 1


def test_local_contrast_leaves_strong_edges():
    step = make_flat(40)
    step[:, 160:] = 215
    luma = step[..., 0].astype(np.float32)
    masked = np.abs(luma - cv2.blur(luma, (17, 17))).max()
    assert np.abs(enhance_local_contrast(step, 8, 1.0).astype(int) - step).max() < 0.15 * masked


def test_local_contrast_moves_nothing_far():
    spots = make_flat(128)
    spots[::24, ::24] = 255
    assert (
        np.abs(enhance_local_contrast(blur(spots, 1), 8, 9.0).astype(int) - blur(spots, 1)).max() <= 32
    )

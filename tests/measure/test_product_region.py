import cv2
import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.planes import make_planes
from packshot.measure.product import mask_to_region
from packshot.photo import Photo
from tests.measure.pictures import add_noise, compress_jpeg, draw_on_white, draw_scene, make_flat

BOXES = [(150, 100, 200, 300), (37, 211, 401, 77), (6, 6, 488, 488), (222, 333, 61, 43)]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("size", [(500, 500), (700, 901)])
def test_box_is_exact(box, size):
    assert measure_photo(draw_on_white(box, size)).product.box == box


def test_fill_centring_and_touch_are_exact():
    measured = measure_photo(draw_on_white((100, 100, 200, 300), (500, 400)))
    assert measured.value("fill_box_side") == pytest.approx(60)
    assert measured.value("fill_box_area") == pytest.approx(100 * 60_000 / 200_000)
    assert measured.value("fill_mask_area") == pytest.approx(30, abs=0.5)
    assert measured.value("centring") == 0
    assert measured.value("edge_touch") == 0


def test_a_disc_fills_three_ways():
    picture = draw_on_white((0, 0, 0, 0), (800, 800))
    cv2.circle(picture, (400, 400), 340, (40, 60, 90), -1)
    measured = measure_photo(picture)
    assert measured.value("fill_box_side") == pytest.approx(85, abs=0.5)
    assert measured.value("fill_box_area") == pytest.approx(72, abs=1)
    assert measured.value("fill_mask_area") == pytest.approx(57, abs=1)


def test_offset_of_the_centre():
    measured = measure_photo(draw_on_white((0, 200, 100, 100), (500, 500)))
    assert measured.value("centring") == pytest.approx(40)
    assert measured.value("edge_touch") == pytest.approx(20, abs=0.5)
    assert measured.regions["edge_touch"].x == 0


def test_mirrored_and_rotated():
    picture = draw_on_white((40, 100, 200, 300), (500, 480))
    first = measure_photo(picture)
    for turned in (picture[:, ::-1], picture[::-1], np.rot90(picture)):
        other = measure_photo(np.ascontiguousarray(turned))
        for key in ("fill_box_side", "fill_box_area", "fill_mask_area", "centring"):
            assert other.value(key) == pytest.approx(first.value(key), abs=0.5), key


def test_holes_are_filled_but_judged_as_background():
    picture = draw_on_white((100, 100, 300, 300))
    picture[200:300, 200:300] = 255
    measured = measure_photo(picture)
    assert measured.value("fill_mask_area") == pytest.approx(36, abs=0.6)
    assert measured.product.material.sum() == pytest.approx(
        measured.product.mask.sum() * 8 / 9, rel=0.03
    )


@pytest.mark.parametrize("background", [(255,) * 3, (235, 240, 238), (20, 20, 24)])
def test_backgrounds_of_any_colour(background):
    picture = draw_on_white(background=background, colour=(120, 60, 160))
    assert measure_photo(picture).product.box == (150, 100, 200, 300)


@pytest.mark.parametrize("spoil", [lambda p: compress_jpeg(p, 60), lambda p: add_noise(p, 8)])
def test_survives_compression_and_noise(spoil):
    box = measure_photo(spoil(draw_on_white())).product.box
    assert np.abs(np.subtract(box, (150, 100, 200, 300))).max() <= 12


def test_a_slope_of_light_is_still_one_background():
    picture = draw_on_white().astype(float) * np.linspace(1, 0.75, 500)[None, :, None]
    measured = measure_photo(picture.astype(np.uint8))
    assert np.abs(np.subtract(measured.product.box, (150, 100, 200, 300))).max() <= 6
    assert measured.value("background_evenness") > 15


def test_abstains_without_a_plain_border():
    measured = measure_photo(draw_scene())
    assert measured.product is None
    assert measured.product_region is None
    for key in ("fill_box_side", "centring", "edge_touch", "background_whiteness"):
        assert measured.value(key) is None


def test_nothing_on_the_background_is_no_product():
    assert measure_photo(make_flat(255)).product is None
    assert measure_photo(make_flat(255)).value("background_whiteness") == 255


class TestMaskToRegion:
    """A mask that somebody else brings."""

    def find_region(self, likely, size=(400, 500), confidence=0.7):
        planes = make_planes(np.full((*size, 3), 90, np.uint8))
        return mask_to_region(planes, likely.astype(np.float32), confidence)

    def test_the_box_is_in_native_pixels(self):
        likely = np.zeros((80, 100))
        likely[20:60, 30:70] = 1
        found = self.find_region(likely)
        left, top, width, height = found.box
        assert (left, top, width, height) == pytest.approx((150, 100, 200, 200), abs=6)
        assert found.mask.mean() == pytest.approx(0.2, abs=0.01)
        assert found.confidence == 0.7

    def test_holes_are_filled_and_specks_dropped(self):
        likely = np.zeros((80, 100))
        likely[20:60, 30:70] = 1
        likely[35:45, 45:55] = 0
        likely[2, 2] = 1
        found = self.find_region(likely)
        assert found.mask.mean() == pytest.approx(0.2, abs=0.01)
        assert found.box[0] > 100

    def test_none_where_nothing_is_likely(self):
        assert self.find_region(np.full((80, 100), 0.3)) is None


class TestHoles:
    def draw_ring(self, tone=60, inside=255):
        picture = np.full((500, 500, 3), 255, np.uint8)
        cv2.circle(picture, (250, 250), 180, (tone, tone, tone), -1)
        cv2.circle(picture, (250, 250), 150, (inside, inside, inside), -1)
        return picture

    @pytest.mark.parametrize("tone", [40, 160, 235])
    def test_white_seen_through_a_ring_is_not_blown_out(self, tone):
        measured = measure_photo(compress_jpeg(self.draw_ring(tone), quality=90))
        assert measured.value("clipped_highlights") < 8
        assert measured.product.mask[160, 160]
        assert not measured.product.surface[160, 160]

    def test_white_that_fades_out_is(self):
        rows, columns = np.mgrid[:500, :500]
        light = np.clip(330 - 0.9 * np.hypot(rows - 250, columns - 250), 0, 255)
        picture = np.where(np.hypot(rows - 250, columns - 250) < 180, light, 255).astype(np.uint8)
        measured = measure_photo(np.dstack([picture] * 3))
        assert measured.value("clipped_highlights") > 15

    @pytest.mark.parametrize("name", ["008", "043", "188"])
    def test_shelves_and_folding_chairs_are_not_blown_out(self, name, shared_data):
        photo = Photo.open(shared_data / f"products/furniture/furniture_ikea_{name}.jpg")
        measured = measure_photo(photo.pixels)
        assert measured.value("clipped_highlights") < 8
        assert measured.value("fill_mask_area") > 30


class TestWalls:
    def draw_close_up(self, cloth, wall=255):
        """Rough cloth that runs out at three sides, before a wall in both upper corners."""
        generator = np.random.default_rng(3)
        picture = np.empty((480, 400, 3), np.float64)
        picture[:] = cloth
        picture += generator.normal(0, 6, (480, 400, 1))
        corner = np.array([[[0, 0], [130, 0], [0, 110]], [[399, 0], [269, 0], [399, 110]]], np.int32)
        cv2.fillPoly(picture, list(corner), (wall, wall, wall))
        picture[:90, 150:250] = (150, 110, 90)
        return np.clip(picture, 0, 255).astype(np.uint8)

    @pytest.mark.parametrize("cloth", [(205, 202, 203), (40, 50, 120), (130, 40, 40)])
    @pytest.mark.parametrize("wall", [255, 232])
    def test_a_wall_in_the_upper_corners_is_the_background(self, cloth, wall):
        if wall - min(cloth) < 40:
            cloth = (150, 152, 150)
        measured = measure_photo(self.draw_close_up(cloth, wall))
        assert measured.value("background_whiteness") == pytest.approx(wall, abs=1)
        assert measured.value("fill_mask_area") > 80
        assert measured.value("clipped_highlights") < 1

    def test_one_corner_is_no_wall(self):
        picture = self.draw_close_up((40, 50, 120))
        picture[:120, 260:] = (40, 50, 120)
        assert measure_photo(picture).value("background_whiteness") < 60

    @pytest.mark.parametrize("name", ["027", "048", "049"])
    def test_clothes_of_close_ups_are_the_product(self, name, shared_data):
        photo = Photo.open(shared_data / f"products/clothing/clothing_luma_{name}.jpg")
        measured = measure_photo(photo.pixels)
        assert measured.value("background_whiteness") > 250
        assert measured.value("fill_mask_area") > 75
        assert measured.value("clipped_highlights") < 1

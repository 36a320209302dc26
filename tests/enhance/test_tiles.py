import cv2
import numpy as np
import pytest

from packshot.enhance.tiles import Tiling, apply_by_tiles, mirror_to_stride
from packshot.errors import InvalidInput
from tests.conftest import make_picture


def blur_tile(tile):
    """Each pixel depends on what lies up to 8 pixels away, and the picture's borders are mirrored."""
    return cv2.blur(tile, (17, 17), borderType=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("size", [(240, 320), (97, 201), (64, 64), (63, 5), (1, 1)])
def test_tiled_equals_whole_where_the_margin_is_wide_enough(size):
    picture = make_picture(*size) if min(size) > 60 else np.full((*size, 3), 77, np.uint8)
    tiled = apply_by_tiles(picture, blur_tile, Tiling(core=64, margin=16, stride=16))
    np.testing.assert_array_equal(tiled, blur_tile(mirror_to_stride(picture, 16))[: size[0], : size[1]])


def test_a_margin_too_narrow_shows_at_the_seams(picture):
    tiled = apply_by_tiles(picture, blur_tile, Tiling(core=64, margin=0, stride=16))
    assert (tiled != blur_tile(mirror_to_stride(picture, 16))[:240, :320]).any()


def test_no_tile_is_larger_than_core_and_margins_and_all_lie_on_the_grid(picture):
    tile_sizes = []

    def record_tile(tile):
        tile_sizes.append(tile.shape[:2])
        return tile

    assert (apply_by_tiles(picture, record_tile, Tiling(core=96, margin=32, stride=32)) == picture).all()
    assert max(max(shape) for shape in tile_sizes) <= 96 + 2 * 32
    assert all(side % 32 == 0 for shape in tile_sizes for side in shape)
    assert len(tile_sizes) == 3 * 4


def test_mirrored_to_extends_below_and_on_the_right_only():
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    extended = mirror_to_stride(picture, 4)
    assert extended.shape == (4, 4, 3)
    np.testing.assert_array_equal(extended[:2, :3], picture)
    np.testing.assert_array_equal(extended[2, :3], picture[1])
    np.testing.assert_array_equal(extended[:2, 3], picture[:, 2])


@pytest.mark.parametrize(
    ("core", "margin", "stride"), [(0, 0, 1), (60, 32, 32), (64, 20, 32), (64, -32, 32)]
)
def test_a_tiling_off_the_grid_is_refused(core, margin, stride):
    with pytest.raises(InvalidInput):
        Tiling(core, margin, stride)

"""TIFFs of 16 bits whose samples stand in planes, or as grey with an opacity."""

import io

import cv2
import numpy as np
import pytest

from packshot import Photo, UnreadablePhoto
from tests.photo.tiff_files import make_tiff

RNG = np.random.default_rng(7)
DEEP = cv2.resize(RNG.integers(0, 65536, (12, 16, 4)).astype(np.uint16), (70, 50))
LAYOUTS = [
    {},
    {"order": ">"},
    {"compression": 8},
    {"rows_per_strip": 7},
    {"tile": 32, "compression": 8},
    {"big": True, "rows_per_strip": 16},
]


def to_8_bits(values):
    return np.rint(values / 65535 * 255).astype(np.uint8)


def lay_on_white(colours, opacity):
    share = opacity[..., None] / 65535
    return colours * share + 65535 * (1 - share)


def open_pixels(data):
    return Photo.open(data).pixels.astype(int)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_planes_of_colours_are_joined(layout):
    pixels = open_pixels(make_tiff(DEEP[..., :3], planar=True, **layout))
    assert np.abs(pixels - to_8_bits(DEEP[..., :3])).max() <= 1


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("planar", [True, False])
def test_grey_with_an_opacity_lies_on_white(layout, planar):
    data = make_tiff(DEEP[..., :2], planar=planar, extra_samples=(2,), **layout)
    expected = to_8_bits(lay_on_white(DEEP[..., :1], DEEP[..., 1]))
    assert np.abs(open_pixels(data) - expected).max() <= 1
    assert Photo.open(data).facts.has_alpha
    assert Photo.open(data).facts.bit_depth == 16


def test_colours_in_planes_with_an_opacity():
    data = make_tiff(DEEP, planar=True, extra_samples=(2,))
    expected = to_8_bits(lay_on_white(DEEP[..., :3], DEEP[..., 3]))
    assert np.abs(open_pixels(data) - expected).max() <= 1


def test_what_was_multiplied_is_divided_again():
    multiplied = DEEP[..., :2].copy()
    multiplied[..., 0] = np.rint(DEEP[..., 0] * (DEEP[..., 1] / 65535))
    data = make_tiff(multiplied, extra_samples=(1,))
    expected = to_8_bits(lay_on_white(DEEP[..., :1], DEEP[..., 1]))
    assert np.abs(open_pixels(data) - expected).max() <= 1


def test_a_sample_that_is_no_opacity_is_left_out():
    pixels = open_pixels(make_tiff(DEEP[..., :2], extra_samples=(0,)))
    assert np.abs(pixels - to_8_bits(DEEP[..., :1])).max() <= 1


def test_white_may_be_zero():
    pixels = open_pixels(make_tiff(DEEP[..., :2], extra_samples=(0,), photometric=0))
    assert np.abs(pixels - to_8_bits(65535 - DEEP[..., :1].astype(int))).max() <= 1


def test_orientation_is_heeded():
    data = make_tiff(DEEP[..., :3], planar=True, orientation=6)
    turned = np.rot90(to_8_bits(DEEP[..., :3]), -1).astype(int)
    assert np.abs(open_pixels(data) - turned).max() <= 1


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("planar", ["separate", "contig"])
def test_another_encoder_and_another_reader_agree(tile, predictor, planar):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs" if predictor else "tifffile")
    samples = DEEP[..., :3] if planar == "separate" else DEEP[..., :2]
    stored = np.moveaxis(samples, -1, 0) if planar == "separate" else samples
    tifffile.imwrite(
        file := io.BytesIO(),
        stored,
        photometric="rgb" if planar == "separate" else "minisblack",
        planarconfig=planar,
        extrasamples=None if planar == "separate" else ["unassalpha"],
        compression="zlib",
        predictor=predictor,
        tile=tile,
    )
    read = tifffile.imread(io.BytesIO(file.getvalue()))
    assert np.array_equal(read, stored)
    expected = samples if planar == "separate" else lay_on_white(samples[..., :1], samples[..., 1])
    assert np.abs(open_pixels(file.getvalue()) - to_8_bits(expected)).max() <= 1


@pytest.mark.parametrize("tile", [None, 32])
def test_differences_are_added_up(tile):
    width = tile or DEEP.shape[1]
    differences = DEEP[..., :2].copy()
    for left in range(0, DEEP.shape[1], width):
        part = DEEP[:, left : left + width, :2]
        differences[:, left + 1 : left + width] = part[:, 1:] - part[:, :-1]
    data = make_tiff(differences, extra_samples=(2,), compression=8, tile=tile, tags={317: (3, [2])})
    expected = to_8_bits(lay_on_white(DEEP[..., :1], DEEP[..., 1]))
    assert np.abs(open_pixels(data) - expected).max() <= 1


def test_damage_is_an_error():
    data = make_tiff(DEEP[..., :3], planar=True, compression=8)
    with pytest.raises(UnreadablePhoto):
        Photo.open(data[: len(data) // 2])

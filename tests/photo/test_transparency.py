"""What is clear becomes white, however a format says it."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from packshot.photo import Photo
from tests.photo.colour_files import make_png
from tests.photo.photo_files import encode, make_interlaced_rows, make_png_chunk
from tests.photo.tiff_files import make_tiff


def make_key(*samples):
    return make_png_chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("interlaced_key", [False, True])
def test_a_grey_that_is_clear(bits, interlaced_key):
    largest = (1 << bits) - 1
    samples = np.array([[0, largest, largest // 3, largest // 2 + 1]])
    for clear in sorted(set(samples[0].tolist())):
        key = clear | (
            0x4000 if interlaced_key and bits < 8 else 0
        )  # What lies above the bits is nothing.
        photo = Photo.open(make_png(samples, bits, 0, before=make_key(key)))
        expected = np.where(samples == clear, 255, np.rint(samples / largest * 255)).astype(int)
        assert photo.pixels[..., 0].tolist() == expected.tolist()
        assert photo.facts.has_alpha
        assert photo.facts.bit_depth == bits
        assert photo.facts.colour_mode == {1: "1", 16: "I;16"}.get(bits, "L")


def test_a_colour_that_is_clear():
    samples = np.array([[[10, 20, 30], [11, 20, 30], [10, 20, 31], [255, 0, 0]]])
    photo = Photo.open(make_png(samples, 8, 2, before=make_key(10, 20, 30)))
    assert photo.pixels[0].tolist() == [[255] * 3, [11, 20, 30], [10, 20, 31], [255, 0, 0]]
    assert photo.facts.has_alpha


def test_a_colour_of_16_bits_is_clear_to_the_last_bit():
    samples = np.array([[[25600, 0, 65535], [25601, 0, 65535], [25600, 1, 65535], [0, 65535, 257]]])
    photo = Photo.open(make_png(samples, 16, 2, before=make_key(25600, 0, 65535)))
    assert photo.pixels[0].tolist() == [[255] * 3, [100, 0, 255], [100, 0, 255], [0, 255, 1]]
    assert (photo.facts.has_alpha, photo.facts.bit_depth, photo.facts.colour_mode) == (True, 16, "RGB")


def test_a_colour_that_no_pixel_has_is_no_transparency():
    samples = np.array([[[25600, 0, 65535], [25601, 0, 65535]]])
    assert not Photo.open(make_png(samples, 16, 2, before=make_key(1, 2, 3))).facts.has_alpha
    assert not Photo.open(make_png(samples[..., 0], 16, 0, before=make_key(3))).facts.has_alpha


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_with_opacities(bits):
    palette = make_png_chunk(b"PLTE", bytes((200, 0, 0, 0, 100, 0)))
    opacities = make_png_chunk(b"tRNS", bytes((0,)))
    photo = Photo.open(make_png(np.array([[0, 1]]), bits, 3, before=palette + opacities))
    assert photo.pixels[0].tolist() == [[255] * 3, [0, 100, 0]]
    assert photo.facts.has_alpha
    half = make_png_chunk(b"tRNS", bytes((255, 51)))
    photo = Photo.open(make_png(np.array([[0, 1]]), bits, 3, before=palette + half))
    assert photo.pixels[0].tolist() == [[200, 0, 0], [204, 224, 204]]


@pytest.mark.parametrize(
    "chunk",
    [
        make_png_chunk(b"tRNS", struct.pack(">3H", 10, 20, 30), checksum=1),
        make_png_chunk(b"tRNS", b""),
        make_png_chunk(b"tRNS", b"\0\1"),
        make_png_chunk(b"tRNS", bytes(900)),
    ],
)
@pytest.mark.parametrize("colour_type", [2, 6])
def test_a_damaged_transparency_is_none(chunk, colour_type):
    samples = np.array([[[10, 20, 30, 255], [1, 2, 3, 255]]])[..., : {2: 3, 6: 4}[colour_type]]
    photo = Photo.open(make_png(samples, 8, colour_type, before=chunk))
    assert photo.pixels[0].tolist() == [[10, 20, 30], [1, 2, 3]]


def test_more_opacities_than_colours():
    palette = make_png_chunk(b"PLTE", bytes((200, 0, 0, 0, 100, 0)))
    photo = Photo.open(make_png([[0, 1]], 8, 3, before=palette + make_png_chunk(b"tRNS", bytes(300))))
    assert (photo.pixels == 255).all()


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_and_colours_beside_their_opacity(bits):
    scale = 1 if bits == 8 else 257
    grey = np.array([[[100, 255], [100, 0], [0, 51]]]) * scale
    assert Photo.open(make_png(grey, bits, 4)).pixels[0, :, 0].tolist() == [100, 255, 204]
    colours = np.array([[[100, 0, 7, 255], [100, 0, 7, 0], [0, 0, 0, 51]]]) * scale
    expected = [[100, 0, 7], [255] * 3, [204] * 3]
    assert Photo.open(make_png(colours, bits, 6)).pixels[0].tolist() == expected


@pytest.mark.parametrize(("bits", "channels"), [(8, 1), (8, 3), (16, 3)])
def test_a_tiff_whose_colours_are_multiplied_by_their_opacity(bits, channels):
    """TIFF 6.0, section 18: associated alpha."""
    colours = np.random.default_rng(0).integers(0, 128, (9, 9, channels))
    samples = np.dstack([colours, np.full((9, 9), 128)])
    data = samples.astype(np.uint8) if bits == 8 else (samples * 257).astype(np.uint16)
    photo = Photo.open(make_tiff(data, extra_samples=(1,)))
    expected = np.broadcast_to(colours + 127, (9, 9, 3))
    assert np.abs(photo.pixels.astype(int) - expected).max() <= 1
    assert photo.facts.has_alpha


def test_what_is_no_opacity_in_a_tiff_hides_nothing():
    samples = np.dstack([np.full((4, 4, 3), 90, np.uint8), np.zeros((4, 4), np.uint8)])
    assert (Photo.open(make_tiff(samples, extra_samples=(0,))).pixels == 90).all()


def test_a_colour_of_a_gif_that_is_clear():
    image = Image.new("P", (8, 8), 0)
    image.putpalette([1, 2, 3, 250, 0, 0])
    image.paste(1, (4, 0, 8, 8))
    photo = Photo.open(encode(image, "GIF", transparency=0))
    assert (photo.pixels[:, :4] == 255).all()
    assert (photo.pixels[:, 4:] == (250, 0, 0)).all()
    assert photo.facts.has_alpha


@pytest.mark.parametrize("channels", [1, 3])
def test_an_interlaced_png_of_16_bits(channels):
    samples = np.random.default_rng(0).integers(0, 65536, (11, 13, channels))
    rows = make_interlaced_rows(samples.astype(">u2"))
    header = struct.pack(">IIBBBBB", 13, 11, 16, {1: 0, 3: 2}[channels], 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n" + make_png_chunk(b"IHDR", header) + make_key(*samples[3, 4].tolist())
    data += make_png_chunk(b"IDAT", zlib.compress(rows)) + make_png_chunk(b"IEND", b"")
    expected = np.broadcast_to(np.rint(samples / 257), (11, 13, 3)).copy()
    expected[(samples == samples[3, 4]).all(axis=-1)] = 255
    assert np.abs(Photo.open(data).pixels - expected).max() <= 1

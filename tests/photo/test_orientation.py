"""Every format is turned upright once, by what decides in it; its size is the upright picture's."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from packshot.photo import Photo
from tests.photo.colour_files import make_png
from tests.photo.photo_files import encode, encode_heif, make_png_chunk
from tests.photo.tiff_files import make_tiff

UPRIGHT = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
GREY = UPRIGHT[..., :1]
# Where the first row and column of what is stored belong: TIFF 6.0, section 8.
STORED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[::-1],
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
}
ORIENTATIONS = range(1, 9)


def store(pixels, orientation):
    return np.ascontiguousarray(STORED[orientation](pixels))


def make_exif(orientation, order=">"):
    """EXIF of one tag."""
    head = (b"MM" if order == ">" else b"II") + struct.pack(order + "HL", 42, 8)
    return head + struct.pack(order + "HHHLHHL", 1, 274, 3, 1, orientation, 0, 0)


def make_xmp(orientation, quote='"'):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
        f"tiff:Orientation={quote}{orientation}{quote}/></rdf:RDF></x:xmpmeta>"
    ).encode()


def check(data, expected, tolerance=0):
    photo = Photo.open(data)
    assert photo.pixels.shape == expected.shape
    assert (photo.facts.width, photo.facts.height) == expected.shape[1::-1]
    assert np.abs(photo.pixels.astype(int) - expected).max() <= tolerance


TIFFS = {
    "plain": (UPRIGHT, {}),
    "big-endian": (UPRIGHT, {"order": ">"}),
    "packed": (UPRIGHT, {"compression": 8}),
    "strips": (UPRIGHT, {"rows_per_strip": 7, "compression": 8}),
    "tiles": (UPRIGHT, {"tile": 16}),
    "packed tiles": (UPRIGHT, {"tile": 16, "compression": 8, "order": ">"}),
    "planes": (UPRIGHT, {"planar": True}),
    "BigTIFF": (UPRIGHT, {"big": True}),
    "pages": (UPRIGHT, {"pages": 3}),
    "16 bits": (UPRIGHT.astype(np.uint16) * 257, {"order": ">", "compression": 8}),
    "grey": (GREY, {}),
    "grey, white is zero": (255 - GREY, {"photometric": 0}),
    "grey of 16 bits": (GREY.astype(np.uint16) * 257, {"order": ">"}),
    "grey of 16 bits, white is zero": (65535 - GREY.astype(np.uint16) * 257, {"photometric": 0}),
    "grey of 32 bits": (GREY.astype(np.uint32) * 16843009, {}),
    "floats": (GREY.astype(np.float32) / 255, {"compression": 8, "order": ">"}),
    "colours in floats": (UPRIGHT.astype(np.float32) / 255, {}),
    "double floats": (GREY.astype(np.float64) / 255, {}),
    "CMYK": (np.dstack([255 - UPRIGHT, GREY * 0]), {"photometric": 5}),
    "opacity": (np.dstack([UPRIGHT, GREY * 0 + 255]), {"extra_samples": (2,)}),
    "16 bits, opacity": (
        np.dstack([UPRIGHT, GREY * 0 + 255]).astype(np.uint16) * 257,
        {"extra_samples": (2,)},
    ),
}


@pytest.mark.parametrize("name", TIFFS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_tiff_of_any_layout(name, orientation):
    pixels, layout = TIFFS[name]
    expected = GREY.repeat(3, axis=2) if pixels.shape[2] == 1 else UPRIGHT
    check(make_tiff(store(pixels, orientation), orientation=orientation, **layout), expected)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_xmp_beside_a_tag_of_a_tiff_turns_nothing_again(orientation):
    pixels = store(UPRIGHT, orientation)
    xmp = list(make_xmp(orientation))
    check(make_tiff(pixels, tags={700: (1, xmp)}), UPRIGHT)
    check(make_tiff(pixels, orientation=orientation, tags={700: (1, xmp)}), UPRIGHT)
    check(make_tiff(pixels, orientation=orientation, tags={700: (1, list(make_xmp(6)))}), UPRIGHT)
    deep = pixels.astype(np.float32) / 255
    check(make_tiff(deep, orientation=orientation, tags={700: (1, xmp)}), UPRIGHT)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_format_with_exif(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True, "quality": 100, "exif": exif.tobytes(), "subsampling": "4:4:4"}
    if kind in ("AVIF", "HEIF"):  # The picture is turned by boxes there, which the writers make of EXIF.
        options |= {"speed": 10} if kind == "AVIF" else {}
    image = Image.fromarray(store(UPRIGHT, orientation))
    if kind == "HEIF":
        data = encode_heif(image, quality=-1, chroma=444, exif=exif.tobytes())
        if data is None:
            pytest.skip("the extra heic is not installed")
    elif kind == "TIFF":
        data = encode(image, "TIFF", exif=exif)
    else:
        data = encode(image, kind, **options)
    check(data, UPRIGHT, {"JPEG": 2, "AVIF": 3, "HEIF": 2}.get(kind, 0))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_xmp_alone(orientation, quote):
    xmp = make_xmp(orientation, quote)
    image = Image.fromarray(store(UPRIGHT, orientation))
    check(encode(image, "JPEG", xmp=xmp, quality=100, subsampling=0), UPRIGHT, 2)
    check(encode(image, "WEBP", xmp=xmp, lossless=True), UPRIGHT)
    chunk = make_png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    data = make_png(store(UPRIGHT, orientation), 8, 2, before=chunk)
    check(data, UPRIGHT)
    check(Image.open(io.BytesIO(data)), UPRIGHT)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_an_image_that_pillow_opened(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(store(UPRIGHT, orientation))
    options = {"lossless": True, "quality": 100} if kind != "TIFF" else {}
    data = encode(image, kind, exif=exif, **options, **({"subsampling": 0} if kind == "JPEG" else {}))
    pixels = Photo.open(data).pixels
    assert pixels.shape == UPRIGHT.shape
    check(Image.open(io.BytesIO(data)), pixels)


@pytest.mark.parametrize("nonsense", [0, 9, 255, 4096])
def test_an_orientation_that_is_none_turns_nothing(nonsense):
    for pixels in (UPRIGHT, UPRIGHT.astype(np.float32) / 255):
        check(make_tiff(pixels, orientation=nonsense), UPRIGHT)
    image = Image.fromarray(UPRIGHT)
    check(encode(image, "WEBP", exif=make_exif(nonsense), lossless=True), UPRIGHT)
    chunk = make_png_chunk(b"eXIf", make_exif(nonsense, "<"))
    check(make_png(UPRIGHT, 8, 2, before=chunk), UPRIGHT)


def test_of_two_blocks_of_exif_the_first_that_is_one_counts():
    data = encode(Image.fromarray(store(UPRIGHT, 6)), "JPEG", quality=100, subsampling=0)

    def make_segment(content):
        return b"\xff\xe1" + struct.pack(">H", 8 + len(content)) + b"Exif\0\0" + content

    first, second, junk = (
        make_segment(content) for content in (make_exif(6), make_exif(3), b"junk" * 9)
    )
    for segments in (first, first + second, first + first, junk + first, first + junk):
        check(data[:2] + segments + data[2:], UPRIGHT, 2)


def test_exif_in_avif_and_heic_turns_nothing_without_a_box():
    """ISO/IEC 23000-22, 7.3.5.2: boxes turn, what EXIF says is for others."""
    mark = b"\x01\x13\0\3\0\0\0\1\0\6"
    exif = b"Exif\0\0" + make_exif(6).replace(mark.replace(b"\x13", b"\x12"), mark)
    image = Image.fromarray(UPRIGHT)
    avif = encode(image, "AVIF", quality=100, subsampling="4:4:4", speed=10, exif=exif)
    heif = encode_heif(image, quality=-1, chroma=444, exif=exif)
    for data in (avif, heif):
        if data is not None:
            assert mark in data
            check(data.replace(mark, mark.replace(b"\x13", b"\x12")), UPRIGHT, 3)
    check(encode(image, "AVIF", quality=100, subsampling="4:4:4", speed=10, xmp=make_xmp(6)), UPRIGHT, 3)


def test_a_later_picture_of_a_jpeg_turns_nothing():
    frames = [Image.fromarray(UPRIGHT), Image.fromarray(UPRIGHT[:16, :16])]
    for frame in frames:
        frame.encoderinfo = {}
    data = encode(frames[0], "MPO", save_all=True, append_images=frames[1:], quality=100, subsampling=0)
    second = data.rindex(b"\xff\xd8")
    exif = b"\xff\xe1" + struct.pack(">H", 34) + b"Exif\0\0" + make_exif(6)
    check(data[: second + 2] + exif + data[second + 2 :], UPRIGHT, 2)

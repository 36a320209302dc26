"""What is written beside a picture never makes it unreadable, and is not taken for it."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from tests.photo.colour_files import make_png, make_profile
from tests.photo.photo_files import encode, encode_heif, make_png_chunk
from tests.photo.tiff_files import make_tiff

PIXELS = np.random.default_rng(5).integers(0, 256, (24, 40, 3), dtype=np.uint8)
PHOTO = Image.fromarray(PIXELS)

CHUNKS = {
    "text, wrong checksum": make_png_chunk(b"tEXt", b"Comment\0hello", checksum=1),
    "text of 3 MB": make_png_chunk(b"tEXt", b"Comment\0" + b"a" * 3 * 2**20),
    "packed text of 60 MB": make_png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(60 * 2**20))),
    "packed text that is none": make_png_chunk(b"zTXt", b"Comment\0\0junk"),
    "text without a key": make_png_chunk(b"tEXt", b""),
    "international text of 60 MB": make_png_chunk(
        b"iTXt", b"K\0\1\0\0\0" + zlib.compress(bytes(60 * 2**20))
    ),
    "XMP of 3 MB": make_png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"a" * 3 * 2**20),
    "twenty texts of 200 kB": make_png_chunk(b"tEXt", b"Comment\0" + b"a" * 200_000) * 20,
    "profile, wrong checksum": make_png_chunk(
        b"iCCP", b"n\0\0" + zlib.compress(make_profile(1)), checksum=1
    ),
    "profile that is none": make_png_chunk(b"iCCP", b"n\0\0junk"),
    "empty profile": make_png_chunk(b"iCCP", b""),
    "EXIF, wrong checksum": make_png_chunk(b"eXIf", bytes(900), checksum=1),
    "EXIF that is none": make_png_chunk(b"eXIf", b"junk"),
    "resolution cut short": make_png_chunk(b"pHYs", b"\0"),
    "time cut short": make_png_chunk(b"tIME", b"\0", checksum=1),
    "background of another kind": make_png_chunk(b"bKGD", b"\0\0\0\0\0\0\0"),
    "significant bits of nothing": make_png_chunk(b"sBIT", b""),
    "suggested palette, wrong checksum": make_png_chunk(b"PLTE", bytes(9), checksum=1),
    "histogram": make_png_chunk(b"hIST", bytes(4)),
    "a chunk that nobody knows": make_png_chunk(b"abCd", bytes(900), checksum=1),
    "chromaticities cut short": make_png_chunk(b"cHRM", bytes(5)) + make_png_chunk(b"gAMA", bytes(2)),
    "code points cut short": make_png_chunk(b"cICP", bytes(2)),
    "light levels": make_png_chunk(b"cLLI", bytes(8)) + make_png_chunk(b"mDCV", bytes(24)),
}


@pytest.mark.parametrize("name", CHUNKS)
@pytest.mark.parametrize("place", ["before", "after"])
def test_no_chunk_beside_the_picture_makes_a_png_unreadable(name, place):
    data = make_png(PIXELS, 8, 2, **{place: CHUNKS[name]})
    assert np.array_equal(Photo.open(data).pixels, PIXELS)


def test_a_damaged_picture_of_a_png_is_still_refused():
    data = bytearray(make_png(PIXELS, 8, 2))
    data[70] ^= 0xFF
    with pytest.raises(UnreadablePhoto):
        Photo.open(bytes(data))


@pytest.mark.parametrize("tag", [700, 34675, 34377, 33723, 270, 305, 65000])
@pytest.mark.parametrize("bits", [8, 32])
def test_a_tag_beyond_the_end_of_a_tiff_loses_nothing_but_itself(tag, bits):
    samples = PIXELS if bits == 8 else PIXELS.astype(np.float32) / 255
    whole = make_tiff(samples, tags={tag: (7, [1] * 5000)})
    at = whole.index(struct.pack("<HHL", tag, 7, 5000))
    data = whole[: at + 8] + struct.pack("<L", len(whole) - 9) + whole[at + 12 :]
    assert np.array_equal(Photo.open(data).pixels, PIXELS)


def test_a_palette_beyond_the_end_of_a_tiff_is_missed():
    data = encode(PHOTO.quantize(16), "TIFF")
    at = data.index(struct.pack("<HH", 320, 3))
    moved = data[: at + 8] + struct.pack("<L", len(data) - 9) + data[at + 12 :]
    with pytest.raises(UnreadablePhoto, match="ends within"):
        Photo.open(moved)


def test_a_profile_cut_short_in_a_jpeg_changes_nothing():
    plain = Photo.open(encode(PHOTO, "JPEG")).pixels
    profile = make_profile((np.linspace(0, 1, 16_000) * 65535).round())
    data = encode(PHOTO, "JPEG", icc_profile=profile)
    second = data.rindex(b"ICC_PROFILE\0\2\2")
    cut = data[: second - 4] + data[second - 2 + int.from_bytes(data[second - 2 : second]) :]
    assert np.array_equal(Photo.open(cut).pixels, plain)
    assert not np.array_equal(Photo.open(data).pixels, plain)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_that_is_cut_behind_its_picture_is_whole(mode, lossless):
    image = PHOTO.copy()
    if mode == "RGBA":
        image.putalpha(100)
    data = encode(image, "WEBP", exif=b"II*\0\x08\0\0\0\0\0" + bytes(99), lossless=lossless, exact=True)
    exif = data.index(b"EXIF")
    whole = Photo.open(data).pixels
    for end in (exif, exif + 4, exif + 8, exif + 50, len(data) - 3):
        assert np.array_equal(Photo.open(data[:end]).pixels, whole)
    with pytest.raises(UnreadablePhoto):
        Photo.open(data[: exif - 3])


@pytest.mark.parametrize("label", [b"\xfe", b"\xff"])
def test_a_gif_that_is_cut_within_a_comment_behind_its_picture_is_whole(label):
    data = encode(PHOTO.quantize(50), "GIF")
    assert data.endswith(b"\0;")
    whole = Photo.open(data).pixels
    assert np.array_equal(Photo.open(data[:-1] + b"!" + label + b"\x0babc").pixels, whole)
    with pytest.raises(UnreadablePhoto):
        Photo.open(data[:-9])


def test_exif_that_pillow_stumbles_over_loses_no_avif():
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x0f\0\2\0\0\0\6\0\0\0\x1a\0\0\0\0Maker\0"
    data = encode(PHOTO, "AVIF", exif=exif, speed=10)
    assert Photo.open(data).facts.exif == {"Make": "Maker"}
    broken = data.replace(b"MM\0*\0\0\0\x08", b"XX\7*\0\0\0\x08")
    photo = Photo.open(broken)
    assert np.array_equal(photo.pixels, Photo.open(data).pixels)
    assert photo.facts.exif == {}


@pytest.mark.parametrize("depth", [10, 12])
@pytest.mark.parametrize("has_pixel_box", [True, False])
def test_an_avif_tells_its_depth(depth, has_pixel_box):
    deep = (PIXELS.astype(np.uint16) << (depth - 8)) | (PIXELS >> 4)
    parameters = (cv2.IMWRITE_AVIF_DEPTH, depth, cv2.IMWRITE_AVIF_SPEED, 10)
    try:
        data = cv2.imencode(".avif", deep, (*parameters, cv2.IMWRITE_AVIF_QUALITY, 95))[1].tobytes()
    except cv2.error:
        pytest.skip("this OpenCV writes no AVIF")
    assert Photo.open(data if has_pixel_box else data.replace(b"pixi", b"free")).facts.bit_depth == depth
    eight = encode(PHOTO, "AVIF", speed=10)
    assert Photo.open(eight).facts.bit_depth == 8


@pytest.mark.parametrize("mode", ["RGB;16", "RGBA;16", "L;16"])
def test_a_heic_tells_its_depth(mode):
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    import io

    channels = {"RGB;16": 3, "RGBA;16": 4, "L;16": 1}[mode]
    values = np.full((64, 64, channels), 40_000, np.uint16)
    file = io.BytesIO()
    pillow_heif.from_bytes(mode, (64, 64), values.tobytes()).save(file, quality=90)
    assert Photo.open(file.getvalue()).facts.bit_depth == 10
    assert Photo.open(encode_heif(PHOTO)).facts.bit_depth == 8


def test_a_thumbnail_in_front_of_a_tiff_is_not_the_photo():
    """Two pages, the first of which calls itself a reduced version of another: TIFF 6.0, section 8."""
    both = make_pages(PIXELS[::4, ::4], 1, PIXELS, 0)
    photo = Photo.open(both)
    assert np.array_equal(photo.pixels, PIXELS)
    assert (photo.facts.width, photo.facts.height, photo.facts.frames) == (40, 24, 2)
    assert np.array_equal(Photo.open(make_pages(PIXELS, 0, PIXELS[::4, ::4], 1)).pixels, PIXELS)
    assert np.array_equal(Photo.open(make_pages(PIXELS, 0, PIXELS[::-1], 0)).pixels, PIXELS)
    alone = make_tiff(PIXELS, tags={254: (4, [1])})
    assert np.array_equal(Photo.open(alone).pixels, PIXELS)


def make_pages(first, first_type, second, second_type):
    """A TIFF of two pages, of two files behind each other."""
    front = bytearray(make_tiff(first, tags={254: (4, [first_type])}))
    back = make_tiff(second, tags={254: (4, [second_type])}, base=len(front))
    count = struct.unpack_from("<H", front, 8)[0]
    struct.pack_into("<L", front, 10 + 12 * count, len(front) + 8)
    return bytes(front) + back


RAWS = {
    "DNG": {50706: (1, [1, 4, 0, 0]), 271: (2, list(b"Ricoh\0"))},
    "NEF": {271: (2, list(b"NIKON CORPORATION\0"))},
    "ARW": {271: (2, list(b"SONY\0"))},
    "SRW": {271: (2, list(b"SAMSUNG\0"))},
    "3FR": {271: (2, list(b"Hasselblad\0"))},
}


@pytest.mark.parametrize("kind", RAWS)
def test_a_preview_in_a_raw_file_is_not_the_photo(kind):
    """A small page in front, and below it what the sensor saw, as cameras write it."""
    sensor = np.zeros((48, 64), np.uint16)
    front = make_tiff(PIXELS, tags={254: (4, [1]), 330: (4, [0]), **RAWS[kind]})
    back = make_tiff(sensor, photometric=32803, tags={254: (4, [0])}, base=len(front))
    data = front.replace(
        struct.pack("<HHLL", 330, 4, 1, 0), struct.pack("<HHLL", 330, 4, 1, len(front) + 8)
    )
    with pytest.raises(UnreadablePhoto, match=rf"raw file \({kind}\).*export"):
        Photo.open(data + back)


@pytest.mark.parametrize(("maker", "kind"), [("PENTAX", "PEF"), ("Leica", ""), ("Canon", "CR2")])
@pytest.mark.parametrize(
    "mark", [{"compression": 65535}, {"photometric": 32803}, {"photometric": 34892}]
)
def test_a_raw_file_without_a_preview(maker, kind, mark):
    tags = {271: (2, list(maker.encode() + b"\0"))}
    if "compression" in mark:
        tags[259] = (3, [mark["compression"]])
    data = make_tiff(PIXELS[..., 0].astype(np.uint16), photometric=mark.get("photometric", 1), tags=tags)
    with pytest.raises(UnreadablePhoto, match=rf"raw file{f' .{kind}.' if kind else ''}, .*export"):
        Photo.open(data)


def test_a_raw_file_by_canon():
    with pytest.raises(UnreadablePhoto, match=r"raw file \(CR2\)"):
        Photo.open(b"II*\0\x10\0\0\0CR\2\0" + bytes(400))


def test_a_preview_whose_photo_is_cut_off_is_refused():
    data = make_tiff(PIXELS, tags={254: (4, [1]), 330: (4, [9_999_999])})
    with pytest.raises(UnreadablePhoto, match="the photo is missing"):
        Photo.open(data)


def test_a_pyramid_below_a_tiff_is_no_raw_file():
    front = make_tiff(PIXELS, tags={330: (4, [0])})
    back = make_tiff(PIXELS[::2, ::2], tags={254: (4, [1])}, base=len(front))
    data = front.replace(
        struct.pack("<HHLL", 330, 4, 1, 0), struct.pack("<HHLL", 330, 4, 1, len(front) + 8)
    )
    assert np.array_equal(Photo.open(data + back).pixels, PIXELS)


def test_a_tiff_of_a_kind_that_is_not_read_says_so():
    with pytest.raises(UnreadablePhoto, match=r"TIFF of a kind that Packshot does not read.*export"):
        Photo.open(make_tiff(PIXELS.astype(np.int32)))

"""Files that are made to take long are refused before they do; what they hold is looked at once."""

import struct

import pytest

from packshot.errors import PhotoTooLarge
from packshot.photo import Limits, Photo
from packshot.photo.structure import gif
from tests.photo import bombs
from tests.photo.photo_files import encode, make_png_chunk, make_scene

REFUSED = {
    "500 scans": (lambda: bombs.make_jpeg_of_scans(500), "scans"),
    "scans of a large picture": (lambda: bombs.make_jpeg_of_scans(70, (6000, 6000)), "scans"),
    "segments": (lambda: bombs.make_jpeg_of_segments(300_000), "segments"),
    "fill": (lambda: bombs.make_jpeg_with_fill(5_000_000), "bytes between"),
    "zeros as fill": (lambda: bombs.make_jpeg_with_fill(5_000_000, b"\xff\0"), "bytes between"),
    "fill in a scan": (lambda: bombs.make_jpeg_with_scan_fill(5_000_000), "fill bytes"),
    "pages": (lambda: bombs.make_tiff_of_pages(50_001), "1001 frames or more"),
    "strips": (lambda: bombs.make_tiff_of_strips(100_000), "strips or tiles"),
    "tags": (lambda: bombs.make_overlapping_tags(5000, 100_000), "tags"),
    "tags of the same value": (lambda: bombs.make_overlapping_tags(4000, 100_000), "tags say more"),
    "GIF frames": (lambda: bombs.make_gif_of_frames(300_000), "1001 frames or more"),
    "GIF blocks": (lambda: bombs.make_gif_with(b"\x21\xfe" + b"\1a" * 1_300_000 + b"\0"), "blocks"),
    "GIF extensions": (lambda: bombs.make_gif_with(b"\x21\xfe\0" * 1_300_000), "blocks"),
    "WebP chunks": (lambda: bombs.make_webp_of_chunks(50_000), "chunks"),
    "PNG chunks": (lambda: bombs.make_png_with(make_png_chunk(b"tEXt", b"a\0b"), 200_000), "chunks"),
    "empty picture data": (lambda: bombs.make_png_with(make_png_chunk(b"IDAT", b""), 200_000), "chunks"),
    "run lengths": (lambda: bombs.make_bmp_of_runs(60_000, 1000), "run lengths"),
    "items": (lambda: bombs.make_heif_of_items(60_000), "pieces"),
    "boxes": (lambda: bombs.make_heif_of_items(3) + bombs.make_box(b"free", b"") * 50_000, "boxes"),
    "samples": (lambda: bombs.make_avif_of_samples(14_000_000), "14000000 frames"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bombs_are_refused_by_their_structure(name):
    make, reason = REFUSED[name]
    with pytest.raises(PhotoTooLarge, match=reason):
        Photo.open(make())


HARMLESS = {
    "compressed text": lambda: bombs.make_png_with(
        make_png_chunk(b"zTXt", b"Raw profile type exif\0\0" + bombs.compress_zeros(50_000_000)), 50
    ),
    "compressed profile": lambda: bombs.make_png_with(
        make_png_chunk(b"iCCP", b"a\0\0" + bombs.compress_zeros(50_000_000)), 50
    ),
    "EXIF of overlapping values": lambda: bombs.make_jpeg_with_exif(
        bombs.make_overlapping_tags(4000, 2_000_000)
    ),
    "long segments": lambda: bombs.make_jpeg_of_segments(300, bytes(65_000)),
    "zeros for picture data": lambda: bombs.make_jpeg_with_scan_fill(5_000_000, b"\0"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_concern_the_picture_is_not_unpacked(name):
    assert Photo.open(HARMLESS[name]()).facts.exif == {}


def test_a_circle_of_pages_ends():
    data = bytearray(encode(make_scene(), "TIFF"))
    place = struct.unpack_from("<L", data, 4)[0]
    link = place + 2 + 12 * struct.unpack_from("<H", data, place)[0]
    struct.pack_into("<L", data, link, place)
    assert Photo.open(bytes(data)).facts.frames == 1


def test_frames_are_counted_no_further_than_they_must():
    data = bombs.make_gif_of_frames(50)
    assert Photo.open(data).facts.frames == 51
    assert gif.read_outline(data, max_frames=10).frames == 11
    with pytest.raises(PhotoTooLarge, match="11 frames or more exceed the limit of 10"):
        Photo.open(data, limits=Limits(max_frames=10))


NEEDS = {
    "AVIF": {"speed": 10},
    "PNG": {},
    "TIFF": {},
    "WEBP": {},
    "GIF": {},
    "JPEG": {"progressive": True},
}


@pytest.mark.parametrize("kind", NEEDS)
def test_what_needs_more_memory_than_allowed_is_not_decoded(kind):
    data = encode(make_scene(), kind, **NEEDS[kind])
    width, height = make_scene().size
    assert Photo.open(data, limits=Limits(max_memory_bytes=16 * width * height)).facts.format == kind
    with pytest.raises(PhotoTooLarge, match="MB of memory"):
        Photo.open(data, limits=Limits(max_memory_bytes=width * height // 2))

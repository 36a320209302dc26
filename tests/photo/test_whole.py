"""Every format knows whether its picture is whole, and takes no whole file for a part."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from tests.photo.photo_files import (
    SIZE,
    encode,
    make_interlaced_rows,
    make_modes,
    make_png,
    make_png_chunk,
    make_scene,
    make_whole_files,
)

WHOLE = make_whole_files()
# What is left of these holds the whole first picture, be it without its end marker.
WHOLE_FIRST = ("JPEG of several pictures", "PNG of black", "PNG that is clear")


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("max_side", [None, 100])
def test_what_libraries_write_is_whole(name, max_side):
    photo = Photo.open(WHOLE[name], max_side=max_side)
    assert photo.facts.format == name.split()[0]
    assert (photo.facts.width, photo.facts.height) == SIZE


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in WHOLE_FIRST])
def test_what_is_cut_short_is_unreadable(name):
    data = WHOLE[name]
    for share in (0.1, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97):
        with pytest.raises(UnreadablePhoto):
            Photo.open(data[: int(share * len(data))], max_side=100)


@pytest.mark.parametrize("name", [name for name in WHOLE if name.startswith("JPEG ")])
@pytest.mark.parametrize("mark", [b"\xff\xd9", b"\xff\xd0\xff\xd9", b"\xff\xfe\x00\x04no\xff\xd9"])
def test_no_marker_makes_a_part_of_a_jpeg_whole(name, mark):
    data = WHOLE[name]
    first = data.find(b"\xff\xd9\xff\xd8") if "several" in name else len(data)
    for share in (0.45, 0.6, 0.7, 0.8, 0.9, 0.97):
        with pytest.raises(UnreadablePhoto):
            Photo.open(data[: int(first * share)] + mark)


@pytest.mark.parametrize("name", [name for name in WHOLE if name.startswith("JPEG ")])
@pytest.mark.parametrize("tail", [b"", b"\0" * 300, b"\xff\xd9", b"any words \xff\xd8\xff"])
def test_a_jpeg_may_lack_its_end_marker_or_have_more_behind(name, tail):
    data = WHOLE[name]
    ended = Photo.open(data + tail)
    assert np.array_equal(ended.pixels, Photo.open(data).pixels)
    if "several" not in name:
        assert np.array_equal(Photo.open(data[:-2]).pixels, ended.pixels)


def test_later_scans_of_a_progressive_jpeg_are_missed():
    data = encode(make_scene(), "JPEG", progressive=True, quality=90)
    scans = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for scan in scans[1:]:
        tables = data.rfind(b"\xff\xc4", 0, scan)
        with pytest.raises(UnreadablePhoto, match="later scans are missing"):
            Photo.open(data[:tables] + b"\xff\xd9")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("interlace", [0, 1])
def test_a_valid_png_stream_of_fewer_rows_is_unreadable(share, interlace):
    pixels = np.asarray(make_scene())
    rows = (
        make_interlaced_rows(pixels) if interlace else b"".join(b"\0" + row.tobytes() for row in pixels)
    )
    assert np.array_equal(Photo.open(make_png(rows, *SIZE, interlace=interlace)).pixels, pixels)
    with pytest.raises(UnreadablePhoto, match=r"data ends before|truncated"):
        Photo.open(make_png(rows[: int(share * len(rows))], *SIZE, interlace=interlace))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("left", [0, 50])
def test_a_black_png_of_fewer_rows_is_unreadable(mode, left):
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    rows = bytes(1 + channels * SIZE[0]) * left
    with pytest.raises(UnreadablePhoto, match=r"data ends before|truncated"):
        Photo.open(make_png(rows, *SIZE, colour={"L": 0, "RGB": 2, "RGBA": 6}[mode]))


def test_a_png_may_lack_its_end_and_have_more_behind():
    data = encode(make_scene(), "PNG")
    for odd in (data[:-12], data[:-16], data + b"\0\1\2 more", data[:-12] + b"\0\0\0\2noPExx\0\0\0\0"):
        assert np.array_equal(Photo.open(odd).pixels, np.asarray(make_scene()))


def find_gif_codes(data):
    """Return where the blocks of the only picture begin, behind the size of codes."""
    place = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while data[place] == 0x21:
        place += 2
        while data[place]:
            place += 1 + data[place]
        place += 1
    return place + 11 + (3 << ((data[place + 9] & 7) + 1) if data[place + 9] & 0x80 else 0)


@pytest.mark.parametrize("mode", ["P", "few colours", "1"])
@pytest.mark.parametrize("interlace", [0, 1])
def test_a_gif_whose_codes_end_early_is_unreadable(mode, interlace):
    data = encode(make_modes()[mode], "GIF", interlace=interlace)
    begin = find_gif_codes(data)
    blocks, place = [], begin
    while data[place]:
        blocks.append(data[place : place + 1 + data[place]])
        place += 1 + data[place]
    assert len(blocks) > 3
    assert Photo.open(data[:begin] + b"".join(blocks) + b"\0").facts.frames == 1
    with pytest.raises(UnreadablePhoto, match="data ends before"):
        Photo.open(data[:begin] + b"".join(blocks[: len(blocks) // 2]) + b"\0;")


def test_a_bmp_that_is_a_byte_short_is_unreadable():
    data = encode(make_scene(), "BMP")
    with pytest.raises(UnreadablePhoto, match="data ends before"):
        Photo.open(data[:-1])
    assert Photo.open(data + b"more").pixels.shape == (*SIZE[::-1], 3)


@pytest.mark.parametrize("change", ["fewer", "beyond", "nowhere"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_a_tiff_without_all_strips_is_unreadable(change, compression):
    data = bytearray(encode(make_scene(), "TIFF", compression=compression, tiffinfo={278: 16}))
    directory = struct.unpack_from("<L", data, 4)[0]
    count = struct.unpack_from("<H", data, directory)[0]
    tags = {
        struct.unpack_from("<H", data, at)[0]: at
        for at in range(directory + 2, directory + 2 + 12 * count, 12)
    }
    number, place = struct.unpack_from("<LL", data, tags[273] + 4)
    assert number > 5
    if change == "fewer":
        struct.pack_into("<L", data, tags[273] + 4, number - 2)
    else:
        struct.pack_into(
            "<L", data, place + 4 * (number - 1), len(data) + 9 if change == "beyond" else 0
        )
    with pytest.raises(UnreadablePhoto, match=r"missing|data ends before"):
        Photo.open(bytes(data))


def test_a_photo_of_odd_sizes_is_whole():
    for width, height in ((1, 1), (1, 9), (9, 1), (8, 8), (17, 3)):
        scene = make_scene().resize((width, height))
        for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"):
            assert Photo.open(encode(scene, kind)).pixels.shape == (height, width, 3)
        for options in ({"progressive": True}, {"progressive": True, "restart_marker_blocks": 1}):
            assert Photo.open(encode(scene, "JPEG", **options)).pixels.shape == (height, width, 3)


def test_tables_of_a_shared_photo_collection_are_no_false_alarm(shared_data):
    photos = sorted(shared_data.rglob("*.jpg"))[::60]
    assert len(photos) > 50
    for path in photos:
        assert Photo.open(path, max_side=256).facts.format == "JPEG"


def test_exif_that_is_broken_harms_nothing():
    broken = b"II*\0\x08\0\0\0\xff\xff" + bytes(30)
    data = encode(make_scene(), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 8 + len(broken)) + b"Exif\0\0" + broken
    photo = Photo.open(data[:2] + segment + data[2:])
    assert (photo.facts.exif, photo.facts.had_location) == ({}, False)


def test_exif_in_a_text_of_a_png_is_read():
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    raw = exif.tobytes()
    text = b"\nexif\n%8d\n" % len(raw) + raw.hex().encode()
    chunk = make_png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    data = encode(make_scene(), "PNG")
    facts = Photo.open(data[:33] + chunk + data[33:]).facts
    assert (facts.exif, facts.had_location) == ({"Make": "Maker"}, True)


def test_a_tiff_is_turned_upright_once():
    scene = make_scene()
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    scene.transpose(Image.Transpose.ROTATE_90).save(file, "TIFF", exif=exif)
    photo = Photo.open(file.getvalue())
    assert (photo.facts.width, photo.facts.height) == SIZE
    assert np.array_equal(photo.pixels, np.asarray(scene))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_that_only_xmp_tells_is_applied(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="3"/></x:xmpmeta>'
    data = encode(make_scene(), kind, xmp=xmp) if kind != "PNG" else encode(make_scene(), "PNG")
    if kind == "PNG":
        chunk = make_png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0en\0\0" + xmp)
        data = data[:33] + chunk + data[33:]
    plain = Photo.open(encode(make_scene(), kind)).pixels
    assert np.array_equal(Photo.open(data).pixels, plain[::-1, ::-1])

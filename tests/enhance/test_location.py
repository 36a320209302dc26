import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from packshot.enhance.exif_location import blank_location
from packshot.enhance.location import strip_location
from packshot.errors import InvalidInput
from packshot.photo import Photo
from tests.conftest import make_picture

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="48,51.5N" exif:GPSLongitude'
    b' = "2,17.7E" dc:title="mug"><exif:GPSAltitude>35/1</exif:GPSAltitude><dc:rights>shop</dc:rights>'
    b"</rdf:Description></x:xmpmeta>"
)


def exif(located=True):
    found = Image.Exif()
    found[0x010F] = "Maker"
    found[0x0112] = 6
    found.get_ifd(0x8769)[0x829A] = 0.01
    found.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    if located:
        place = found.get_ifd(0x8825)
        place[1], place[2] = "N", (48.0, 51.0, 30.2468)
        place[3], place[4] = "E", (2.0, 17.0, 42.1357)
        place[29] = "2026:01:02"
    return found


def saved(kind, located=True, **options):
    file = io.BytesIO()
    Image.fromarray(make_picture(48, 64)).save(file, kind, exif=exif(located), **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
class TestEveryFormat:
    def test_the_place_goes_and_all_else_stays(self, kind):
        data = saved(kind)
        before = Photo.open(data)
        stripped = strip_location(data)
        after = Photo.open(stripped.data)
        assert stripped.had_location
        assert before.facts.had_location
        assert not after.facts.had_location
        assert after.facts.exif == before.facts.exif
        assert after.facts.exif["Make"] == "Maker"
        np.testing.assert_array_equal(after.pixels, before.pixels)
        assert len(stripped.data) == len(data)

    def test_no_number_of_it_is_left(self, kind):
        # The seconds of latitude and longitude as Pillow stores them: rationals.
        for order in ("<", ">"):
            for value in (30.2468, 42.1357):
                tag = struct.pack(order + "I", round(value * 10**4))
                assert tag not in strip_location(saved(kind)).data or tag not in saved(kind)
        assert b"2026:01:02\0" not in strip_location(saved(kind)).data

    def test_without_a_place_the_same_bytes(self, kind):
        data = saved(kind, located=False)
        stripped = strip_location(data)
        assert not stripped.had_location
        assert stripped.data == data

    def test_twice_is_once(self, kind):
        once = strip_location(saved(kind)).data
        assert strip_location(once).data == once
        assert not strip_location(once).had_location

    def test_damaged_files_come_back_somehow(self, kind):
        data = saved(kind)
        generator = np.random.default_rng(0)
        for _ in range(200):
            broken = bytearray(data[: int(generator.integers(16, len(data)))])
            for place in generator.integers(12, len(broken), 4):
                broken[place] = int(generator.integers(256))
            strip_location(bytes(broken))


class TestXmp:
    def check(self, data):
        stripped = strip_location(data)
        assert stripped.had_location
        for gone in (b"GPSLatitude", b"GPSLongitude", b"GPSAltitude", b"48,51", b"35/1"):
            assert gone not in stripped.data
        for stays in (b'dc:title="mug"', b"<dc:rights>shop</dc:rights>"):
            assert stays in stripped.data
        return stripped

    def test_jpeg(self):
        self.check(saved("JPEG", located=False, xmp=XMP))

    def test_webp(self):
        self.check(saved("WEBP", located=False, xmp=XMP))

    @pytest.mark.parametrize("compressed", [False, True])
    def test_png(self, compressed):
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=compressed)
        data = saved("PNG", located=False, pnginfo=info)
        if compressed:
            stripped = strip_location(data)
            assert stripped.had_location
            text = Image.open(io.BytesIO(stripped.data)).info["XML:com.adobe.xmp"]
            assert "GPS" not in text
            assert "mug" in text
        else:
            self.check(data)

    def test_png_checksums_hold(self):
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        data = strip_location(saved("PNG", pnginfo=info)).data
        at, chunks = 8, 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            body = data[at + 4 : at + 8 + size]
            assert zlib.crc32(body) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big")
            at, chunks = at + 12 + size, chunks + 1
        assert chunks > 3


def test_every_picture_of_a_multi_picture_file():
    file = io.BytesIO()
    pictures = [Image.fromarray(make_picture(48, 64, seed)) for seed in (0, 1)]
    pictures[0].save(file, "MPO", save_all=True, append_images=pictures[1:], exif=exif().tobytes())
    data = file.getvalue()
    stripped = strip_location(data)
    assert stripped.had_location
    opened = Image.open(io.BytesIO(stripped.data))
    assert opened.n_frames == 2
    for frame in (0, 1):
        opened.seek(frame)
        before = Image.open(io.BytesIO(data))
        before.seek(frame)
        np.testing.assert_array_equal(np.asarray(opened), np.asarray(before))
        assert not opened.getexif().get_ifd(0x8825)


def test_a_raw_profile_with_a_place_is_left_out_of_a_png():
    block = b"Exif\0\0" + exif().tobytes().removeprefix(b"Exif\0\0")
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    info.add_text("Title", "mug")
    stripped = strip_location(saved("PNG", located=False, pnginfo=info))
    text = Image.open(io.BytesIO(stripped.data)).text
    assert stripped.had_location
    assert text == {"Title": "mug"}


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(order):
    """A directory of three entries, the GPS one between two others, written by hand."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    gps = 8 + 2 + 3 * 12 + 4
    value = gps + 2 + 12 + 4
    entries = [
        (0x010F, 2, 4, b"abc\0"),
        (0x8825, 4, 1, struct.pack(order + "I", gps)),
        (0x9999, 2, 4, b"xyz\0"),
    ]
    block = head + struct.pack(order + "H", 3)
    block += b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    block += struct.pack(order + "I", 0) + struct.pack(order + "H", 1)
    block += struct.pack(order + "HHII", 2, 5, 3, value) + struct.pack(order + "I", 0) + b"\x11" * 24
    clean = blank_location(block)
    assert len(clean) == len(block)
    assert struct.unpack_from(order + "H", clean, 8) == (2,)
    assert clean[10:34] == block[10:22] + block[34:46]
    assert clean[gps:] == bytes(len(block) - gps)


def test_what_makes_no_sense_stays_as_it_is():
    for block in (b"", b"II*\0", b"nonsense" * 9, b"II*\0" + struct.pack("<I", 2**31)):
        assert blank_location(block) == block


def test_other_formats_are_refused():
    with pytest.raises(InvalidInput, match="JPEG, PNG and WebP"):
        strip_location(b"GIF89a" + bytes(40))

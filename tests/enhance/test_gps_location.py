import hashlib
import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from packshot.enhance.gps_in_exif import blank_location
from packshot.enhance.gps_location import strip_location
from packshot.errors import InvalidInput
from packshot.photo import Photo
from tests.conftest import make_picture

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="48,51.5N" exif:GPSLongitude'
    b' = "2,17.7E" dc:title="mug"><exif:GPSAltitude>35/1</exif:GPSAltitude><dc:rights>shop</dc:rights>'
    b"</rdf:Description></x:xmpmeta>"
)


def make_exif(located=True):
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


def make_file(kind, located=True, **options):
    file = io.BytesIO()
    Image.fromarray(make_picture(48, 64)).save(file, kind, exif=make_exif(located), **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
class TestEveryFormat:
    def test_the_place_goes_and_all_else_stays(self, kind):
        data = make_file(kind)
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
                assert tag not in strip_location(make_file(kind)).data or tag not in make_file(kind)
        assert b"2026:01:02\0" not in strip_location(make_file(kind)).data

    def test_without_a_place_the_same_bytes(self, kind):
        data = make_file(kind, located=False)
        stripped = strip_location(data)
        assert not stripped.had_location
        assert stripped.data == data

    def test_twice_is_once(self, kind):
        once = strip_location(make_file(kind)).data
        assert strip_location(once).data == once
        assert not strip_location(once).had_location

    def test_damaged_files_come_back_somehow(self, kind):
        data = make_file(kind)
        generator = np.random.default_rng(0)
        for _ in range(200):
            broken = bytearray(data[: int(generator.integers(16, len(data)))])
            for place in generator.integers(12, len(broken), 4):
                broken[place] = int(generator.integers(256))
            strip_location(bytes(broken))


class TestXmp:
    def check_blanking(self, data):
        stripped = strip_location(data)
        assert stripped.had_location
        for gone in (b"GPSLatitude", b"GPSLongitude", b"GPSAltitude", b"48,51", b"35/1"):
            assert gone not in stripped.data
        for stays in (b'dc:title="mug"', b"<dc:rights>shop</dc:rights>"):
            assert stays in stripped.data
        return stripped

    def test_jpeg(self):
        self.check_blanking(make_file("JPEG", located=False, xmp=XMP))

    def test_webp(self):
        self.check_blanking(make_file("WEBP", located=False, xmp=XMP))

    @pytest.mark.parametrize("compressed", [False, True])
    def test_png(self, compressed):
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=compressed)
        data = make_file("PNG", located=False, pnginfo=info)
        if compressed:
            stripped = strip_location(data)
            assert stripped.had_location
            text = Image.open(io.BytesIO(stripped.data)).info["XML:com.adobe.xmp"]
            assert "GPS" not in text
            assert "mug" in text
        else:
            self.check_blanking(data)

    def test_png_checksums_hold(self):
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        data = strip_location(make_file("PNG", pnginfo=info)).data
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
    pictures[0].save(file, "MPO", save_all=True, append_images=pictures[1:], exif=make_exif().tobytes())
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
    block = b"Exif\0\0" + make_exif().tobytes().removeprefix(b"Exif\0\0")
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    info.add_text("Title", "mug")
    stripped = strip_location(make_file("PNG", located=False, pnginfo=info))
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
    with pytest.raises(InvalidInput, match="cannot be stripped"):
        strip_location(b"no photo" + bytes(40))


KINDS = {"TIFF": {}, "AVIF": {"quality": 90}, "HEIF": {"quality": 90}}


@pytest.mark.parametrize("kind", KINDS)
class TestFormatsThatKeepTheirMetadataElsewhere:
    def make_file(self, kind, **options):
        if kind == "HEIF":
            pytest.importorskip("pillow_heif").register_heif_opener()
        if kind == "TIFF":
            return self.make_tiff(**options)
        return make_file(kind, **KINDS[kind], **options)

    def make_tiff(self, located=True, xmp=None):
        info = TiffImagePlugin.ImageFileDirectory_v2()
        info[0x010F] = "Maker"
        if located:
            info[0x8825] = {1: "N", 2: (48.0, 51.0, 30.2468), 29: "2026:01:02"}
        if xmp:
            info[0x02BC] = xmp
        file = io.BytesIO()
        Image.fromarray(make_picture(48, 64)).save(file, "TIFF", tiffinfo=info)
        return file.getvalue()

    def test_the_place_goes_and_all_else_stays(self, kind):
        data = self.make_file(kind)
        stripped = strip_location(data)
        before, after = Photo.open(data), Photo.open(stripped.data)
        assert stripped.had_location
        assert before.facts.had_location
        assert not after.facts.had_location
        assert after.facts.exif == before.facts.exif
        assert after.facts.exif["Make"] == "Maker"
        assert b"2026:01:02\0" not in stripped.data
        np.testing.assert_array_equal(after.pixels, before.pixels)
        assert len(stripped.data) == len(data)

    def test_without_a_place_the_same_bytes(self, kind):
        data = self.make_file(kind, located=False)
        assert strip_location(data).data == data

    def test_xmp(self, kind):
        data = self.make_file(kind, located=False, xmp=XMP)
        assert b"GPSLatitude" in data
        stripped = strip_location(data).data
        for gone in (b"GPSLatitude", b"GPSAltitude", b"48,51", b"35/1"):
            assert gone not in stripped
        assert b"<dc:rights>shop</dc:rights>" in stripped
        np.testing.assert_array_equal(Photo.open(stripped).pixels, Photo.open(data).pixels)

    def test_damaged_files_come_back_somehow(self, kind):
        data = self.make_file(kind)
        generator = np.random.default_rng(0)
        for _ in range(200):
            broken = bytearray(data[: int(generator.integers(16, len(data)))])
            for place in generator.integers(12, len(broken), 4):
                broken[place] = int(generator.integers(256))
            strip_location(bytes(broken))


def make_segment(marker, content):
    return b"\xff" + bytes([marker]) + (len(content) + 2).to_bytes(2, "big") + content


def make_jpeg_with_segments(*segments):
    """A photo that has these behind its first marker."""
    data = make_file("JPEG", located=False)
    return data[:2] + b"".join(segments) + data[2:]


def assert_same_pixels(one, other):
    np.testing.assert_array_equal(Photo.open(one).pixels, Photo.open(other).pixels)


def test_every_block_of_a_jpeg_and_that_of_its_thumbnail():
    small = io.BytesIO()
    Image.fromarray(make_picture(24, 32)).save(small, "JPEG", exif=make_exif())
    block = make_exif(located=False).tobytes() + small.getvalue()
    data = make_jpeg_with_segments(make_segment(0xE1, block), make_segment(0xE1, make_exif().tobytes()))
    assert data.count(b"2026:01:02\0") == 2
    stripped = strip_location(data).data
    assert b"2026:01:02\0" not in stripped
    assert len(stripped) == len(data)
    assert_same_pixels(stripped, data)


def make_iptc(*sets):
    content = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text for number, text in sets
    )
    resource = b"8BIM\x04\x04\0\0" + len(content).to_bytes(4, "big") + content
    return b"Photoshop 3.0\0" + resource


def test_places_in_iptc_go_and_other_texts_stay():
    data = make_jpeg_with_segments(
        make_segment(0xED, make_iptc((5, b"mug"), (90, b"Paris"), (101, b"France"), (80, b"Ann")))
    )
    stripped = strip_location(data).data
    assert b"Paris" not in stripped
    assert b"France" not in stripped
    assert b"mug" in stripped
    assert b"Ann" in stripped
    assert_same_pixels(stripped, data)


def test_places_in_iptc_of_a_tiff():
    content = make_iptc((90, b"Paris"), (5, b"a mug"))
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x8649] = content.removeprefix(b"Photoshop 3.0\0")
    info[0x83BB] = content[content.index(b"\x1c") :]
    info.tagtype[0x8649], info.tagtype[0x83BB] = 1, 7
    file = io.BytesIO()
    Image.fromarray(make_picture(48, 64)).save(file, "TIFF", tiffinfo=info)
    assert file.getvalue().count(b"Paris") == 2
    stripped = strip_location(file.getvalue()).data
    assert b"Paris" not in stripped
    assert stripped.count(b"a mug") == 2
    assert_same_pixels(stripped, file.getvalue())


def test_places_named_in_xmp():
    xmp = (
        b'<rdf:RDF><rdf:Description photoshop:City="Paris" dc:title="mug"'
        b' drone-dji:GpsLatitude="+48.85">'
        b"<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li>Montmartre</rdf:li></rdf:Bag>"
        b"</Iptc4xmpExt:LocationCreated><photoshop:Credit>Ann</photoshop:Credit>"
        b"</rdf:Description></rdf:RDF>"
    )
    data = make_jpeg_with_segments(make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp))
    stripped = strip_location(data).data
    for gone in (b"Paris", b"Montmartre", b"48.85"):
        assert gone not in stripped
    for stays in (b'dc:title="mug"', b"<photoshop:Credit>Ann</photoshop:Credit>"):
        assert stays in stripped


def test_extended_xmp_across_segments_keeps_its_digest():
    text = XMP + b" " * 200
    digest = hashlib.md5(text).hexdigest().upper().encode()
    cut = text.index(b"GPSLongitude") + 5
    head = b"http://ns.adobe.com/xmp/extension/\0" + digest + len(text).to_bytes(4, "big")
    main = b'<x:xmpmeta><rdf:Description xmpNote:HasExtendedXMP="' + digest + b'"/></x:xmpmeta>'
    data = make_jpeg_with_segments(
        make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main),
        make_segment(0xE1, head + cut.to_bytes(4, "big") + text[cut:]),
        make_segment(0xE1, head + (0).to_bytes(4, "big") + text[:cut]),
    )
    stripped = strip_location(data).data
    found, sizes = stripped.split(b"xmp/extension/\0")[1:], (len(text) - cut, cut)
    second, first = (one[40 : 40 + size] for one, size in zip(found, sizes, strict=True))
    assert b"GPS" not in first + second
    assert b"2,17.7E" not in first + second
    new = hashlib.md5(first + second).hexdigest().upper().encode()
    assert stripped.count(new) == 3
    assert digest not in stripped


def test_the_place_of_a_film_behind_a_photo():
    atom = b"\0\0\0\x1e\xa9xyz\0\x12\x15\xc7+48.8577+002.2950/"
    data = make_file("JPEG", located=False) + b"\0\0\0\x08ftypmp42" + atom
    stripped = strip_location(data).data
    assert b"48.8577" not in stripped
    assert b"free" in stripped
    assert len(stripped) == len(data)


def test_a_text_of_a_png_that_grows_without_end_is_left_out():
    info = PngInfo()
    info.add_text("Raw profile type exif", "0" * (1 << 25), zip=True)
    data = make_file("PNG", located=False, pnginfo=info)
    assert len(data) < 1 << 20
    assert b"Raw profile" not in strip_location(data).data


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xff\xd8\xff" + b"\xff\xe1\xff\xffExif\0\0II*\0\x08\0\0\0" * 100_000,
        b"\xff\xd8\xff" + make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<a:GPSa>" * 8000),
        b"GIF89a" + b"<RDF RDF>" * 300_000,
        b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x014A, 4, 2**31, 8, 8) * 100_000,
    ],
    ids=["segments", "elements", "packets", "directories"],
)
def test_hostile_files_take_no_time(hostile):
    with suppress(InvalidInput):
        strip_location(hostile)

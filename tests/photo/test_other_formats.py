import io
import zipfile

import pytest
from PIL import Image

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.photo.structure.other_formats import name_other_format
from tests.photo.photo_files import encode, encode_heif


def make_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.jpg", b"")
    return file.getvalue()


def make_box(brand, *compatible):
    content = brand + bytes(4) + b"".join(compatible)
    return (8 + len(content)).to_bytes(4) + b"ftyp" + content + (8).to_bytes(4) + b"free"


IMAGE = Image.new("RGB", (40, 30), (9, 99, 200))
OTHERS = {
    "JPEG XL": [b"\xff\x0a" + bytes(40), b"\0\0\0\x0cJXL \r\n\x87\n" + make_box(b"jxl ")],
    "JPEG 2000": [encode(IMAGE, "JPEG2000"), encode(IMAGE, "JPEG2000", no_jp2=True)],
    "JPEG XR": [b"II\xbc\1" + bytes(40)],
    "PSD": [b"8BPS\0\1" + bytes(40)],
    "PSB": [b"8BPS\0\2" + bytes(40)],
    "XCF": [b"gimp xcf v011\0"],
    "SVG": [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg width="9">',
        "<?xml version='1.0' encoding='utf-16'?><svg/>".encode("utf-16"),
        "<!-- Zeichnung für Möbel --><svg\n>".encode(),
    ],
    "PDF": [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"],
    "EPS": [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xc5\xd0\xd3\xc6" + bytes(40)],
    "CR3": [make_box(b"crx ", b"crx ", b"isom")],
    "RAF": [b"FUJIFILMCCD-RAW 0201"],
    "ORF": [b"IIRO\x08\0\0\0", b"MMOR\0\0\0\x08", b"IIRS\x08\0\0\0"],
    "RW2": [b"IIU\0\x18\0\0\0"],
    "X3F": [b"FOVb" + bytes(40)],
    "CRW": [b"II\x1a\0\0\0HEAPCCDR"],
    "MRW": [b"\0MRM" + bytes(40)],
    "ICO": [encode(IMAGE, "ICO")],
    "ICNS": [encode(IMAGE.resize((128, 128)), "ICNS")],
    "Netpbm": [encode(IMAGE, "PPM"), b"P7\nWIDTH 3\n"],
    "QOI": [encode(IMAGE, "QOI")],
    "PCX": [encode(IMAGE, "PCX")],
    "SGI": [encode(IMAGE, "SGI")],
    "DDS": [encode(IMAGE.convert("RGBA"), "DDS")],
    "OpenEXR": [b"v/1\1" + bytes(40)],
    "Radiance HDR": [b"#?RADIANCE\n"],
    "film": [make_box(b"isom", b"mp42"), make_box(b"qt  "), b"\x1aE\xdf\xa3" + bytes(40)],
    "ZIP": [make_zip()],
    "HTML": [b"<!DOCTYPE html><html>", b"\n<html><body>404", b"<!-- cache -->\n<html><svg/>"],
    "XML": [b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    "JSON": [b'{"error": "not found"}'],
    "Git LFS": [b"version https://git-lfs.github.com/spec/v1\n"],
    "text": [b"hello", "Grüße".encode()],
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_photo_is_named(name):
    for data in OTHERS[name]:
        with pytest.raises(UnreadablePhoto) as caught:
            Photo.open(data, name="photo.jpg")
        assert name in caught.value.reason
        assert "not a photo in a format that Packshot reads" in caught.value.reason


def test_what_holds_a_picture_can_be_exported():
    for name, export in (("PSD", True), ("SVG", True), ("CR3", True), ("ZIP", False), ("HTML", False)):
        with pytest.raises(UnreadablePhoto) as caught:
            Photo.open(OTHERS[name][0])
        assert ("export it" in caught.value.reason) == export


@pytest.mark.parametrize("data", [b"\0" * 99, b"\x89PN", b"\xff\xd8", bytes(range(128, 256))])
def test_what_nobody_knows_has_no_name(data):
    assert name_other_format(data) is None
    with pytest.raises(UnreadablePhoto, match=r"not a photo in a format that Packshot reads$"):
        Photo.open(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_half_a_photo_is_named_by_its_format(kind):
    data = encode_heif(IMAGE) if kind == "HEIF" else encode(IMAGE, kind)
    if data is None:
        pytest.skip("the extra heic is not installed")
    with pytest.raises(UnreadablePhoto, match=f"damaged or truncated {kind}: "):
        Photo.open(data[: len(data) // 2])

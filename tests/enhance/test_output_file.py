import io

import numpy as np
import pytest
from PIL import Image

from packshot.enhance.encoding import can_write, encode_as
from packshot.enhance.output_file import extract_exif, find_output_format
from packshot.errors import InvalidInput
from packshot.photo import FORMATS, Photo
from tests.conftest import make_picture

WRITABLE = [name for name in FORMATS if can_write(name)]


def make_jpeg_with_exif(**tags):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = tags.get("orientation", 6)
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    file = io.BytesIO()
    Image.fromarray(make_picture(60, 80)).save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("name", WRITABLE)
def test_every_format_comes_back_alike(name):
    picture = make_picture(96, 128)
    photo = Photo.open(encode_as(picture, name))
    assert photo.facts.format == name
    assert photo.pixels.shape == picture.shape
    assert np.abs(photo.pixels.astype(int) - picture).mean() < 2.5


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF"])
def test_formats_without_loss_lose_nothing(name):
    picture = make_picture(96, 128)
    assert np.array_equal(Photo.open(encode_as(picture, name)).pixels, picture)


def test_what_cannot_be_written_is_said():
    assert not can_write("GIF")
    with pytest.raises(InvalidInput, match=r"\.jpg or \.png"):
        encode_as(make_picture(20, 20), "GIF")


@pytest.mark.parametrize(("name", "kind"), [("a.JPG", "JPEG"), ("b.webp", "WEBP"), ("c.heic", "HEIF")])
def test_the_extension_names_the_format(tmp_path, name, kind):
    assert find_output_format(tmp_path / name) == kind


@pytest.mark.parametrize("name", ["a", "a.txt", "a.jpg.bak"])
def test_other_extensions_are_refused(tmp_path, name):
    with pytest.raises(InvalidInput, match="cannot tell the format"):
        find_output_format(tmp_path / name)


def test_exif_is_kept_upright_and_without_the_place():
    kept = extract_exif(make_jpeg_with_exif())
    photo = Photo.open(encode_as(make_picture(60, 80), "JPEG", kept))
    assert photo.facts.exif["Make"] == "Maker"
    assert not photo.facts.had_location
    assert photo.pixels.shape == (60, 80, 3)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff\xe1\x00\x10Exif\0\0broken", encode_as(make_picture(20, 20), "PNG")]
)
def test_no_exif_is_no_error(data):
    assert extract_exif(data) == b""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("output_format", ["TIFF", "JPEG", "PNG", "WEBP"])
def test_a_turned_tiff_is_written_upright_with_its_facts(orientation, output_format):
    stored = np.zeros((40, 60, 3), np.uint8)
    stored[:20, :20] = 200
    file = io.BytesIO()
    tags = {0x010F: "Maker", 0x0112: orientation}
    Image.fromarray(stored).save(file, "TIFF", tiffinfo=tags, compression="tiff_lzw")
    photo = Photo.open(file.getvalue())
    encoded = encode_as(photo.pixels, output_format, extract_exif(file.getvalue()))
    written = Photo.open(encoded)
    assert written.pixels.shape == photo.pixels.shape
    assert np.abs(written.pixels.astype(int) - photo.pixels).mean() < 6
    assert written.facts.exif["Make"] == "Maker"
    assert (written.facts.width, written.facts.height) == photo.pixels.shape[1::-1]

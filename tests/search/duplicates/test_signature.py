import numpy as np
import pytest
from PIL import Image

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.search.duplicates.signature import FileStamp, find_capture_time, is_blank


def test_a_turned_photo_has_the_same_content(signer, shop, tmp_path):
    original = signer.sign(shop / "mug.jpg")
    turned = np.rot90(Photo.open(shop / "mug.jpg").pixels)
    Image.fromarray(np.ascontiguousarray(turned)).save(tmp_path / "turned.png")
    found = signer.sign(tmp_path / "turned.png")
    assert found.content @ original.content > 0.98
    assert np.linalg.norm(found.content) == pytest.approx(1, abs=1e-5)
    assert found.pixel_digest != original.pixel_digest
    assert (found.width, found.height) == (original.height, original.width)


def test_pixels_have_one_digest_in_every_file(signer, shop):
    jpeg, lossless = signer.sign(shop / "mug.jpg"), signer.sign(shop / "mug-lossless.png")
    assert jpeg.pixel_digest == lossless.pixel_digest
    assert jpeg.digest != lossless.digest


def test_unreadable_files_come_back_as_reasons(signer, shop, tmp_path):
    paths = [shop / "truncated.jpg", shop / "mug.jpg", tmp_path / "gone.jpg"]
    results = [signer.try_sign(path) for path in paths]
    assert [isinstance(result, UnreadablePhoto) for result in results] == [True, False, True]
    assert results[2].reason


def test_noise_alone_is_blank_but_a_small_thing_is_not():
    noisy = 240 + np.random.default_rng(0).integers(-3, 4, (100, 100, 3))
    assert is_blank(noisy.astype(np.uint8))
    spotted = np.full((100, 100, 3), 255, np.uint8)
    spotted[40:50, 40:50] = 0
    assert not is_blank(spotted)


def test_the_cameras_clock_comes_first(shop, tmp_path):
    exif = Image.Exif()
    exif[0x0132] = "2024:05:17 10:11:12"
    Image.new("RGB", (20, 20), "red").save(tmp_path / "dated.jpg", exif=exif)
    photo = Photo.open(tmp_path / "dated.jpg")
    assert find_capture_time(photo.facts, FileStamp(1, 0)) == ("2024-05-17T10:11:12", "exif")
    plain = Photo.open(shop / "mug.jpg")
    assert find_capture_time(plain.facts, FileStamp(1, 0)) == ("1970-01-01T00:00:00+00:00", "file")
    exif[0x0132] = "0000:00:00 00:00:00"
    Image.new("RGB", (20, 20), "red").save(tmp_path / "undated.jpg", exif=exif)
    assert find_capture_time(Photo.open(tmp_path / "undated.jpg").facts, FileStamp(1, 0))[1] == "file"

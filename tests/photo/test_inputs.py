"""What a photo may be given as, and what is refused."""

import io
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from packshot.errors import PhotoTooLarge, UnreadablePhoto
from packshot.photo import Limits, Photo, read_bytes
from tests.photo.photo_files import encode, make_modes, make_scene

PIXELS = np.asarray(make_scene())


def make_layouts(pixels):
    """The same pixels in every way that an array may hold them."""
    padded = np.zeros((pixels.shape[0], pixels.shape[1] * 2, 3), np.uint8)
    padded[:, ::2] = pixels
    read_only = pixels.copy()
    read_only.setflags(write=False)
    return {
        "plain": pixels.copy(),
        "read-only": read_only,
        "every second": padded[:, ::2],
        "backwards": pixels[::-1, ::-1].copy()[::-1, ::-1],
        "by columns": np.asfortranarray(pixels),
        "masked": np.ma.masked_array(pixels),
        "big-endian": pixels.astype(">u1"),
    }


@pytest.mark.parametrize("name", make_layouts(PIXELS))
def test_arrays_of_any_layout(name):
    array = make_layouts(PIXELS)[name]
    photo = Photo.open(array, name="mine")
    assert np.array_equal(photo.pixels, PIXELS)
    assert photo.pixels.flags.c_contiguous
    assert not photo.pixels.flags.writeable
    assert not np.shares_memory(photo.pixels, array)
    assert (photo.name, photo.facts.width, photo.facts.height) == ("mine", *make_scene().size)


def test_grey_and_clear_arrays():
    grey = np.asarray(make_modes()["L"])
    assert np.array_equal(Photo.open(grey).pixels, np.repeat(grey[..., None], 3, axis=2))
    clear = np.zeros((4, 6, 4), np.uint8)
    clear[:, 3:] = (9, 8, 7, 255)
    photo = Photo.open(clear)
    assert photo.facts.has_alpha
    assert (photo.pixels[:, :3] == 255).all()
    assert (photo.pixels[:, 3:] == (9, 8, 7)).all()
    assert not Photo.open(np.full((4, 4, 4), 255, np.uint8)).facts.has_alpha


REFUSED = {
    "floats": PIXELS / 255,
    "16 bits": PIXELS.astype(np.uint16),
    "signed": PIXELS.astype(np.int8),
    "truth": PIXELS > 9,
    "objects": np.array([[None]]),
    "two channels": PIXELS[..., :2],
    "planes first": PIXELS.transpose(2, 0, 1),
    "a batch": PIXELS[None],
    "a line": PIXELS[0, 0],
    "no number of axes": np.uint8(3)[()],
    "no pixels": np.zeros((0, 5, 3), np.uint8),
    "no columns": np.zeros((5, 0), np.uint8),
    "nothing": None,
    "a number": 7,
    "a truth": True,
    "a list": [1, 2, 3],
    "a pair": ("a.jpg", "b.jpg"),
    "a table": {"path": "a.jpg"},
    "text in a file": io.StringIO("words"),
    "no bytes": b"",
    "bytes of nothing": bytearray(),
    "empty text": "",
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused_as_a_photo(name):
    with pytest.raises(UnreadablePhoto) as caught:
        Photo.open(REFUSED[name])
    assert 5 < len(caught.value.reason) < 200
    assert "\n" not in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).reason == caught.value.reason


@pytest.mark.parametrize("mode", make_modes())
def test_images_of_pillow_are_as_their_files(mode):
    image = make_modes()[mode]
    kind = "TIFF" if mode in ("CMYK", "F", "I") else "PNG"
    assert np.array_equal(Photo.open(image).pixels, Photo.open(encode(image, kind)).pixels)


def test_an_image_keeps_its_orientation_profile_and_frame():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(make_scene(), "JPEG", exif=exif)
    image = Image.open(io.BytesIO(data))
    assert np.array_equal(Photo.open(image).pixels, Photo.open(data).pixels)
    assert Photo.open(image, max_side=50).pixels.shape == (50, 34, 3)


def test_an_image_whose_file_is_cut_or_closed_is_unreadable():
    data = encode(make_scene(), "PNG")
    for image in (Image.open(io.BytesIO(data[:2000])), Image.open(io.BytesIO(data))):
        image.fp.close() if image.fp and len(image.fp.getvalue()) > 2000 else None
        with pytest.raises(UnreadablePhoto):
            Photo.open(image)


def test_arrays_and_images_have_limits_too():
    for given in (PIXELS, make_scene()):
        with pytest.raises(PhotoTooLarge, match="exceed the limit of 100"):
            Photo.open(given, limits=Limits(max_pixels=100))


class ChunkedStream(io.RawIOBase):
    """A stream that gives a little at a time, as pipes do."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self._file.read(min(100, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


class BytesPath(os.PathLike):
    def __init__(self, path):
        self._path = path

    def __fspath__(self):
        return os.fsencode(self._path)


def test_bytes_of_every_kind(tmp_path):
    data = encode(make_scene(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for source in (bytearray(data), memoryview(data), ChunkedStream(data), BytesPath(path)):
        assert np.array_equal(Photo.open(source).pixels, PIXELS)
        assert Photo.open(data).facts.sha256 == Photo.open(bytearray(data)).facts.sha256


def test_no_more_bytes_are_read_than_allowed():
    class Endless(io.RawIOBase):
        requested_bytes = 0

        def read(self, size=-1):
            self.requested_bytes += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PhotoTooLarge):
        read_bytes(endless, limits=Limits(max_bytes=1000))
    assert endless.requested_bytes == 1001

import io
import os
import stat
import struct
import warnings
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from packshot.errors import InvalidInput, UnreadablePhoto
from packshot.photo import Limits, Photo
from packshot.photo.decoded import Picture
from packshot.photo.pixels import to_opaque_srgb
from tests.conftest import make_picture
from tests.photo.photo_files import make_png_chunk


def encode(image, kind, **options):
    file = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(file, format=kind, **options)
    return file.getvalue()


def make_gradient(height=60, width=80):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 2 + 40, y * 2 + 60, x + y + 30], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG", "AVIF"])
def test_every_format_opens_with_its_pixels(kind):
    options = (
        {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind in ("JPEG", "AVIF") else {}
    )
    photo = Photo.open(encode(make_gradient(), kind, **options))
    assert photo.facts.format == kind
    tolerance = {"JPEG": 6, "AVIF": 12, "GIF": 16}.get(kind, 0)
    assert np.abs(photo.pixels.astype(int) - make_gradient()).max() <= tolerance
    assert (photo.facts.width, photo.facts.height) == (80, 60)


def test_heic_opens_through_the_extra():
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(make_gradient())).save(file, quality=95)
    photo = Photo.open(file.getvalue())
    assert photo.facts.format == "HEIF"
    assert np.abs(photo.pixels.astype(int) - make_gradient()).mean() < 5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_orientation_is_applied(orientation, kind):
    upright = np.full((40, 60, 3), 200, np.uint8)
    upright[:12, :12] = 10
    inverse = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    image = Image.fromarray(upright)
    transposes = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    stored = image.transpose(transposes[inverse]) if inverse != 1 else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = Photo.open(encode(stored, kind, exif=exif))
    assert photo.pixels.shape == (40, 60, 3)
    assert (photo.facts.width, photo.facts.height) == (60, 40)
    assert photo.pixels[2:9, 2:9].mean() < 40
    assert photo.pixels[-8:, -8:].mean() > 180


def test_16_bit_grey_keeps_its_range():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(16, 0)
    photo = Photo.open(encode(Image.fromarray(ramp), "PNG"))
    assert photo.facts.bit_depth == 16
    assert len(np.unique(photo.pixels[0, :, 0])) > 250
    assert photo.pixels[0, 128, 0] == pytest.approx(128, abs=2)


def test_16_bit_colour_png_keeps_its_range():
    ramp = np.zeros((16, 256, 3), np.uint16)
    ramp[..., 1] = np.linspace(0, 65535, 256)
    _, data = cv2.imencode(".png", ramp[..., ::-1])
    photo = Photo.open(data.tobytes())
    assert photo.facts.bit_depth == 16
    assert len(np.unique(photo.pixels[0, :, 1])) > 250
    assert photo.pixels[..., 0].max() == 0


def test_alpha_is_composited_on_white_and_reported():
    image = np.zeros((20, 20, 4), np.uint8)
    image[:, 10:] = (200, 0, 0, 255)
    photo = Photo.open(encode(image, "PNG"))
    assert photo.facts.has_alpha
    assert (photo.pixels[:, :10] == 255).all()
    assert tuple(photo.pixels[5, 15]) == (200, 0, 0)


def test_opaque_alpha_is_not_reported():
    image = np.full((8, 8, 4), 255, np.uint8)
    assert not Photo.open(encode(image, "PNG")).facts.has_alpha


def test_palette_with_transparency():
    image = Image.new("P", (10, 10), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (5, 0, 10, 10))
    photo = Photo.open(encode(image, "PNG", transparency=0))
    assert (photo.pixels[:, :5] == 255).all()
    assert tuple(photo.pixels[0, 7]) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I", "F", "YCbCr", "LAB"])
def test_other_modes_become_rgb(mode):
    image = Image.new("RGB", (24, 24), (255, 255, 255)).convert(
        "L" if mode in ("LA", "I", "F") else "RGB"
    )
    image = (
        image.convert(mode)
        if mode != "LAB"
        else ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    )
    photo = Photo.open(encode(image, "TIFF"))
    assert photo.pixels.shape == (24, 24, 3)
    assert photo.pixels.mean() > 245


def test_cmyk_jpeg_is_not_inverted():
    image = Image.new("CMYK", (32, 32), (0, 0, 0, 0))
    photo = Photo.open(encode(image, "JPEG"))
    assert photo.facts.colour_mode == "CMYK"
    assert photo.pixels.mean() > 245


def make_swapping_profile():
    """A profile that is not sRGB by name, and exchanges red and blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"????"), (b"bXYZ", b"rXYZ"), (b"????", b"bXYZ")):
        profile = profile.replace(old, new)
    return profile.replace("sRGB".encode("utf-16-be"), "zRGB".encode("utf-16-be"))


def test_embedded_profile_is_applied():
    pixels = np.full((16, 16, 3), (200, 120, 60), np.uint8)
    changed = Photo.open(encode(pixels, "PNG", icc_profile=make_swapping_profile())).pixels
    assert changed[0, 0, 2] > 150
    assert changed[0, 0, 0] < 100
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = Photo.open(encode(pixels, "PNG", icc_profile=srgb))
    assert np.array_equal(kept.pixels, pixels)
    assert "sRGB" in kept.facts.icc_profile


def test_broken_profile_is_ignored():
    pixels = make_gradient()
    photo = Photo.open(encode(pixels, "PNG", icc_profile=b"nonsense" * 20))
    assert np.array_equal(photo.pixels, pixels)
    assert photo.facts.icc_profile == "unreadable"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_animations(kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    photo = Photo.open(encode(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
    assert photo.facts.frames == 3
    assert photo.facts.is_animated
    assert tuple(photo.pixels[10, 10]) == (255, 0, 0) or photo.pixels[10, 10, 0] > 240


@pytest.mark.parametrize("quality", [1, 5, 25, 49, 50, 75, 90, 95, 100])
def test_jpeg_quality_is_recovered(quality):
    found = Photo.open(encode(make_gradient(), "JPEG", quality=quality)).facts.jpeg_quality
    assert found == pytest.approx(quality, abs=1)


def test_location_is_noticed_and_never_kept(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    facts = Photo.open(encode(make_gradient(), "JPEG", exif=exif)).facts
    assert facts.had_location
    assert facts.exif == {"Make": "Maker"}
    assert "52.0" not in facts.model_dump_json()


def test_content_decides_the_format(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encode(make_gradient(), "JPEG"))
    facts = Photo.open(path).facts
    assert facts.format == "JPEG"
    assert not facts.extension_matches


@pytest.mark.parametrize("side", [400, 250, 99, 33])
def test_fast_path_agrees_with_pillow(side, picture):
    big = cv2.resize(picture, (960, 720), interpolation=cv2.INTER_CUBIC)
    data = encode(big, "JPEG", quality=95)
    fast = Photo.open(data, max_side=side).pixels.astype(int)
    whole = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    slow = cv2.resize(whole, fast.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)
    assert max(fast.shape) == side
    assert np.abs(fast - slow).mean() < 2.5


def test_max_side_never_enlarges():
    assert Photo.open(encode(make_gradient(), "PNG"), max_side=500).pixels.shape == (60, 80, 3)


def test_sources_of_all_kinds(tmp_path):
    data = encode(make_gradient(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        photos = [Photo.open(path), Photo.open(str(path)), Photo.open(data), Photo.open(file)]
    assert len({photo.facts.sha256 for photo in photos}) == 1
    assert photos[0].name == str(path)


def test_pixels_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        Photo.open(encode(make_gradient(), "PNG")).pixels[0, 0] = 0


def test_from_pixels():
    pixels = make_gradient()
    photo = Photo.from_pixels(pixels, "mine")
    assert np.array_equal(photo.pixels, pixels)
    assert photo.facts.width == 80
    with pytest.raises(InvalidInput):
        Photo.from_pixels(pixels.astype(np.float32))


def make_png_bomb(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + make_png_chunk(b"IHDR", header)
        + make_png_chunk(b"IDAT", body)
        + make_png_chunk(b"IEND", b"")
    )


HOSTILE = {
    "empty": b"",
    "text": b"hello, I am not a photo\n" * 10,
    "html": b"<html><body>404</body></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "pdf": b"%PDF-1.7\n%%EOF",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    "bomb": make_png_bomb(60000),
    "short png": make_png_bomb(200),
    "jpeg head": b"\xff\xd8\xff\xe0" + b"\0" * 40,
    "gif head": b"GIF89a\xff\xff\xff\xff\0\0\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_unreadable(name, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnreadablePhoto) as caught:
            Photo.open(HOSTILE[name], name="x.jpg")
    assert caught.value.name == "x.jpg"
    assert 5 < len(caught.value.reason) < 300


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_unreadable(kind, share, picture):
    data = encode(picture, kind)
    with pytest.raises(UnreadablePhoto):
        Photo.open(data[: int(len(data) * share)])


def to_cmyk(picture):
    return Image.fromarray(picture).convert("CMYK")


FORGED = {
    "colour": (Image.fromarray, {}),
    "no subsampling": (Image.fromarray, {"subsampling": 0}),
    "restart markers": (Image.fromarray, {"restart_marker_blocks": 3}),
    "grey": (lambda picture: Image.fromarray(picture[..., 0]), {}),
    "profile": (Image.fromarray, {"icc_profile": make_swapping_profile()}),
    "CMYK": (to_cmyk, {}),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("share", [0.6, 0.8, 0.97])
@pytest.mark.parametrize("max_side", [None, 100])
def test_an_end_marker_does_not_make_a_truncated_jpeg_whole(name, share, max_side, picture):
    make, options = FORGED[name]
    data = encode(make(picture), "JPEG", **options)
    assert Photo.open(data, max_side=max_side).facts.format == "JPEG"
    with pytest.raises(UnreadablePhoto, match="data ends before"):
        Photo.open(data[: int(len(data) * share)] + b"\xff\xd9", max_side=max_side)


@pytest.mark.parametrize("tail", [b"", b"\0" * 40, b"more\xff\xd9"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_a_jpeg_that_is_grey_itself_opens(tail, options, picture):
    grey = picture.copy()
    grey[150:] = 128
    pixels = Photo.open(encode(grey, "JPEG", **options) + tail).pixels
    assert (pixels[-40:] == 128).all()


def test_limits_are_checked_before_decoding():
    data = encode(make_gradient(), "PNG")
    with pytest.raises(UnreadablePhoto, match="exceed the limit of 100"):
        Photo.open(data, limits=Limits(max_pixels=100))
    with pytest.raises(UnreadablePhoto, match="larger than the limit"):
        Photo.open(data, limits=Limits(max_bytes=10))
    frames = [Image.new("L", (4, 4), shade) for shade in (0, 80, 160, 240)]
    animation = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadablePhoto, match="4 frames"):
        Photo.open(animation, limits=Limits(max_frames=3))


def test_what_is_not_a_file(tmp_path):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    for path, reason in ((tmp_path, "folder"), (tmp_path / "no.jpg", "no such file"), (pipe, "regular")):
        with pytest.raises(UnreadablePhoto, match=reason):
            Photo.open(path)
    with pytest.raises(UnreadablePhoto):
        Photo.open("a\0b.jpg")


SAMPLES = {
    kind: encode(make_gradient(24, 32), kind)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
}


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(SAMPLES)),
    places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8),
    cut=st.floats(0.05, 1),
)
def test_any_corruption_gives_a_photo_or_unreadable(kind, places, cut):
    data = bytearray(SAMPLES[kind])
    for place, value in places:
        data[int(place * len(data))] = value
    try:
        photo = Photo.open(bytes(data[: max(1, int(cut * len(data)))]), limits=Limits(max_pixels=10**6))
    except UnreadablePhoto:
        return
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.ndim == 3


def test_unreadable_survives_pickling():
    import pickle

    error = pickle.loads(pickle.dumps(UnreadablePhoto("a.jpg", "why")))
    assert (error.name, error.reason) == ("a.jpg", "why")


def make_image(mode):
    picture = Image.fromarray(make_picture(900, 1201, seed=4))
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.float32) / 255)
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "CMYK", "I;16", "F", "1"])
def test_large_images_in_strips_are_what_they_are_whole(mode, monkeypatch):
    image = make_image(mode)
    whole, alpha = to_opaque_srgb(Picture(image), None)
    monkeypatch.setattr("packshot.photo.pixels._MIN_PIXELS_FOR_STRIPS", 0)
    strips, alpha_of_strips = to_opaque_srgb(Picture(image), 300)
    assert strips.shape == (225, 300, 3)
    assert alpha_of_strips == alpha == (mode == "RGBA")
    expected = cv2.resize(whole, (300, 225), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(strips - expected).max() <= 12
    assert np.abs(strips - expected).mean() < 0.8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "name", "options"),
    [
        ("RGB", "large.jpg", {"quality": 85}),
        ("RGB", "progressive.jpg", {"quality": 85, "progressive": True}),
        ("RGBA", "large.png", {"compress_level": 1}),
        ("I;16", "deep.png", {"compress_level": 1}),
        ("CMYK", "large.tif", {"compression": "tiff_lzw"}),
    ],
)
def test_100_megapixels_stay_under_the_memory_limit(tmp_path, mode, name, options):
    import subprocess
    import sys

    path = tmp_path / name
    row = np.tile(make_gradient(100, 100), (1, 100, 1))
    whole = Image.fromarray(np.tile(row, (100, 1, 1)))
    if mode == "I;16":
        whole = Image.fromarray(np.asarray(whole.convert("L")).astype(np.uint16) * 257)
    whole.convert(mode).save(path, **options)
    code = (
        "from pathlib import Path; from packshot.photo import Photo;"
        f"p = Photo.open({str(path)!r}, max_side=1024); assert max(p.pixels.shape) == 1024;"
        # The resource module would count the parent's memory too.
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    peak = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert peak < 1_000_000

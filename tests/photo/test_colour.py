"""Colours are what the file says, not what its profile is called: held to values calculated apart."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from packshot.photo import Photo
from packshot.photo.code_points import read_code_points
from packshot.photo.icc import build_conversion, read_colour_space
from packshot.photo.structure.outline import CodePoints
from tests.photo.colour_files import (
    ADOBE_RGB,
    BT2020,
    D65,
    DISPLAY_P3,
    SRGB,
    SRGB_CURVE,
    convert,
    decode_srgb,
    encode_srgb,
    make_iccp,
    make_png,
    make_profile,
)
from tests.photo.photo_files import encode, encode_heif, make_png_chunk
from tests.photo.tiff_files import make_tiff

ROUNDING = 1.6
"""Levels of 8 bits: a rounding here and one in LittleCMS."""
COLOURS = np.random.default_rng(3).integers(0, 256, (12, 16, 3), dtype=np.uint8)
RAMP = np.arange(256, dtype=np.uint8)[None]
DEEP_RAMP = np.linspace(0, 65535, 2000).round().astype(np.uint16)[None]


def difference(photo, expected):
    expected = np.broadcast_to(np.asarray(expected, float), photo.pixels.shape)
    return np.abs(photo.pixels - expected).max()


def power(exponent):
    return lambda shares: shares**exponent


PROFILES = {
    "Display P3 with sRGB transfer": (SRGB_CURVE, DISPLAY_P3, decode_srgb),
    "GIMP built-in Linear sRGB": (1, SRGB, power(1.0)),
    "Adobe RGB (1998)": (2.19921875, ADOBE_RGB, power(2.19921875)),
    "not sRGB but gamma 1.8": (1.8, SRGB, power(round(1.8 * 256) / 256)),
    "sRGB in a table": (
        (decode_srgb(np.linspace(0, 1, 1024)) * 65535).round(),
        DISPLAY_P3,
        decode_srgb,
    ),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_counts_by_its_curve_and_primaries(name, version, kind):
    curve, primaries, decode = PROFILES[name]
    if version == 2 and isinstance(curve, tuple):
        curve = (decode_srgb(np.linspace(0, 1, 4096)) * 65535).round()
    profile = make_profile(curve, primaries, name=name, version=version)
    data = encode(Image.fromarray(COLOURS), kind, icc_profile=profile, lossless=True)
    photo = Photo.open(data)
    assert difference(photo, convert(COLOURS / 255, decode, primaries)) <= ROUNDING
    assert photo.facts.icc_profile == name
    assert photo.facts.other_colours


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "c2", "Bildschirm"])
def test_srgb_by_any_name_changes_nothing(name):
    table = (decode_srgb(np.linspace(0, 1, 1024)) * 65535).round()
    for curve, version in ((table, 2), (SRGB_CURVE, 4)):
        profile = make_profile(curve, name=name, version=version)
        data = encode(Image.fromarray(COLOURS), "PNG", icc_profile=profile)
        assert np.array_equal(Photo.open(data).pixels, COLOURS)
        assert not Photo.open(data).facts.other_colours
        assert build_conversion(profile, "RGB") is None


def test_pillows_own_srgb_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert build_conversion(profile, "RGB") is None
    assert read_colour_space(profile, "RGB").is_srgb


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_grey_profile_counts_in_every_kind_of_grey(mode, kind):
    profile = make_profile(1.0, grey=True, name="linear grey")
    grey = Image.fromarray(RAMP)
    image = (
        Image.merge("LA", (grey, Image.new("L", grey.size, 255))) if mode == "LA" else grey.convert(mode)
    )
    if mode == "P":
        profile = make_profile(1, name="linear")
    expected = encode_srgb(np.asarray(image.convert("L"))[..., None] / 255)
    assert difference(Photo.open(encode(image, kind, icc_profile=profile)), expected) <= ROUNDING


@pytest.mark.parametrize("opacity", [65535, 30000])
def test_a_grey_profile_counts_in_16_bits_and_beside_opacity(opacity):
    chunk = make_iccp(make_profile(1.0, grey=True))
    expected = encode_srgb(DEEP_RAMP[..., None] / 65535)
    assert difference(Photo.open(make_png(DEEP_RAMP, 16, 0, before=chunk)), expected) <= 0.51
    samples = np.dstack([DEEP_RAMP, np.full_like(DEEP_RAMP, opacity)])
    photo = Photo.open(make_png(samples, 16, 4, before=chunk))
    expected = expected * opacity / 65535 + 255 * (1 - opacity / 65535)
    assert difference(photo, expected) <= 1.01
    assert (photo.facts.colour_mode, photo.facts.bit_depth) == ("LA", 16)
    assert photo.facts.has_alpha == (opacity < 65535)


def test_a_grey_profile_counts_in_16_bits_of_a_tiff():
    profile = make_profile(1.0, grey=True)
    data = make_tiff(DEEP_RAMP, tags={34675: (7, list(profile))})
    assert difference(Photo.open(data), encode_srgb(DEEP_RAMP[..., None] / 65535)) <= 0.51


@pytest.mark.parametrize("channels", [3, 4])
def test_linear_colours_of_16_bits_keep_their_shadows(channels):
    dark = (np.random.default_rng(1).random((20, 30, 3)) ** 4 * 65535).astype(np.uint16)
    samples = dark if channels == 3 else np.dstack([dark, np.full((20, 30), 65535)])
    chunk = make_iccp(make_profile(1, name="GIMP built-in Linear sRGB"))
    photo = Photo.open(make_png(samples, 16, {3: 2, 4: 6}[channels], before=chunk))
    assert difference(photo, encode_srgb(dark / 65535)) <= 0.51
    assert photo.facts.bit_depth == 16
    if channels == 3:
        profile = list(make_profile(1, name="GIMP built-in Linear sRGB"))
        photo = Photo.open(make_tiff(dark, tags={34675: (7, profile)}, order=">"))
        assert difference(photo, encode_srgb(dark / 65535)) <= 0.51


def test_large_deep_pictures_are_converted_in_strips(monkeypatch):
    monkeypatch.setattr("packshot.photo.pixels._MIN_PIXELS_FOR_STRIPS", 0)
    deep = np.repeat(DEEP_RAMP, 700, axis=0)
    photo = Photo.open(make_png(deep, 16, 0, before=make_iccp(make_profile(1.0, grey=True))))
    assert difference(photo, encode_srgb(deep[..., None] / 65535)) <= 0.51


@pytest.mark.parametrize("profile", [b"", b"nonsense" * 40, "truncated", "grey", "CMYK"])
def test_a_profile_that_cannot_be_meant_changes_nothing(profile):
    whole = make_profile(1.0, DISPLAY_P3)
    made = {
        "truncated": whole[:-40],
        "grey": make_profile(1.0, grey=True),
        "CMYK": whole[:16] + b"CMYK" + whole[20:],
    }
    data = made.get(profile, profile)
    for kind in ("PNG", "TIFF", "WEBP"):
        photo = Photo.open(encode(Image.fromarray(COLOURS), kind, icc_profile=data, lossless=True))
        assert np.array_equal(photo.pixels, COLOURS)
    rgb_profile = make_profile(1.0, DISPLAY_P3)
    assert np.array_equal(
        Photo.open(encode(Image.fromarray(RAMP), "PNG", icc_profile=rgb_profile)).pixels[..., 0], RAMP
    )


def test_cmyk_is_converted_by_its_profile():
    """A profile of tables, as printers' are: white paper, and each ink takes its light as it is."""
    profile = make_cmyk_profile()
    inks = np.random.default_rng(2).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    image = Image.fromarray(inks, "CMYK")
    target = ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), target, outputMode="RGB"
    )
    assert np.abs(np.asarray(expected).astype(int) - np.asarray(image.convert("RGB"))).max() > 20
    assert np.array_equal(Photo.open(encode(image, "TIFF", icc_profile=profile)).pixels, expected)


def make_cmyk_profile():
    """A profile with one table of 2 x 2 x 2 x 2 points (``mft1``), from inks to L*a*b*."""
    table = bytearray()
    for point in range(16):
        inks = [point >> shift & 1 for shift in (3, 2, 1, 0)]
        lightness = 255 * (1 - 0.3 * sum(inks[:3])) * (1 - 0.9 * inks[3])
        table += bytes((round(max(lightness, 0)), 128 + 40 * (inks[1] - inks[0]), 128 + 50 * inks[2]))
    identity = struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity
    lut += bytes(range(256)) * 4 + bytes(table) + bytes(range(256)) * 3
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(79)
    begin = 128 + 4 + 24
    tags = struct.pack(">I", 2) + b"desc" + struct.pack(">II", begin, len(name))
    tags += b"A2B0" + struct.pack(">II", begin + len(name), len(lut))
    head = struct.pack(
        ">I4sI4s4s4s", begin + len(name) + len(lut), bytes(4), 2 << 24, b"prtr", b"CMYK", b"Lab "
    )
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + tags + name + lut


def make_gamma(gamma):
    return make_png_chunk(b"gAMA", struct.pack(">I", round(gamma * 1e5)))


def make_chromaticities(primaries, white=D65):
    numbers = [round(1e5 * number) for point in (white, *primaries) for number in point]
    return make_png_chunk(b"cHRM", struct.pack(">8I", *numbers))


@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 1.4])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_gamma_without_a_profile_counts(gamma, bits):
    samples = COLOURS if bits == 8 else COLOURS.astype(np.uint16) * 257
    data = make_png(samples, bits, 2, before=make_gamma(gamma))
    exponent = 1e5 / round(gamma * 1e5)
    expected = encode_srgb((COLOURS / 255) ** exponent)
    assert difference(Photo.open(data), expected) <= 0.6
    assert difference(Photo.open(Image.open(io.BytesIO(data))), expected) <= (0.6 if bits == 8 else 13)
    grey = make_png(RAMP, 8, 0, before=make_gamma(gamma))
    assert difference(Photo.open(grey), encode_srgb((RAMP[..., None] / 255) ** exponent)) <= 0.6


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("colour_type", [0, 3])
def test_a_gamma_counts_in_few_bits_and_palettes(bits, colour_type):
    samples = np.arange(1 << bits)[None]
    palette = b"".join(bytes((level, 255 - level, 40)) for level in range(0, 16 * (1 << bits), 16))
    before = make_gamma(1.0) + (make_png_chunk(b"PLTE", palette) if colour_type == 3 else b"")
    plain = Photo.open(make_png(samples, bits, colour_type, before=before.replace(make_gamma(1.0), b"")))
    expected = encode_srgb(plain.pixels / 255)
    assert difference(Photo.open(make_png(samples, bits, colour_type, before=before)), expected) <= 0.6


def test_chromaticities_count_beside_a_gamma():
    chunks = make_gamma(1 / 2.2) + make_chromaticities(ADOBE_RGB)
    expected = convert(COLOURS / 255, power(1e5 / 45455), ADOBE_RGB)
    assert difference(Photo.open(make_png(COLOURS, 8, 2, before=chunks)), expected) <= 0.6
    cold = (0.3457, 0.3585)
    chunks = make_gamma(1.0) + make_chromaticities(SRGB, cold)
    expected = convert(COLOURS / 255, power(1.0), SRGB, cold)
    assert difference(Photo.open(make_png(COLOURS, 8, 2, before=chunks)), expected) <= 0.6


@pytest.mark.parametrize(
    "chunks",
    [
        make_gamma(1 / 2.2),
        make_gamma(1 / 2.2) + make_chromaticities(SRGB),
        make_chromaticities(DISPLAY_P3),
        make_png_chunk(b"sRGB", b"\0") + make_gamma(1.0),
        make_gamma(0),
        make_gamma(40_000),
        make_png_chunk(b"gAMA", b"\0\1"),
        make_png_chunk(b"gAMA", struct.pack(">I", 100_000), checksum=5),
        make_png_chunk(b"cICP", bytes((12, 13, 0, 1)), checksum=5),
        make_png_chunk(b"cICP", bytes((12, 13, 1, 1))),
        make_png_chunk(b"cICP", bytes((2, 2, 0, 1))),
        make_png_chunk(b"cICP", bytes((1, 13, 0, 1))) + make_iccp(make_profile(1.0, DISPLAY_P3)),
        make_iccp(make_profile(SRGB_CURVE, version=4)) + make_gamma(1.0),
        make_gamma(1 / 2.2) + make_png_chunk(b"cHRM", bytes(32)),
        make_png_chunk(b"iCCP", make_iccp(make_profile(1.0))[8:-4], checksum=7),
    ],
)
def test_what_says_srgb_or_nothing_changes_nothing(chunks):
    assert np.array_equal(Photo.open(make_png(COLOURS, 8, 2, before=chunks)).pixels, COLOURS)


def test_a_broken_profile_leaves_the_word_to_the_gamma():
    chunks = make_png_chunk(b"iCCP", b"name\0\0junk") + make_gamma(1.0)
    photo = Photo.open(make_png(COLOURS, 8, 2, before=chunks))
    assert difference(photo, encode_srgb(COLOURS / 255)) <= 0.6


def test_colours_behind_the_picture_come_too_late():
    data = make_png(
        COLOURS, 8, 2, after=make_gamma(1.0) + make_png_chunk(b"cICP", bytes((12, 13, 0, 1)))
    )
    assert np.array_equal(Photo.open(data).pixels, COLOURS)


def decode_pq(shares):
    """ITU-R BT.2100, table 4, in candela a square metre, over 203 for white."""
    power_of = np.asarray(shares) ** (32 / 2523)
    light = np.maximum(power_of - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * power_of)
    return 10_000 * light ** (8192 / 1305) / 203


def decode_hlg(shares):
    """ITU-R BT.2100, table 5, on a display of 1000 candela, over 203 for white; greys alone."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(shares <= 0.5, shares**2 / 3, (np.exp((shares - c) / a) + b) / 12)
    return scene**1.2 * 1000 / 203


@pytest.mark.parametrize(
    ("points", "primaries", "decode"),
    [
        ((12, 13), DISPLAY_P3, decode_srgb),
        ((9, 13), BT2020, decode_srgb),
        ((1, 8), SRGB, power(1.0)),
        ((1, 4), SRGB, power(2.2)),
        ((9, 16), BT2020, decode_pq),
    ],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_code_points_count(points, primaries, decode, bits):
    chunk = make_png_chunk(b"cICP", bytes((*points, 0, 1)))
    samples = COLOURS if bits == 8 else COLOURS.astype(np.uint16) * 257
    photo = Photo.open(make_png(samples, bits, 2, before=chunk))
    assert difference(photo, convert(COLOURS / 255, decode, primaries)) <= 1.01


def test_greys_of_high_dynamic_range_have_their_white_where_it_belongs():
    for transfer, decode, white in ((16, decode_pq, 0.5807), (18, decode_hlg, 0.75)):
        chunk = make_png_chunk(b"cICP", bytes((9, transfer, 0, 1)))
        photo = Photo.open(make_png(DEEP_RAMP, 16, 0, before=chunk))
        assert difference(photo, encode_srgb(decode(DEEP_RAMP[..., None] / 65535))) <= 1.01
        reference = int(np.abs(DEEP_RAMP[0] / 65535 - white).argmin())
        assert photo.pixels[0, reference, 0] >= 253


def test_a_narrow_range_is_widened():
    chunk = make_png_chunk(b"cICP", bytes((1, 13, 0, 0)))
    expected = np.clip((RAMP.astype(float) - 16) / 219 * 255, 0, 255)[..., None]
    assert difference(Photo.open(make_png(RAMP, 8, 0, before=chunk)), expected) <= 0.6
    deep = np.array([[16 * 256, 235 * 256, 100 * 256]])
    pixels = Photo.open(make_png(deep, 16, 0, before=chunk)).pixels
    assert pixels[0, :, 0].tolist() == [0, 255, 98]


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
@pytest.mark.parametrize(
    ("points", "primaries", "decode"),
    [((12, 13), DISPLAY_P3, decode_srgb), ((1, 8), SRGB, power(1.0)), ((1, 1), SRGB, decode_srgb)],
)
def test_code_points_of_avif_and_heic_count(kind, points, primaries, decode):
    flat = np.full((64, 64, 3), (200, 100, 100), np.uint8)
    image = Image.fromarray(flat)
    if kind == "AVIF":
        data = encode(image, "AVIF", quality=100, subsampling="4:4:4", speed=10)
    else:
        data = encode_heif(image, quality=95, chroma=444)
        if data is None:
            pytest.skip("the extra heic is not installed")
    stored = Photo.open(data).pixels
    at = data.index(b"nclx") + 4
    changed = data[:at] + struct.pack(">HH", *points) + data[at + 4 :]
    assert difference(Photo.open(changed), convert(stored / 255, decode, primaries)) <= 1.01


def test_a_profile_of_avif_goes_before_its_code_points():
    profile = make_profile(1, name="linear")
    data = encode(Image.new("RGB", (64, 64), (99, 99, 99)), "AVIF", quality=100, icc_profile=profile)
    pixels = Photo.open(data).pixels
    assert np.abs(pixels - encode_srgb(np.float64(99 / 255))).max() <= 3


def test_a_profile_of_a_bmp_counts():
    profile = make_profile(1, name="linear")
    pixels = COLOURS[::-1, :, ::-1]
    begin = 14 + 124
    header = struct.pack("<IiiHHIIiiII", 124, 16, 12, 1, 24, 0, pixels.size, 0, 0, 0, 0)
    header += (
        bytes(16)
        + b"DEBM"
        + bytes(36 + 12 + 4)
        + struct.pack("<III", 124 + pixels.size, len(profile), 0)
    )
    data = b"BM" + struct.pack("<IHHI", begin + pixels.size + len(profile), 0, 0, begin) + header
    photo = Photo.open(data + pixels.tobytes() + profile)
    assert difference(photo, encode_srgb(COLOURS / 255)) <= ROUNDING


def test_code_points_that_nobody_knows_are_none():
    assert read_code_points(CodePoints(250, 13)) is None
    assert read_code_points(CodePoints(1, 250)) is None

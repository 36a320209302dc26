"""ICC profiles: whether one changes anything, and the conversion to sRGB by it.

LittleCMS, through Pillow, converts 8 bits. It takes no more there, so what has 16 is converted by the
curves and primaries of the profile, where it consists of these: 8 bits of a linear space hold five
levels where sRGB has fifty.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from packshot.arrays import Float64Array
from packshot.photo.colour_space import ColourSpace, Curve, make_colour_space, make_probe
from packshot.photo.structure.outline import MAX_PROFILE_BYTES

_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}
"""Pillow's mode of the pixels that a profile is for, by its colour space: ICC.1:2022, table 19."""
_HEADER_BYTES, _TAG_BYTES = 128, 12
_MAX_TAGS = 100
"""Tags of a profile that are looked at. Real ones have ten to thirty."""
_MAX_CURVE_NUMBERS = 65_536
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
"""Numbers of a parametric curve by its kind: ICC.1:2022, section 10.18."""
_MAX_SRGB_DIFFERENCE = 1
"""Levels of 8 bits by which a profile may differ from sRGB and count as it: rounding gives as much."""


def read_colour_mode(profile: bytes) -> str | None:
    """Return Pillow's mode of the pixels that a profile is for; None for none that can be used.

    A profile that is shorter than it says counts as none: what is missing may be what decides.

    Example:
        >>> read_colour_mode(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        'RGB'
        >>> read_colour_mode(b"no profile")
    """
    size = int.from_bytes(profile[:4])
    is_usable = _HEADER_BYTES < size <= len(profile) <= MAX_PROFILE_BYTES and profile[36:40] == b"acsp"
    return _MODES.get(profile[16:20]) if is_usable else None


@lru_cache(maxsize=8)
def build_conversion(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image | None] | None:
    """Build the conversion of 8-bit pixels to sRGB; None where there is none, or it changes nothing.

    Whether it does is found by converting colours, not by the names that profiles give themselves: a
    profile may be sRGB's in its curve alone, and say so in its name.

    Args:
        profile: An ICC profile.
        mode: Pillow's mode of the pixels. Profiles for others are not for these.

    Example:
        >>> srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        >>> build_conversion(srgb, "RGB") is None
        True
    """
    if read_colour_mode(profile) != mode:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        # Of greys it would else keep a few points of the curve, and be ten levels off in the shadows.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        transform = ImageCms.buildTransform(source, target, mode, "RGB", flags=flags)
        if mode in ("RGB", "L") and _changes_nothing(transform, mode):
            return None
        return _tabulate(transform) if mode == "L" else transform.apply
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _tabulate(transform: ImageCms.ImageCmsTransform) -> Callable[[Image.Image], Image.Image | None]:
    """Make a table of what each grey becomes, which is all there is to it."""
    ramp = transform.apply(Image.fromarray(np.arange(256, dtype=np.uint8)[None]))
    tables = np.asarray(ramp)[0].T.tolist()
    return lambda image: Image.merge("RGB", [image.point(table) for table in tables])


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    probe = make_probe()
    image = Image.fromarray(probe if mode == "RGB" else probe[..., 1])
    converted = np.asarray(transform.apply(image)).astype(int)
    expected = probe if mode == "RGB" else probe[..., 1:2]
    return int(np.abs(converted - expected).max()) <= _MAX_SRGB_DIFFERENCE


@lru_cache(maxsize=8)
def read_colour_space(profile: bytes, mode: str) -> ColourSpace | None:
    """Read the curves and primaries of a profile; None where it has tables instead, or cannot be read.

    Source: ICC.1:2022, sections 8.3 (which tags), F.2 and F.3 (how they are applied), 10.6, 10.18.

    Args:
        profile: An ICC profile.
        mode: ``RGB`` or ``L``: of the pixels.

    Example:
        >>> srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        >>> read_colour_space(srgb, "RGB").is_srgb, read_colour_space(srgb, "L")
        (True, None)
    """
    tags = _read_tags(profile)
    if read_colour_mode(profile) != mode or b"A2B0" in tags or profile[20:24] != b"XYZ ":
        return None
    try:
        if mode == "L":
            return make_colour_space(_read_curve(tags[b"kTRC"]))
        red, green, blue = (_read_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
        columns = [_read_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        return make_colour_space((red, green, blue), np.array(columns).T)
    except (KeyError, ValueError):
        return None


def _read_tags(profile: bytes) -> dict[bytes, bytes]:
    """Read the contents of the tags that lie within the profile."""
    tags = {}
    count = int.from_bytes(profile[_HEADER_BYTES : _HEADER_BYTES + 4])
    for at in range(min(count, _MAX_TAGS)):
        begin = _HEADER_BYTES + 4 + at * _TAG_BYTES
        name, offset, size = (profile[begin + part : begin + part + 4] for part in (0, 4, 8))
        content_begin = int.from_bytes(offset)
        tags[name] = profile[content_begin : content_begin + int.from_bytes(size)]
    return tags


def _read_xyz(content: bytes) -> tuple[float, ...]:
    if content[:4] != b"XYZ " or len(content) < 20:
        raise ValueError("no XYZ")
    return tuple(_read_fixed(content, at) for at in (8, 12, 16))


def _read_fixed(content: bytes, at: int) -> float:
    """Read a number of 32 bits, half of them behind the point."""
    return int.from_bytes(content[at : at + 4], signed=True) / 65536


def _read_curve(content: bytes) -> Curve:
    """Read a curve.

    Raises:
        ValueError: It is none.
    """
    if content[:4] == b"para":
        return _read_parametric_curve(content)
    count = int.from_bytes(content[8:12])
    numbers = np.frombuffer(content[12 : 12 + 2 * min(count, _MAX_CURVE_NUMBERS)], ">u2")
    if content[:4] != b"curv" or len(numbers) != count:
        raise ValueError("no curve")
    if count == 0:
        return _make_power(1.0)
    if count == 1:
        return _make_power(float(numbers[0]) / 256)
    places = np.linspace(0, 1, count)
    return lambda shares: np.interp(shares, places, numbers / 65535)


def _read_parametric_curve(content: bytes) -> Curve:
    kind = int.from_bytes(content[8:10])
    if kind not in _PARAMETERS or len(content) < 12 + 4 * _PARAMETERS[kind]:
        raise ValueError("no curve")
    numbers = [_read_fixed(content, 12 + 4 * at) for at in range(_PARAMETERS[kind])]
    # The kinds leave out what is zero, and say where the power begins as a place or as a zero of it.
    gamma, a, b, c, d, e, f = numbers + [0.0] * (7 - len(numbers))
    if kind == 0:
        a = 1.0
    elif kind in (1, 2):
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c

    def decode(shares: Float64Array) -> Float64Array:
        power = np.maximum(a * shares + b, 0) ** gamma + e
        return np.asarray(np.where(shares >= d, power, c * shares + f), np.float64)

    return decode


def _make_power(gamma: float) -> Curve:
    return lambda shares: np.asarray(shares**gamma, np.float64)

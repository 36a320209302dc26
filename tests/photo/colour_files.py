"""Profiles and PNG files written byte by byte, and the colours that they stand for, calculated apart."""

import struct
import zlib

import numpy as np

from tests.photo.photo_files import make_png_chunk

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def find_primaries(primaries, white=D65):
    """The matrix from light of three primaries to XYZ, without any adaptation."""
    columns = np.array([[x, y, 1 - x - y] for x, y in primaries]).T
    target = np.array([white[0], white[1], 1 - sum(white)]) / white[1]
    return columns * np.linalg.solve(columns, target)


def adapt(white, to):
    """Bradford's adaptation from a white to another, both XYZ."""
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    return np.linalg.inv(cones) @ np.diag((cones @ to) / (cones @ white)) @ cones


def to_xyz(white):
    return np.array([white[0], white[1], 1 - sum(white)]) / white[1]


def decode_srgb(shares):
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def encode_srgb(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def convert(shares, decode, primaries=SRGB, white=D65):
    """What numbers 0..1 are in sRGB, 0..255, by curve and primaries."""
    adapted = adapt(to_xyz(white), to_xyz(D65)) @ find_primaries(primaries, white)
    matrix = np.linalg.inv(find_primaries(SRGB)) @ adapted
    return encode_srgb(decode(shares) @ matrix.T)


def _fixed(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _curve(curve):
    """A gamma as one number, a tuple as a parametric curve, an array as a table."""
    if isinstance(curve, tuple):
        return b"para" + bytes(4) + struct.pack(">HH", {1: 0, 5: 3}[len(curve)], 0) + _fixed(*curve)
    if isinstance(curve, np.ndarray):
        return b"curv" + bytes(4) + struct.pack(">I", len(curve)) + curve.astype(">u2").tobytes()
    if curve == 1:
        return b"curv" + bytes(8)
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(curve * 256)) + b"\0\0"


def make_profile(curve, primaries=SRGB, *, name="a profile", version=2, grey=False):
    """An ICC profile of curves and primaries, or of a grey curve."""
    if version == 2:
        text = name.encode("ascii") + b"\0"
        described = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    else:
        text = name.encode("utf-16-be")
        described = (
            b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
        )
    tags = {b"desc": described, b"wtpt": b"XYZ " + bytes(4) + _fixed(*D50)}
    if grey:
        tags[b"kTRC"] = _curve(curve)
    else:
        matrix = adapt(to_xyz(D65), D50) @ find_primaries(primaries)
        for letter, column in zip(b"rgb", matrix.T, strict=True):
            tags[bytes([letter]) + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*column)
            tags[bytes([letter]) + b"TRC"] = _curve(curve)
    directory, body, begin = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        directory += tag + struct.pack(">II", begin + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = begin + len(body)
    head = struct.pack(
        ">I4sI4s4s4s", size, bytes(4), version << 24, b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ "
    )
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body


def make_iccp(profile):
    return make_png_chunk(b"iCCP", b"name\0\0" + zlib.compress(profile))


def make_png(samples, bits, colour_type, *, before=b"", after=b""):
    """A PNG of (H, W) or (H, W, C) whole numbers of so many bits, with chunks before and behind."""
    samples = np.asarray(samples)
    samples = samples[..., None] if samples.ndim == 2 else samples
    height, width = samples.shape[:2]
    if bits >= 8:
        rows = [row.astype(">u2" if bits == 16 else np.uint8).tobytes() for row in samples]
    else:
        digits = ((samples.astype(int)[..., None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
        rows = [np.packbits(row.ravel()).tobytes() for row in digits]
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = (
        make_png_chunk(b"IHDR", header),
        before,
        make_png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        after,
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + make_png_chunk(b"IEND", b"")

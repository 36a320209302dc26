"""Photos that cost a decoder minutes or gigabytes, and some that lack a part and do not say so."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.robustness.hostile_inputs import png
from benchmarks.robustness.hostile_inputs.seeds import PhotoKind, draw_product

MAX_PIXELS = 120_000_000
"""That Packshot opens; what is larger is refused by its header and costs nothing."""

_MAX_WEBP_WIDTH = 16_383
_SIDE = 10_954
"""Of a square of just under `MAX_PIXELS`."""

_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class Bomb:
    """A hostile photo.

    Attributes:
        name: Such as ``webp-120-megapixels``.
        suffix: Of its file.
        write: Writes it to a path, whatever its size, in little memory if it can.
        incomplete: Part of its picture is missing: it must not be taken for a whole photo.
    """

    name: str
    suffix: str
    write: Callable[[Path], object]
    incomplete: bool = False


def _make_writer(make: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(make())


def _make_segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _make_huffman_table(table_class: int, *symbols: int) -> bytes:
    """A table of one code of each length from 1, for the symbols in turn."""
    counts = bytes(1 if length < len(symbols) else 0 for length in range(16))
    return _make_segment(0xC4, bytes((table_class << 4,)) + counts + bytes(symbols))


def make_many_scans(scans: int, side: int = _SIDE // 8 * 8) -> bytes:
    """A progressive grey JPEG in which every further scan says of all blocks that they stay as they are.

    A scan of a hundred bytes has a decoder walk over all coefficients of the picture.

    Args:
        scans: How many, the first one included, which holds the picture.
        side: Of the square picture, in pixels, a multiple of 8.
    """
    blocks = (side // 8) ** 2
    frame = struct.pack(">BHHB", 8, side, side, 1) + bytes((1, 0x11, 0))
    start = b"\xff\xd8" + _make_segment(0xDB, bytes(1) + b"\x10" * 64) + _make_segment(0xC2, frame)
    tables = _make_huffman_table(0, 0) + _make_huffman_table(1, 0xE0)
    first = _make_segment(0xDA, bytes((1, 1, 0, 0, 0, 0))) + bytes(-(-blocks // 8))
    # Code 0, then 14 bits of 1: the next 32 767 blocks end here. 0xFF is followed by 0 in a scan.
    runs = -(-blocks // 32_767)
    bits = "011111111111111" * runs
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    further = [
        _make_segment(0xDA, bytes((1, 1, 0, band, band, 0))) + packed.replace(b"\xff", b"\xff\0")
        for band in (1 + number % 63 for number in range(scans - 1))
    ]
    return b"".join((start, tables, first, *further, b"\xff\xd9"))


def write_fill_bytes(path: Path, count: int) -> None:
    """A JPEG's start marker, and then the bytes that may stand before any marker."""
    with path.open("wb") as file:
        file.write(b"\xff\xd8")
        _write_repeatedly(file, b"\xff" * _CHUNK_BYTES, count // _CHUNK_BYTES)


def _write_repeatedly(file: io.BufferedWriter, piece: bytes, times: int) -> None:
    for _ in range(times):
        file.write(piece)


def make_many_pages(pages: int) -> bytes:
    """A TIFF whose pages all share one strip of one pixel."""
    strip = 8
    entries = (
        (256, 1),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, strip),
        (277, 1),
        (278, 1),
        (279, 1),
    )
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    size = 2 + len(body) + 4
    directories = (
        struct.pack("<H", len(entries)) + body + struct.pack("<I", (16 + (page + 1) * size) % 2**32)
        for page in range(pages - 1)
    )
    last = struct.pack("<H", len(entries)) + body + bytes(4)
    return b"II*\0" + struct.pack("<I", 16) + b"\x80".ljust(8, b"\0") + b"".join(directories) + last


def make_page_loop() -> bytes:
    """A TIFF whose second page is followed by its first, and so for ever."""
    data = bytearray(make_many_pages(2))
    data[-4:] = struct.pack("<I", 16)
    return bytes(data)


def write_many_frames(path: Path, frames: int) -> None:
    """A GIF of one pixel whose frames are 14 bytes long, the picture's data included."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x00"
    frames_per_write = 10_000
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff")
        file.write(b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00")
        _write_repeatedly(file, frame * frames_per_write, (frames - 1) // frames_per_write)
        file.write(frame * ((frames - 1) % frames_per_write) + b"\x3b")


def make_plain_webp(width: int = _MAX_WEBP_WIDTH, height: int = MAX_PIXELS // _MAX_WEBP_WIDTH) -> bytes:
    """A lossless WebP of one colour, half transparent: its pixels take no bits at all."""
    bits = f"{width - 1:014b}"[::-1] + f"{height - 1:014b}"[::-1] + "1" + "000"
    bits += "000"  # No transform, no cache of colours, one set of codes.
    for symbol in (90, 200, 30, 128):  # Green, red, blue, alpha: a code of one symbol, of 8 bits.
        bits += "101" + f"{symbol:08b}"[::-1]
    bits += "1000"  # Distances: a code of one symbol, of 1 bit.
    packed = b"\x2f" + int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")
    packed += bytes(len(packed) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(packed)) + packed
    return b"RIFF" + struct.pack("<I", len(body)) + body


def make_large_png(side: int = _SIDE) -> bytes:
    """One bit a pixel, two colours of which one is transparent: 480 MB once they are all written out."""
    line = 1 + -(-side // 8)
    colours = png.make_chunk(b"PLTE", b"\xff\0\0\0\0\xff") + png.make_chunk(b"tRNS", b"\x80")
    start = png.make_header(side, side, bits=1, colours=png.PALETTE)
    return png.assemble_png(start, png.compress_zeros(line * side), colours)


def make_large_float_tiff(side: int = 10_000) -> bytes:
    """100 megapixels of numbers of 32 bits."""
    stream = io.BytesIO()
    Image.new("F", (side, side), 0.5).save(stream, "TIFF", compression="tiff_adobe_deflate")
    return stream.getvalue()


def make_large_avif(side: int = _SIDE) -> bytes:
    """One colour, half transparent. Takes 3 GB and 10 seconds to write."""
    stream = io.BytesIO()
    Image.new("RGBA", (side, side), (200, 30, 60, 128)).save(
        stream, "AVIF", speed=10, quality=20, max_threads=1
    )
    return stream.getvalue()


def make_text_png(size: int = 200 * 2**20) -> bytes:
    """A small picture with a comment that unpacks to so many bytes."""
    comment = png.make_chunk(b"zTXt", b"Comment\0\0" + png.compress_zeros(size))
    pixels = np.asarray(draw_product(0))
    start = png.make_header(*draw_product(0).size)
    return png.assemble_png(start, zlib.compress(png.to_rows(pixels)), comment)


def make_false_frame_count() -> bytes:
    """A PNG that announces two thousand million frames and holds one."""
    control = png.make_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    start = png.make_header(*draw_product(0).size)
    return png.assemble_png(start, zlib.compress(png.to_rows(np.asarray(draw_product(0)))), control)


def make_partial_png(share: float, interlaced: bool = False) -> bytes:
    """A PNG without a fault in its form that holds only this share of its rows or passes."""
    image = draw_product(1)
    pixels = np.asarray(image)
    if interlaced:
        data = png.to_interlaced_rows(pixels, round(share * 7))
    else:
        data = png.to_rows(pixels[: round(share * len(pixels))])
    return png.assemble_png(png.make_header(*image.size, interlaced=interlaced), zlib.compress(data))


def make_partial_tiff(share: float) -> bytes:
    """A TIFF whose one packed strip unpacks to this share of what it should."""
    image = draw_product(1)
    packed = zlib.compress(image.tobytes()[: round(share * image.height) * image.width * 3])
    entries = (
        *((256, image.width), (257, image.height), (259, 8), (262, 2), (273, 146)),
        *((277, 3), (278, image.height), (279, len(packed))),
    )
    body = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries]
    body.insert(2, struct.pack("<HHII", 258, 3, 3, 140))
    directory = struct.pack("<H", len(body)) + b"".join(body) + bytes(4)
    start = b"II*\0" + struct.pack("<I", 24) + bytes(16)
    head = start + directory
    return head.ljust(140, b"\0") + struct.pack("<HHH", 8, 8, 8) + packed


def make_partial_gif(share: float) -> bytes:
    """A GIF of clear codes and literals alone, that says it ends after this share of its pixels."""
    width, height = 64, 64
    codes: list[int] = []
    for _ in range(round(share * width * height)):
        codes += [256, 17]  # Forget what was learned, so that codes stay 9 bits long; a pixel.
    codes.append(257)
    packed = sum(code << (9 * place) for place, code in enumerate(codes))
    data = packed.to_bytes(-(-9 * len(codes) // 8), "little")
    blocks = b"".join(bytes((len(piece),)) + piece for piece in _split_pieces(data, 255))
    start = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + bytes(range(256)) * 3
    return start + b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08" + blocks + b"\0\x3b"


def _split_pieces(data: bytes, length: int) -> Iterable[bytes]:
    return (data[place : place + length] for place in range(0, len(data), length))


BOMBS: tuple[Bomb, ...] = (
    Bomb("jpeg-500-scans", ".jpg", _make_writer(lambda: make_many_scans(500))),
    Bomb("jpeg-3-MB-of-scans", ".jpg", _make_writer(lambda: make_many_scans(16_300))),
    Bomb("jpeg-fill-bytes", ".jpg", lambda path: write_fill_bytes(path, 250_000_000)),
    Bomb("tiff-50001-pages", ".tif", _make_writer(lambda: make_many_pages(50_001))),
    Bomb("tiff-page-loop", ".tif", _make_writer(make_page_loop)),
    Bomb("tiff-float-100-megapixels", ".tif", _make_writer(make_large_float_tiff)),
    Bomb("gif-14-million-frames", ".gif", lambda path: write_many_frames(path, 14_000_000)),
    Bomb("webp-120-megapixels", ".webp", _make_writer(make_plain_webp)),
    Bomb("avif-120-megapixels", ".avif", _make_writer(make_large_avif)),
    Bomb("png-480-MB", ".png", _make_writer(make_large_png)),
    Bomb("png-200-MB-comment", ".png", _make_writer(make_text_png)),
    Bomb("png-frames-claimed", ".png", _make_writer(make_false_frame_count)),
    Bomb("png-tenth", ".png", _make_writer(lambda: make_partial_png(0.1)), incomplete=True),
    Bomb("png-half", ".png", _make_writer(lambda: make_partial_png(0.5)), incomplete=True),
    Bomb(
        "png-interlaced-part", ".png", _make_writer(lambda: make_partial_png(0.6, True)), incomplete=True
    ),
    Bomb("tiff-half", ".tif", _make_writer(lambda: make_partial_tiff(0.5)), incomplete=True),
    Bomb("gif-half", ".gif", _make_writer(lambda: make_partial_gif(0.5)), incomplete=True),
)
"""Hostile photos, each to be judged alone."""

ODD_NAMES: tuple[bytes, ...] = (
    b"caf\xe9.jpg",
    b"\xff\xfe\x80.jpg",
    b"red\x1b[31m\x1b]0;title\x07.jpg",
    b"new\nline.jpg",
    b"=1+1.jpg",
    b"-o.jpg",
    b"quote\"'`$(id).jpg",
    b"<b>.jpg",
    "\u202egpj.exe.jpg".encode(),
    b"l" * 246 + b".jpg",
)
"""Names that a file may have and programs stumble over."""


def write_odd_names(folder: Path, kind: PhotoKind) -> None:
    """The same photo under every name of `ODD_NAMES`."""
    data = kind.encode(draw_product(0))
    for name in ODD_NAMES:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(data)

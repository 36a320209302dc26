"""Small or plain files that take decoders minutes or gigabytes."""

import io
import struct
import zlib

from PIL import Image

from tests.photo.photo_files import encode, make_png, make_scene


def make_jpeg_of_scans(scans, size=(512, 512)):
    """A progressive JPEG whose last scan is repeated."""
    data = encode(make_scene().resize(size), "JPEG", progressive=True, quality=10)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def make_jpeg_of_segments(count, content=b"", marker=0xE5):
    """A JPEG with many application segments in front."""
    data = encode(make_scene(), "JPEG")
    segment = bytes((0xFF, marker)) + struct.pack(">H", 2 + len(content)) + content
    return data[:2] + segment * count + data[2:]


def make_jpeg_with_fill(size, marker=b"\xff"):
    """A JPEG with fill bytes behind its start."""
    return b"\xff\xd8" + marker * size + encode(make_scene(), "JPEG")[2:]


def make_jpeg_with_scan_fill(size, filling=b"\xff"):
    """A JPEG whose picture data are fill bytes, or restart markers."""
    data = encode(make_scene(), "JPEG")
    begin = data.rfind(b"\xff\xda") + 14
    return data[:begin] + filling * size + b"\xff\xd9"


def make_directory(entries, following=0, place=8):
    """A TIFF's directory: tag, type, count and value or offset of each entry."""
    body = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<L", following)


def make_tiff_of_pages(count):
    """A TIFF whose pages are directories without anything."""
    first = encode(make_scene().resize((8, 8)), "TIFF")
    begin = len(first) + len(first) % 2
    at = struct.unpack_from("<L", first, 4)[0]
    link = at + 2 + 12 * struct.unpack_from("<H", first, at)[0]
    chain = b"".join(
        make_directory((), begin + 6 * (page + 1)) for page in range(count - 1)
    ) + make_directory(())
    return (
        first[:link]
        + struct.pack("<L", begin)
        + first[link + 4 :].ljust(begin - link - 4, b"\0")
        + chain
    )


def make_tiff_of_strips(count, width=1, rows=1, coding=1):
    """A TIFF of as many strips, all of which are the same byte."""
    places = 8 + 2 + 12 * 8 + 4
    entries = (
        (256, 4, 1, width), (257, 4, 1, count * rows), (258, 3, 1, 8), (259, 3, 1, coding),
        (262, 3, 1, 1), (273, 4, count, places), (278, 4, 1, rows), (279, 4, count, places + 4 * count),
    )  # fmt: skip
    return (
        b"II*\0\x08\0\0\0"
        + make_directory(entries)
        + struct.pack("<L", 4) * count
        + struct.pack("<L", 1) * count
    )


def make_overlapping_tags(count, size):
    """A TIFF structure whose tags all have the same large value."""
    place = 8 + 2 + 12 * count + 4
    entries = [(40000 + number, 7, size, place) for number in range(count)]
    return b"II*\0\x08\0\0\0" + make_directory(entries) + bytes(size)


def make_gif_of_frames(count):
    """A GIF of frames of one pixel each, as small as they get."""
    return make_gif_with(b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0" * count)


def make_gif_with(content):
    """A GIF of one pixel with other blocks behind its header."""
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + content + b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;"


def make_webp_of_chunks(count):
    """A WebP with many chunks that nobody knows."""
    body = encode(make_scene(), "WEBP")[12:] + b"junk\0\0\0\0" * count
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


def make_png_with(chunk, count):
    """A PNG with the same chunk again and again in front of its picture."""
    return make_png(bytes(4), 1, 1, before=chunk * count)


def compress_zeros(size):
    """Zeros, compressed a thousandfold."""
    return zlib.compress(bytes(size), 9)


def make_bmp_of_runs(width, height):
    """A run-length BMP of ends of line."""
    file = io.BytesIO()
    Image.new("P", (width, 1)).save(file, "BMP")
    head = bytearray(file.getvalue()[: 54 + 1024])
    head[18:26] = struct.pack("<ll", width, height)
    head[30:34] = struct.pack("<L", 1)
    return bytes(head) + b"\1\0\0\0" * height + b"\0\1"


def make_box(kind, content):
    """A box of an AVIF or HEIC."""
    return struct.pack(">L", 8 + len(content)) + kind + content


def make_heif_of_items(count, brand=b"heic"):
    """A HEIC that tells of as many items."""
    items = b"".join(struct.pack(">HHHLL", number & 0xFFFF, 0, 1, 0, 1) for number in range(count))
    iloc = make_box(b"iloc", b"\0\0\0\0\x44\0" + struct.pack(">H", count & 0xFFFF) + items)
    return make_box(b"ftyp", brand + bytes(4) + b"mif1" + brand) + make_box(b"meta", bytes(4) + iloc)


def make_avif_of_samples(count):
    """An AVIF that tells of a sequence of as many pictures."""
    stsz = make_box(b"stsz", bytes(4) + struct.pack(">LL", 1, count))
    moov = make_box(
        b"moov", make_box(b"trak", make_box(b"mdia", make_box(b"minf", make_box(b"stbl", stsz))))
    )
    data = encode(make_scene(), "AVIF", speed=10)
    return data + moov


def make_jpeg_with_exif(exif):
    """A JPEG with EXIF in as many segments as it takes."""
    data = encode(make_scene(), "JPEG")
    parts = (exif[start : start + 65_000] for start in range(0, len(exif), 65_000))
    segments = (b"\xff\xe1" + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part for part in parts)
    return data[:2] + b"".join(segments) + data[2:]

"""Files as Pillow, OpenCV and pillow-heif write them, with all their options."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from tests.conftest import make_picture

SIZE = (241, 163)


def encoded(image, kind, **options):
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def by_opencv(extension, pixels, *parameters):
    """The bytes of a file that OpenCV writes."""
    return cv2.imencode(extension, pixels, parameters)[1].tobytes()


def by_heif(image, **options):
    """The bytes of a HEIC; None where the extra is not installed."""
    try:
        import pillow_heif
    except ImportError:
        return None
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


def picture():
    """A colourful scene of odd width and height."""
    return Image.fromarray(make_picture(*SIZE[::-1]))


def modes():
    """The scene in every mode that a format may hold."""
    scene = picture()
    grey = scene.convert("L")
    clear = scene.copy()
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    return {
        "RGB": scene,
        "RGBA": clear,
        "L": grey,
        "LA": clear.convert("LA"),
        "P": scene.quantize(200),
        "few colours": scene.quantize(5),
        "1": scene.convert("1"),
        "CMYK": scene.convert("CMYK"),
        "I;16": deep,
        "F": Image.fromarray(np.asarray(grey).astype(np.float32) / 255),
        "I": Image.fromarray(np.asarray(grey).astype(np.int32) * 200),
    }


def _jpegs(made):
    options = {
        "plain": {},
        "quality 100": {"quality": 100},
        "quality 5": {"quality": 5},
        "optimised": {"optimize": True},
        "progressive": {"progressive": True},
        "progressive 4:4:4": {"progressive": True, "subsampling": 0},
        "4:2:2": {"subsampling": 1},
        "restarts": {"restart_marker_blocks": 3},
        "restart rows": {"restart_marker_rows": 1},
        "progressive restarts": {"progressive": True, "restart_marker_blocks": 7},
        "comment": {"comment": b"mine"},
    }
    for name, chosen in options.items():
        for mode in ("RGB", "L", "CMYK"):
            yield f"JPEG {mode} {name}", encoded(made[mode], "JPEG", **chosen)
    frames = [made["RGB"].rotate(turn) for turn in (90, 180)]
    yield "JPEG of several pictures", encoded(made["RGB"], "MPO", save_all=True, append_images=frames)
    pixels = np.asarray(made["RGB"])
    yield "JPEG by OpenCV", by_opencv(".jpg", pixels)
    yield (
        "JPEG by OpenCV, progressive",
        by_opencv(".jpg", pixels, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 5),
    )


def _pngs(made):
    for mode in ("RGB", "RGBA", "L", "LA", "P", "few colours", "1", "I;16"):
        for name, chosen in {
            "plain": {},
            "optimised": {"optimize": True},
            "stored": {"compress_level": 0},
        }.items():
            yield f"PNG {mode} {name}", encoded(made[mode], "PNG", **chosen)
    yield "PNG with transparency", encoded(made["P"], "PNG", transparency=bytes(range(200)))
    yield "PNG of black", encoded(Image.new("RGB", SIZE), "PNG")
    yield "PNG that is clear", encoded(Image.new("RGBA", SIZE), "PNG")
    frames = [made["RGB"].rotate(turn) for turn in (90, 180)]
    yield "PNG animated", encoded(made["RGB"], "PNG", save_all=True, append_images=frames)
    deep = np.asarray(made["RGB"]).astype(np.uint16) * 257
    yield "PNG by OpenCV, 16 bits", by_opencv(".png", deep)
    for channels in (1, 3, 4):
        yield f"PNG interlaced, {channels} channels", interlaced_png(channels)


def _gifs(made):
    for mode in ("P", "few colours", "L", "1", "RGB"):
        for interlace in (0, 1):
            yield f"GIF {mode} {interlace}", encoded(made[mode], "GIF", interlace=interlace)
    yield "GIF with transparency", encoded(made["RGBA"], "GIF")
    yield "GIF of one colour", encoded(Image.new("P", SIZE), "GIF")
    frames = [made["RGB"].rotate(turn) for turn in (90, 180)]
    yield (
        "GIF animated",
        encoded(made["RGB"], "GIF", save_all=True, append_images=frames, comment=b"hello" * 99),
    )


def _webps(made):
    for mode in ("RGB", "RGBA"):
        for name, chosen in {
            "lossy": {},
            "lossless": {"lossless": True},
            "best": {"method": 6, "quality": 95},
        }.items():
            yield f"WEBP {mode} {name}", encoded(made[mode], "WEBP", **chosen)
    yield (
        "WEBP with metadata",
        encoded(made["RGB"], "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", xmp=b"<x/>"),
    )
    frames = [made["RGB"].rotate(turn) for turn in (90, 180)]
    yield "WEBP animated", encoded(made["RGB"], "WEBP", save_all=True, append_images=frames)
    yield "WEBP by OpenCV", by_opencv(".webp", np.asarray(made["RGB"]))


def _tiffs(made):
    codings = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "tiff_deflate")
    for mode in ("RGB", "RGBA", "L", "P", "1", "CMYK", "I;16", "F", "I", "LA"):
        for coding in codings:
            yield f"TIFF {mode} {coding}", encoded(made[mode], "TIFF", compression=coding)
    for coding in ("group3", "group4"):
        yield f"TIFF 1 {coding}", encoded(made["1"], "TIFF", compression=coding)
    yield "TIFF jpeg", encoded(made["RGB"], "TIFF", compression="jpeg")
    yield "TIFF of rows", encoded(made["RGB"], "TIFF", compression="tiff_lzw", tiffinfo={278: 1})
    yield "TIFF big", encoded(made["RGB"], "TIFF", big_tiff=True)
    yield "TIFF of pages", encoded(made["RGB"], "TIFF", save_all=True, append_images=[made["L"]] * 3)
    yield "TIFF by OpenCV", by_opencv(".tiff", np.asarray(made["RGB"]))
    yield "TIFF by OpenCV, 16 bits", by_opencv(".tiff", np.asarray(made["RGB"]).astype(np.uint16) * 257)


def _others(made):
    for mode in ("RGB", "L", "P", "1", "RGBA"):
        yield f"BMP {mode}", encoded(made[mode], "BMP")
    yield "BMP by OpenCV", by_opencv(".bmp", np.asarray(made["RGB"]))
    for mode in ("RGB", "RGBA", "L"):
        yield f"AVIF {mode}", encoded(made[mode], "AVIF", speed=10)
        yield f"HEIF {mode}", by_heif(made[mode], quality=60)
    yield "AVIF 4:4:4", encoded(made["RGB"], "AVIF", speed=10, subsampling="4:4:4")
    frames = [made["RGB"].rotate(180)]
    yield "AVIF animated", encoded(made["RGB"], "AVIF", speed=10, save_all=True, append_images=frames)
    yield "HEIF lossless", by_heif(made["RGB"], quality=-1, chroma=444)
    yield "HEIF 16 bits", by_heif(made["I;16"])


def whole_files():
    """Bytes by name; the first word of a name is the format."""
    made = modes()
    kinds = (_jpegs, _pngs, _gifs, _webps, _tiffs, _others)
    return {name: data for kind in kinds for name, data in kind(made) if data is not None}


def png_chunk(kind, body):
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(rows, width, height, *, colour=2, interlace=0, before=b"", after=b""):
    """A PNG of unpacked rows, each behind its filter byte, whatever size its header promises."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace)
    parts = (png_chunk(b"IHDR", header), before, png_chunk(b"IDAT", zlib.compress(rows)), after)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def interlaced_rows(pixels):
    """The rows of Adam7's seven passes, each behind its filter byte, of (H, W, C) uint8."""
    passes = (
        (0, 8, 0, 8),
        (4, 8, 0, 8),
        (0, 4, 4, 8),
        (2, 4, 0, 4),
        (0, 2, 2, 4),
        (1, 2, 0, 2),
        (0, 1, 1, 2),
    )
    kept = (pixels[top::down, left::across] for left, across, top, down in passes)
    return b"".join(b"\0" + row.tobytes() for one in kept if one.size for row in one)


def interlaced_png(channels):
    """A PNG by Adam7, as neither Pillow nor OpenCV write it."""
    pixels = np.asarray(modes()[{1: "L", 3: "RGB", 4: "RGBA"}[channels]]).reshape(*SIZE[::-1], channels)
    return png_of(interlaced_rows(pixels), *SIZE, colour={1: 0, 3: 2, 4: 6}[channels], interlace=1)

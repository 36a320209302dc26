"""Files as Pillow, OpenCV and pillow-heif write them, with all their options."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from tests.conftest import make_picture

SIZE = (241, 163)


def encode(image, kind, **options):
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def encode_by_opencv(extension, pixels, *parameters):
    """The bytes of a file that OpenCV writes."""
    return cv2.imencode(extension, pixels, parameters)[1].tobytes()


def encode_heif(image, **options):
    """The bytes of a HEIC; None where the extra is not installed."""
    try:
        import pillow_heif
    except ImportError:
        return None
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


def make_scene():
    """A colourful scene of odd width and height."""
    return Image.fromarray(make_picture(*SIZE[::-1]))


def make_modes():
    """The scene in every mode that a format may hold."""
    scene = make_scene()
    grey = scene.convert("L")
    translucent = scene.copy()
    translucent.putalpha(Image.linear_gradient("L").resize(SIZE))
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    return {
        "RGB": scene,
        "RGBA": translucent,
        "L": grey,
        "LA": translucent.convert("LA"),
        "P": scene.quantize(200),
        "few colours": scene.quantize(5),
        "1": scene.convert("1"),
        "CMYK": scene.convert("CMYK"),
        "I;16": deep,
        "F": Image.fromarray(np.asarray(grey).astype(np.float32) / 255),
        "I": Image.fromarray(np.asarray(grey).astype(np.int32) * 200),
    }


def _iter_jpegs(scenes):
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
    for name, encoder_options in options.items():
        for mode in ("RGB", "L", "CMYK"):
            yield f"JPEG {mode} {name}", encode(scenes[mode], "JPEG", **encoder_options)
    frames = [scenes["RGB"].rotate(turn) for turn in (90, 180)]
    yield "JPEG of several pictures", encode(scenes["RGB"], "MPO", save_all=True, append_images=frames)
    pixels = np.asarray(scenes["RGB"])
    yield "JPEG by OpenCV", encode_by_opencv(".jpg", pixels)
    yield (
        "JPEG by OpenCV, progressive",
        encode_by_opencv(
            ".jpg", pixels, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 5
        ),
    )


def _iter_pngs(scenes):
    for mode in ("RGB", "RGBA", "L", "LA", "P", "few colours", "1", "I;16"):
        for name, encoder_options in {
            "plain": {},
            "optimised": {"optimize": True},
            "stored": {"compress_level": 0},
        }.items():
            yield f"PNG {mode} {name}", encode(scenes[mode], "PNG", **encoder_options)
    yield "PNG with transparency", encode(scenes["P"], "PNG", transparency=bytes(range(200)))
    yield "PNG of black", encode(Image.new("RGB", SIZE), "PNG")
    yield "PNG that is clear", encode(Image.new("RGBA", SIZE), "PNG")
    frames = [scenes["RGB"].rotate(turn) for turn in (90, 180)]
    yield "PNG animated", encode(scenes["RGB"], "PNG", save_all=True, append_images=frames)
    deep = np.asarray(scenes["RGB"]).astype(np.uint16) * 257
    yield "PNG by OpenCV, 16 bits", encode_by_opencv(".png", deep)
    for channels in (1, 3, 4):
        yield f"PNG interlaced, {channels} channels", make_interlaced_png(channels)


def _iter_gifs(scenes):
    for mode in ("P", "few colours", "L", "1", "RGB"):
        for interlace in (0, 1):
            yield f"GIF {mode} {interlace}", encode(scenes[mode], "GIF", interlace=interlace)
    yield "GIF with transparency", encode(scenes["RGBA"], "GIF")
    yield "GIF of one colour", encode(Image.new("P", SIZE), "GIF")
    frames = [scenes["RGB"].rotate(turn) for turn in (90, 180)]
    yield (
        "GIF animated",
        encode(scenes["RGB"], "GIF", save_all=True, append_images=frames, comment=b"hello" * 99),
    )


def _iter_webps(scenes):
    for mode in ("RGB", "RGBA"):
        for name, encoder_options in {
            "lossy": {},
            "lossless": {"lossless": True},
            "best": {"method": 6, "quality": 95},
        }.items():
            yield f"WEBP {mode} {name}", encode(scenes[mode], "WEBP", **encoder_options)
    yield (
        "WEBP with metadata",
        encode(scenes["RGB"], "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", xmp=b"<x/>"),
    )
    frames = [scenes["RGB"].rotate(turn) for turn in (90, 180)]
    yield "WEBP animated", encode(scenes["RGB"], "WEBP", save_all=True, append_images=frames)
    yield "WEBP by OpenCV", encode_by_opencv(".webp", np.asarray(scenes["RGB"]))


def _iter_tiffs(scenes):
    codings = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "tiff_deflate")
    for mode in ("RGB", "RGBA", "L", "P", "1", "CMYK", "I;16", "F", "I", "LA"):
        for coding in codings:
            yield f"TIFF {mode} {coding}", encode(scenes[mode], "TIFF", compression=coding)
    for coding in ("group3", "group4"):
        yield f"TIFF 1 {coding}", encode(scenes["1"], "TIFF", compression=coding)
    yield "TIFF jpeg", encode(scenes["RGB"], "TIFF", compression="jpeg")
    yield "TIFF of rows", encode(scenes["RGB"], "TIFF", compression="tiff_lzw", tiffinfo={278: 1})
    yield "TIFF big", encode(scenes["RGB"], "TIFF", big_tiff=True)
    yield "TIFF of pages", encode(scenes["RGB"], "TIFF", save_all=True, append_images=[scenes["L"]] * 3)
    yield "TIFF by OpenCV", encode_by_opencv(".tiff", np.asarray(scenes["RGB"]))
    yield (
        "TIFF by OpenCV, 16 bits",
        encode_by_opencv(".tiff", np.asarray(scenes["RGB"]).astype(np.uint16) * 257),
    )


def _iter_others(scenes):
    for mode in ("RGB", "L", "P", "1", "RGBA"):
        yield f"BMP {mode}", encode(scenes[mode], "BMP")
    yield "BMP by OpenCV", encode_by_opencv(".bmp", np.asarray(scenes["RGB"]))
    for mode in ("RGB", "RGBA", "L"):
        yield f"AVIF {mode}", encode(scenes[mode], "AVIF", speed=10)
        yield f"HEIF {mode}", encode_heif(scenes[mode], quality=60)
    yield "AVIF 4:4:4", encode(scenes["RGB"], "AVIF", speed=10, subsampling="4:4:4")
    frames = [scenes["RGB"].rotate(180)]
    yield "AVIF animated", encode(scenes["RGB"], "AVIF", speed=10, save_all=True, append_images=frames)
    yield "HEIF lossless", encode_heif(scenes["RGB"], quality=-1, chroma=444)
    yield "HEIF 16 bits", encode_heif(scenes["I;16"])


def make_whole_files():
    """Bytes by name; the first word of a name is the format."""
    scenes = make_modes()
    writers = (_iter_jpegs, _iter_pngs, _iter_gifs, _iter_webps, _iter_tiffs, _iter_others)
    return {
        name: data for iter_files in writers for name, data in iter_files(scenes) if data is not None
    }


def make_png_chunk(kind, body, checksum=None):
    """A chunk of a PNG, with the right checksum or another."""
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def make_png(rows, width, height, *, colour=2, interlace=0, before=b"", after=b""):
    """A PNG of unpacked rows, each behind its filter byte, whatever size its header promises."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace)
    parts = (
        make_png_chunk(b"IHDR", header),
        before,
        make_png_chunk(b"IDAT", zlib.compress(rows)),
        after,
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + make_png_chunk(b"IEND", b"")


def make_interlaced_rows(pixels):
    """The rows of Adam7's seven passes, each behind its filter byte, of (H, W, C) pixels as stored."""
    passes = (
        (0, 8, 0, 8),
        (4, 8, 0, 8),
        (0, 4, 4, 8),
        (2, 4, 0, 4),
        (0, 2, 2, 4),
        (1, 2, 0, 2),
        (0, 1, 1, 2),
    )
    parts = (pixels[top::down, left::across] for left, across, top, down in passes)
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


def make_interlaced_png(channels):
    """A PNG by Adam7, as neither Pillow nor OpenCV write it."""
    pixels = np.asarray(make_modes()[{1: "L", 3: "RGB", 4: "RGBA"}[channels]]).reshape(
        *SIZE[::-1], channels
    )
    return make_png(
        make_interlaced_rows(pixels), *SIZE, colour={1: 0, 3: 2, 4: 6}[channels], interlace=1
    )

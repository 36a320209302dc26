"""Decoding, format by format, without touching anything that the process shares.

Pillow's own guards (`MAX_IMAGE_PIXELS`, `LOAD_TRUNCATED_IMAGES`), its table of formats and the warnings
filter belong to the host. Its classes of file are made directly, which asks none of them; what the
guards are for is known from the file's outline.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    PngImagePlugin,
    TiffImagePlugin,
)

from packshot.arrays import ByteArray
from packshot.photo.decoded import Decoded, Picture
from packshot.photo.exif import orientation_in, read_exif
from packshot.photo.jpeg_decoding import decode_jpeg
from packshot.photo.structure import Incomplete, Outline
from packshot.photo.structure.gif import GifOutline
from packshot.photo.structure.gif import first_picture as first_of_gif
from packshot.photo.structure.jpeg import JpegOutline
from packshot.photo.structure.png import PngOutline, require_all_rows
from packshot.photo.structure.png import first_picture as first_of_png
from packshot.photo.structure.webp import WebpOutline, frame_alone

Permit = Callable[[Outline], None]
"""Raises where a file exceeds the limits; asked before anything of its size is allocated."""

# Of the decoders for each pixel, rounded up from `benchmarks/decoding_memory.py`: of 8 bits and colours
# at full resolution (4:4:4), as nothing tells of less before; HEIC's RGBA is that of 4:2:0 and the
# difference.
_AVIF_BYTES = {"L": 3.6, "RGB": 11.0, "RGBA": 13.3}
_HEIF_BYTES = {"L": 2.7, "RGB": 9.5, "RGBA": 11.7}
# 10 bits in HEIC take 1.5 times what 8 do; of AVIF no encoder at hand writes them.
_DEEPER = 1.6


def decode(outline: Outline, data: bytes, longest: int | None, permit: Permit) -> Decoded:
    """Decode the first picture of a file, all of it.

    Args:
        outline: Of the file.
        data: The file.
        longest: Where it costs less, decode no larger than this on the long side or a little more.
        permit: Asked once the size is known.

    Raises:
        Exception: Decoders fail in every way on hostile bytes.
    """
    if outline.width:
        permit(outline)
    if isinstance(outline, JpegOutline):
        image = decode_jpeg(outline, data, longest)
        found = _decoded(outline, image)
        return replace(found, quantisation=image.quantization)
    if isinstance(outline, PngOutline):
        return _decoded(outline, _png(outline, data))
    if isinstance(outline, GifOutline):
        return _decoded(outline, _gif(outline, data))
    if isinstance(outline, WebpOutline):
        return _webp(outline, data)
    return {"TIFF": _tiff, "BMP": _bmp, "AVIF": _avif, "HEIF": _heif}[outline.kind](
        outline, data, permit
    )


def _decoded(outline: Outline, image: Image.Image) -> Decoded:
    """What Pillow decoded, with what the outline says."""
    tagged = read_exif(outline.exif).orientation
    return Decoded(
        kind=outline.kind,
        picture=Picture(image, outline.profile),
        size=(outline.width, outline.height),
        mode=image.mode,
        bits=outline.bits,
        frames=outline.frames,
        orientation=orientation_in(outline.xmp) if tagged is None else tagged,
        exif=outline.exif,
    )


def _png(outline: PngOutline, data: bytes) -> Image.Image:
    """Rows that are missing stay as they were made, zero; so only then they are counted."""
    image = PngImagePlugin.PngImageFile(io.BytesIO(first_of_png(data, outline)))
    image.load()
    last = image.getpixel((image.width - 1, image.height - 1))
    if outline.interlaced or not np.any(last):
        require_all_rows(data, outline)
    return image


def _gif(outline: GifOutline, data: bytes) -> Image.Image:
    image = GifImagePlugin.GifImageFile(io.BytesIO(first_of_gif(data, outline)))
    _require_painted(outline, data)
    image.load()
    return image


def _require_painted(outline: GifOutline, data: bytes) -> None:
    """Refuse a GIF whose codes end before its picture does: what they do not paint keeps its ground."""
    codes = memoryview(data)[outline.data : outline.end]
    on_black = _painted(outline, codes, 0)
    if not outline.interlaced and on_black[-1, -1]:
        return
    if not np.array_equal(on_black, _painted(outline, codes, 255)):
        raise Incomplete("the picture's data end before the picture does")


def _painted(outline: GifOutline, codes: memoryview, ground: int) -> ByteArray:
    image = Image.new("L", outline.size, ground)
    decoder = Image._getdecoder("L", "gif", (outline.code_bits, outline.interlaced), ())
    try:
        decoder.setimage(image.im, (0, 0, *outline.size))
        decoder.decode(codes)
    finally:
        decoder.cleanup()
    return np.asarray(image)


def _webp(outline: WebpOutline, data: bytes) -> Decoded:
    """By OpenCV, which needs a third of the memory that Pillow does."""
    if outline.first is None:
        pixels = _webp_pixels(data, outline.alpha)
    else:
        pixels = _on_canvas(_webp_pixels(frame_alone(data, outline.first), outline.first.alpha), outline)
    plain = _decoded(outline, Image.new("RGBA" if outline.alpha else "RGB", (1, 1)))
    return replace(plain, picture=Picture(pixels, outline.profile))


def _webp_pixels(data: bytes, alpha: bool) -> ByteArray:
    """(H, W, 3) RGB, or (H, W, 4) with opacity behind."""
    flag = cv2.IMREAD_UNCHANGED if alpha else cv2.IMREAD_COLOR
    found = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if found is None:
        raise Incomplete("its picture data are damaged or cut short")
    order = cv2.COLOR_BGRA2RGBA if found.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(found, order, dst=found), np.uint8)


def _on_canvas(pixels: ByteArray, outline: WebpOutline) -> ByteArray:
    """The first frame of an animation where it belongs; beside it nothing shows."""
    height, width = pixels.shape[:2]
    if outline.first is None or (width, height) == (outline.width, outline.height):
        return pixels
    canvas = np.zeros((outline.height, outline.width, 4), np.uint8)
    top, left = outline.first.top, outline.first.left
    part = canvas[top : top + height, left : left + width]
    if part.shape[:2] != (height, width):
        raise Incomplete("its first frame does not lie within its canvas")
    part[..., :3] = pixels[..., :3]
    part[..., 3] = pixels[..., 3] if pixels.shape[2] == 4 else 255
    return canvas


def _tiff(outline: Outline, data: bytes, permit: Permit) -> Decoded:
    """Pillow turns it upright itself."""
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    mode = image.mode
    # Made here, so that Pillow does not ask its own guard whether it may.
    image.im = Image.new(mode, (outline.width, outline.height)).im
    image.load()
    return replace(_decoded(outline, image), mode=mode, orientation=1, size=image.size)


def _bmp(outline: Outline, data: bytes, permit: Permit) -> Decoded:
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    image.load()
    return _decoded(outline, image)


def _avif(outline: Outline, data: bytes, permit: Permit) -> Decoded:
    image = AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    found = _told(outline, image.size, image.info, image.n_frames)
    permit(replace(found, decoder_bytes=_deeper(_AVIF_BYTES[image.mode], found.bits)))
    image.load()
    return _decoded(found, image)


def _heif(outline: Outline, data: bytes, permit: Permit) -> Decoded:
    """The decoder turns it upright; its pixels are taken as they lie in its memory."""
    import pillow_heif

    heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    frame = heif[heif.primary_index]
    bits = int(str(frame.info.get("bit_depth", 8)))
    found = replace(_told(outline, frame.size, frame.info, len(heif)), bits=bits)
    permit(replace(found, decoder_bytes=_deeper(_HEIF_BYTES.get(frame.mode, 11.7), bits)))
    pixels = np.asarray(frame)[:, : frame.size[0]]
    plain = _decoded(found, Image.new(frame.mode, (1, 1)))
    return replace(plain, picture=Picture(pixels, found.profile), orientation=1, size=frame.size)


def _told(outline: Outline, size: tuple[int, int], info: Mapping[Any, object], frames: int) -> Outline:
    """The outline with what only the decoder can tell."""
    kept = {key: info.get(key) for key in ("exif", "icc_profile", "xmp")}
    exif, profile, xmp = (value if isinstance(value, bytes) else b"" for value in kept.values())
    return replace(
        outline,
        width=size[0],
        height=size[1],
        frames=max(frames, outline.frames),
        exif=exif,
        profile=profile,
        xmp=xmp,
    )


def _deeper(decoder_bytes: float, bits: int) -> float:
    return decoder_bytes * (_DEEPER if bits > 8 else 1.0)

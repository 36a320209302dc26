"""Encoding like the file that came in: its depth, profile, resolution, metadata, quality."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

from packshot.arrays import AnyArray, UInt16Array
from packshot.enhance.encoding import BEST_QUALITY, build_options, can_write, srgb_profile
from packshot.enhance.file_traits import FileTraits
from packshot.enhance.iptc import PNG_KEYWORD, build_jpeg_segments, build_png_text
from packshot.errors import InvalidInput
from packshot.photo.full_depth import FullPhoto, round_to_8_bits
from packshot.photo.icc import read_colour_space

DEEP_FORMATS: Final = ("PNG", "TIFF")
"""Formats that are written with 16 bits."""

_CODED_FORMATS: Final = ("AVIF", "HEIF")
"""Formats that are written with the 10 or 12 bits of their input."""

_GREY_FORMATS: Final = ("JPEG", "PNG", "TIFF")
"""Formats in which a picture of one channel is written as one."""

_DEEP_STEP: Final = 257
"""16-bit numbers for each of 8 bits: 65535 / 255."""

_LOSSLESS_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": {"quality": 100},
    "HEIF": {"quality": -1, "chroma": 444, "matrix_coefficients": 0},
}
"""Options of the writers for a picture without loss."""

_MAX_XMP_BYTES: Final = 65_502
"""Of a packet that fits into a JPEG's segment: longer ones would need extended XMP."""

_PNG_SIGNATURE_BYTES: Final = 8
_RESOLUTION_TAGS: Final = (282, 283, 296)
_INCH: Final = 2
"""Unit of resolution (TIFF 6, section 8)."""

_EXIF_DIRECTORY: Final = 34665
_COLOUR_SPACE, _PIXEL_WIDTH, _PIXEL_HEIGHT, _INTEROPERABILITY = 0xA001, 0xA002, 0xA003, 0xA005
_SRGB, _UNCALIBRATED = 1, 65535
"""Values of EXIF's ColorSpace (EXIF 2.32, table 12): the profile says what the second is."""

_PNG_COMPRESSION, _TIFF_COMPRESSION = 6, 6
"""Levels of zlib, 0..9: what most writers take."""
_DEFLATE, _HORIZONTAL_PREDICTOR = 8, 2
_OPACITY: Final = 2
"""Kind of a TIFF's extra sample: opacity that colours are not multiplied by (TIFF 6, section 18)."""
_EXIF_MARK: Final = b"Exif\0\0"
_AVIF_SPEED: Final = 6
"""Of the encoder, 0 the slowest to 10: as Pillow has it."""
_STRIP_BYTES: Final = 2**18
"""Bytes of a strip of a TIFF before it is packed; nothing but memory of readers depends on it."""


def encode_like(pixels: AnyArray, format_name: str, traits: FileTraits) -> bytes:
    """Encode a photo as the file was stored that it comes from; equal pixels give equal bytes.

    Args:
        pixels: (H, W, 3) uint8 or uint16, upright, in the numbers that the profile of `traits` stands
            for, in sRGB where there is none. 16 bits stay 16 in PNG and TIFF; where `traits` tell of
            10 or 12, AVIF has so many and HEIC 10; others become 8.
        format_name: Of the format, one that `can_write` knows.
        traits: Of the file that came in, see `file_traits.read_traits`.

    Returns:
        The file. Grey where the one that came in was and the pixels are. With a profile that its pixels
        have the numbers of: the one that came in, or sRGB's; grey without one has sRGB's curve, as all
        take it.

    Raises:
        InvalidInput: Pixels of another type or shape, or a format that cannot be written.

    Example:
        >>> red = np.zeros((8, 8, 3), np.uint8) + np.uint8([200, 0, 0])
        >>> data = encode_like(red, "JPEG", FileTraits(format="JPEG", jpeg_quality=91, dpi=(300, 300)))
        >>> Image.open(io.BytesIO(data)).info["dpi"]
        (300, 300)
    """
    _check(pixels, format_name)
    is_grey = traits.is_grey and format_name in _GREY_FORMATS and _is_grey(pixels)
    if not _can_embed(traits.profile, format_name, is_grey):
        pixels, traits = _to_srgb(pixels, traits.profile), replace(traits, profile=b"")
    is_deep = pixels.dtype == np.uint16 and _can_be_deep(format_name, traits)
    if not is_deep and pixels.dtype == np.uint16:
        pixels = round_to_8_bits(pixels)
    planes = pixels[..., 0] if is_grey else pixels
    options = _build_options(format_name, traits, is_grey, planes.shape)
    if is_deep:
        if traits.has_opacity and not is_grey:
            planes = np.dstack([planes, np.full(planes.shape[:2], np.iinfo(np.uint16).max, np.uint16)])
        return _DEEP_ENCODERS[format_name](planes, options, traits)
    if format_name == "AVIF" and traits.is_lossless and traits.format == "AVIF":
        return _encode_avif(planes, options, replace(traits, bits=8))
    return _save(Image.fromarray(np.ascontiguousarray(planes)), format_name, options)


def _check(pixels: AnyArray, format_name: str) -> None:
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInput(f"encoding: (H, W, 3) of 8 or 16 bits, not {pixels.shape} of {pixels.dtype}")
    if not can_write(format_name):
        raise InvalidInput(
            f"{format_name} cannot be written here; choose an output that ends in .jpg or .png"
        )


def _can_be_deep(format_name: str, traits: FileTraits) -> bool:
    return format_name in DEEP_FORMATS or (format_name in _CODED_FORMATS and traits.bits in (10, 12))


def _can_embed(profile: bytes, format_name: str, is_grey: bool) -> bool:
    """Return whether a file can say by a profile what its numbers mean, or need not: they are sRGB's."""
    return is_srgb(profile) or (
        format_name != "BMP" and profile[16:20] == (b"GRAY" if is_grey else b"RGB ")
    )


def _to_srgb(pixels: AnyArray, profile: bytes) -> AnyArray:
    space = read_colour_space(profile, "L" if profile[16:20] == b"GRAY" else "RGB")
    if space is None:
        raise InvalidInput("encoding: a profile that cannot be read")
    deep = pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * np.uint16(_DEEP_STEP)
    converted = FullPhoto(deep, 16, space=space, profile=profile).to_srgb()
    return converted if pixels.dtype == np.uint16 else round_to_8_bits(converted)


def _is_grey(pixels: AnyArray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def _save(image: Image.Image, format_name: str, options: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def _build_options(
    format_name: str, traits: FileTraits, is_grey: bool, shape: tuple[int, ...]
) -> dict[str, Any]:
    """Build the options of Pillow's writer."""
    is_same_format = format_name == traits.format
    options = build_options(format_name, traits.output_quality if is_same_format else BEST_QUALITY)
    options |= {"dpi": traits.dpi} if traits.dpi else {}
    if format_name == "BMP":
        return options
    profile = _choose_profile(traits.profile, is_grey)
    options |= {"icc_profile": profile} if profile else {}
    exif = _complete_exif(traits, shape)
    options |= {"exif": exif} if exif else {}
    if format_name == "JPEG":
        return options | _build_jpeg_options(traits, options)
    if format_name == "PNG":
        return options | {"pnginfo": _build_png_texts(traits)}
    if format_name == "TIFF":
        return options | _build_tiff_options(traits, exif)
    options |= {"xmp": traits.xmp} if traits.xmp else {}
    if traits.is_lossless and traits.format == format_name:
        options |= _LOSSLESS_OPTIONS[format_name]
    return options


def _choose_profile(profile: bytes, is_grey: bool) -> bytes:
    """Choose the profile of the numbers that are written: one for as many channels as there are."""
    wanted = b"GRAY" if is_grey else b"RGB "
    if profile:
        return profile if profile[16:20] == wanted else b""
    return b"" if is_grey else srgb_profile()


def _build_jpeg_options(traits: FileTraits, options: dict[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {"progressive": traits.is_progressive}
    chosen |= {"xmp": traits.xmp} if 0 < len(traits.xmp) <= _MAX_XMP_BYTES else {}
    chosen |= {"extra": build_jpeg_segments(traits.iptc)} if traits.iptc else {}
    chosen |= {"comment": traits.comment} if traits.comment else {}
    chosen["subsampling"] = traits.subsampling or options["subsampling"]
    if traits.can_reuse_tables:
        chosen |= {"qtables": [list(table) for table in traits.tables], "quality": -1}
    return chosen


def _build_png_texts(traits: FileTraits) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    for keyword, text in traits.texts:
        texts.add_text(keyword, text) if text.isascii() else texts.add_itxt(keyword, text)
    if traits.xmp:
        texts.add_itxt("XML:com.adobe.xmp", traits.xmp.decode("utf-8", "replace"))
    if traits.iptc:
        texts.add_text(PNG_KEYWORD, build_png_text(traits.iptc), zip=True)
    return texts


def _build_tiff_options(traits: FileTraits, exif_block: bytes) -> dict[str, Any]:
    exif = Image.Exif()
    exif.load(exif_block or b"Exif\0\0")
    return {"compression": traits.compression or "tiff_lzw", "tiffinfo": _make_directory(exif, traits)}


def _make_directory(exif: Image.Exif, traits: FileTraits) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Make a TIFF directory of EXIF, XMP and IPTC."""
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in exif:
        if tag == _EXIF_DIRECTORY:
            directory[tag] = exif.get_ifd(tag)
        elif tag != 0x8825:
            directory[tag] = exif[tag]
    for tag, content in ((700, traits.xmp), (33723, traits.iptc)):
        if content:
            directory.tagtype[tag] = 1 if tag == 700 else 7
            directory[tag] = content
    return directory


def _complete_exif(traits: FileTraits, shape: tuple[int, ...]) -> bytes:
    """Return EXIF that says what is so of the picture written: its colours, size and resolution."""
    if not traits.exif and not traits.dpi:
        return b""
    exif = Image.Exif()
    exif.load(traits.exif or b"Exif\0\0")
    if traits.dpi:
        exif[_RESOLUTION_TAGS[0]], exif[_RESOLUTION_TAGS[1]] = traits.dpi
        exif[_RESOLUTION_TAGS[2]] = _INCH
    if _EXIF_DIRECTORY in exif:
        details = exif.get_ifd(_EXIF_DIRECTORY)
        _correct_details(details, traits, shape)
    return exif.tobytes()


def _correct_details(details: dict[int, Any], traits: FileTraits, shape: tuple[int, ...]) -> None:
    """Correct what EXIF says of colours and size, where it says anything."""
    if is_srgb(traits.profile) and _COLOUR_SPACE in details:
        details[_COLOUR_SPACE] = _SRGB
        details.pop(_INTEROPERABILITY, None)  # It may name Adobe RGB (DCF 2.0, section 3.4).
    for tag, axis in ((_PIXEL_HEIGHT, 0), (_PIXEL_WIDTH, 1)):
        if tag in details and shape:
            details[tag] = shape[axis]


def is_srgb(profile: bytes) -> bool:
    """Return whether pixels in the numbers of a profile are sRGB; no profile says that they are.

    Example:
        >>> is_srgb(b"")
        True
    """
    if not profile:
        return True
    space = read_colour_space(profile, "L" if profile[16:20] == b"GRAY" else "RGB")
    return space is not None and space.is_srgb


def _encode_avif(planes: AnyArray, options: dict[str, Any], traits: FileTraits) -> bytes:
    """Encode by OpenCV, with colours at full resolution: Pillow writes 8 bits, and none without loss."""
    documents = {
        cv2.IMAGE_METADATA_EXIF: options.get("exif", b"").removeprefix(_EXIF_MARK),
        cv2.IMAGE_METADATA_XMP: options.get("xmp", b""),
        cv2.IMAGE_METADATA_ICCP: options.get("icc_profile", b""),
    }
    told = {kind: np.frombuffer(data, np.uint8) for kind, data in documents.items() if data}
    settings = [cv2.IMWRITE_AVIF_DEPTH, traits.bits, cv2.IMWRITE_AVIF_QUALITY, options["quality"]]
    settings += [cv2.IMWRITE_AVIF_SPEED, _AVIF_SPEED]
    values = planes if planes.dtype == np.uint8 else _squeeze(planes, traits.bits)
    ordered = cv2.cvtColor(values, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencodeWithMetadata(".avif", ordered, [*told], [*told.values()], settings)
    if not done:
        raise InvalidInput(f"encoding: an AVIF of {traits.bits} bits could not be written")
    return bytes(encoded)


def _encode_deep_heif(planes: UInt16Array, options: dict[str, Any], traits: FileTraits) -> bytes:
    """Encode 10 bits, with colours at full resolution; 12 are a setting of the host's whole process."""
    import pillow_heif

    size = planes.shape[1::-1]
    heif = pillow_heif.from_bytes("RGB;16", size, np.ascontiguousarray(planes).tobytes())
    file, names = io.BytesIO(), ("exif", "xmp", "quality", "matrix_coefficients")
    heif[0].info["icc_profile"] = options.get("icc_profile", b"")
    heif.save(file, chroma=444, **{name: options[name] for name in names if name in options})
    return file.getvalue()


def _squeeze(values: UInt16Array, bits: int) -> UInt16Array:
    """Bring values of 16 bits to so many."""
    most = (1 << bits) - 1
    return np.asarray((values.astype(np.uint32) * most + 32767) // 65535, np.uint16)


def _encode_deep_png(planes: UInt16Array, options: dict[str, Any], traits: FileTraits) -> bytes:
    """Encode 16 bits by OpenCV, with the chunks that Pillow writes for a picture of one pixel."""
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    ordered = planes if planes.ndim == 2 else cv2.cvtColor(planes, orders[planes.shape[2]])
    done, encoded = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    if not done:
        raise InvalidInput("encoding: a PNG of 16 bits could not be written")
    mode = "L" if planes.ndim == 2 else "RGB"
    sample = _iter_chunks(_save(Image.new(mode, (1, 1)), "PNG", options))
    told = [chunk for name, chunk in sample if name not in (b"IHDR", b"IDAT", b"IEND")]
    (_, header), *others = _iter_chunks(encoded.tobytes())
    data = [chunk for name, chunk in others if name in (b"IDAT", b"IEND")]
    return b"".join((encoded[:_PNG_SIGNATURE_BYTES].tobytes(), header, *told, *data))


def _iter_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """List the chunks of a PNG: name, and the whole chunk."""
    chunks, position = [], _PNG_SIGNATURE_BYTES
    while position < len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        chunks.append((data[position + 4 : position + 8], data[position:end]))
        position = end
    return chunks


def _encode_deep_tiff(planes: UInt16Array, options: dict[str, Any], traits: FileTraits) -> bytes:
    """Write a TIFF of 16 bits, which Pillow does for grey only; deflated unless the input was raw."""
    height, width = planes.shape[:2]
    samples = 1 if planes.ndim == 2 else planes.shape[2]
    is_raw = options["compression"] == "raw"
    rows = max(1, _STRIP_BYTES // (2 * samples * width))
    tops = range(0, height, rows)
    strips = [_pack_strip(planes[top : top + rows], is_raw) for top in tops]
    directory = options["tiffinfo"]
    entries: dict[int, Any] = {
        256: width, 257: height, 258: (16,) * samples, 259: 1 if is_raw else _DEFLATE,
        262: 1 if samples == 1 else 2, 277: samples, 278: rows, 284: 1,
        273: tuple(np.cumsum([0, *map(len, strips[:-1])]).tolist()), 279: tuple(map(len, strips)),
    }  # fmt: skip
    entries |= {} if is_raw else {317: _HORIZONTAL_PREDICTOR}
    entries |= {338: _OPACITY} if samples == 4 else {}
    if "icc_profile" in options:
        entries[34675] = options["icc_profile"]
    if "dpi" in options:
        entries |= dict(zip(_RESOLUTION_TAGS, (*options["dpi"], _INCH), strict=True))
    for tag in (273, 279):
        directory.tagtype[tag] = 4
    for tag, value in entries.items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    return b"".join((file.getvalue(), *strips))


def _pack_strip(rows: UInt16Array, is_raw: bool) -> bytes:
    """Pack rows, little-endian; what is deflated are differences from pixel to pixel: smaller."""
    if is_raw:
        return rows.astype("<u2").tobytes()
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return zlib.compress(differences.astype("<u2").tobytes(), _TIFF_COMPRESSION)


_DEEP_ENCODERS: Final[Mapping[str, Callable[[UInt16Array, dict[str, Any], FileTraits], bytes]]] = {
    "PNG": _encode_deep_png,
    "TIFF": _encode_deep_tiff,
    "AVIF": _encode_avif,
    "HEIF": _encode_deep_heif,
}

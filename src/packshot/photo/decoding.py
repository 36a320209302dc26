"""Decoding, format by format, without touching anything that the process shares.

Pillow's own guards (`MAX_IMAGE_PIXELS`, `LOAD_TRUNCATED_IMAGES`), its table of formats and the warnings
filter belong to the host. Its classes of file are made directly, which asks none of them; what the
guards are for is known from the file's outline.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import cv2
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageChops,
    PngImagePlugin,
    TiffImagePlugin,
)

from packshot.arrays import AnyArray, ByteArray
from packshot.photo.code_points import is_known, read_code_points, read_gamma
from packshot.photo.colour_space import ColourSpace
from packshot.photo.decoded import DecodedPicture, Picture
from packshot.photo.exif import read_exif, read_xmp_orientation
from packshot.photo.icc import read_colour_mode, read_colour_space
from packshot.photo.jpeg_decoding import decode_jpeg
from packshot.photo.pixels import find_value_range
from packshot.photo.structure import ExcessiveFile, IncompleteFile, Outline, UnsupportedFile
from packshot.photo.structure.gif import GifOutline
from packshot.photo.structure.gif import extract_first_picture as extract_first_gif
from packshot.photo.structure.jpeg import JpegOutline
from packshot.photo.structure.png import PngOutline, check_all_rows
from packshot.photo.structure.png import extract_first_picture as extract_first_png
from packshot.photo.structure.tiff import TiffOutline, split_samples
from packshot.photo.structure.tiff import extract_photo as extract_tiff_photo
from packshot.photo.structure.webp import WebpOutline, extract_frame

_GREY_PNG_TYPES = (0, 4)
_DEEP_PNG_BYTES_PER_PIXEL = {2: 14.0, 4: 16.0, 6: 16.0}
"""Bytes for each pixel of a PNG that is decoded with 16 bits, by colour type: OpenCV has two copies of
it, 12 and 16 bytes as measured on 24 megapixels; of RGB one and one with an opacity come to 14."""

LimitCheck = Callable[[Outline], None]
"""Raises where a file exceeds the limits; asked before anything of its size is allocated."""

_AVIF_BYTES_PER_PIXEL = {"L": 3.6, "RGB": 11.0, "RGBA": 13.3}
_HEIF_BYTES_PER_PIXEL = {"L": 2.7, "RGB": 9.5, "RGBA": 11.7}
"""Bytes of the decoders for each pixel by Pillow's mode, rounded up from
`benchmarks/results/decoding_memory.csv`: of 8 bits and colours at full resolution (4:4:4), as nothing
tells of less before; HEIC's RGBA is that of 4:2:0 and the difference."""
_PLAIN_TIFF_COLOURS = (0, 1, 2)
_GREY_TIFF_COLOURS, _RGB = (0, 1), 2
_WHITE_IS_ZERO, _UNSIGNED, _FLOAT = 0, 1, 3
_EXIF_ITEM = re.compile(rb"(infe\x02.{7}|infe\x03.{9})Exif", re.DOTALL)
"""The entry of an item that is EXIF: ISO/IEC 14496-12, section 8.11.6."""
_DEEP_COLOUR_FACTOR = 1.6
"""Times that more than 8 bits take of what 8 do: 1.5 were measured of 10 bits in HEIC; of AVIF no
encoder at hand writes them."""


def decode(
    outline: Outline, data: bytes, target_side: int | None, check_limits: LimitCheck
) -> DecodedPicture:
    """Decode the first picture of a file, all of it.

    Args:
        outline: Of the file.
        data: The file.
        target_side: Where it costs less, decode no larger than this on the long side or a little more.
        check_limits: Asked once the size is known.

    Raises:
        Exception: Decoders fail in every way on hostile bytes.

    Example:
        >>> from packshot.photo.structure import read_outline
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> decoded = decode(read_outline(data, 1), data, 300, lambda outline: None)
        >>> decoded.size, decoded.picture.size  # as stored, and reduced on the way
        ((800, 800), (400, 400))
    """
    if outline.width:
        check_limits(outline)
    if isinstance(outline, JpegOutline):
        image = decode_jpeg(outline, data, target_side)
        decoded = _to_decoded_picture(outline, image)
        return replace(decoded, quantisation=image.quantization)
    if isinstance(outline, PngOutline):
        return _decode_png(outline, data, check_limits)
    if isinstance(outline, GifOutline):
        return _to_decoded_picture(outline, _decode_gif(outline, data))
    if isinstance(outline, WebpOutline):
        return _decode_webp(outline, data)
    if isinstance(outline, TiffOutline):
        return _decode_tiff(outline, data, check_limits)
    return {"BMP": _decode_bmp, "AVIF": _decode_avif, "HEIF": _decode_heif}[outline.format](
        outline, data, check_limits
    )


def decode_in_full(outline: Outline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode the first picture of a file with all the bits it has, at its size.

    `decode` keeps 8 of 16 bits where no more are needed to judge a photo.

    Args:
        outline: Of the file.
        data: The file.
        check_limits: Asked once the size is known.

    Returns:
        A picture that is deep for PNG and TIFF of 16 bits, AVIF and HEIC of 10 and 12, as far as they
        are read at all.

    Raises:
        Exception: Decoders fail in every way on hostile bytes.

    Example:
        >>> from packshot.photo.structure import read_outline
        >>> picture = np.full((2, 3, 3), 1000, np.uint16)
        >>> data = cv2.imencode(".png", picture)[1].tobytes()
        >>> decoded = decode_in_full(read_outline(data, 1), data, lambda outline: None)
        >>> decoded.picture.image[0, 0].tolist()
        [1000, 1000, 1000]
    """
    if isinstance(outline, PngOutline) and outline.bits == 16 and not outline.colour_key:
        check_limits(outline)
        return _decode_deep_png_picture(outline, data, check_limits)
    if isinstance(outline, TiffOutline) and _is_deep_colour_tiff(outline):
        check_limits(outline)
        return _decode_deep_tiff(outline, data, check_limits)
    if isinstance(outline, TiffOutline) and _has_deep_colours_and_opacity(outline):
        check_limits(outline)
        return _decode_split_tiff(outline, data, check_limits)
    if outline.bits > 8 and outline.format == "AVIF":
        return _decode_deep_avif(outline, data, check_limits)
    if outline.format == "HEIF":
        return _decode_heif(outline, data, check_limits, is_deep=True)
    return decode(outline, data, None, check_limits)


def _decode_deep_png_picture(
    outline: PngOutline, data: bytes, check_limits: LimitCheck
) -> DecodedPicture:
    if outline.colour_type not in _DEEP_PNG_BYTES_PER_PIXEL:  # Of grey Pillow keeps 16 bits.
        return _decode_png(outline, data, check_limits)
    check_limits(replace(outline, decoder_bytes=_DEEP_PNG_BYTES_PER_PIXEL[outline.colour_type]))
    space, profile = _choose_png_colours(outline)
    decoded = _to_decoded_picture(outline, Image.new("RGB", (1, 1)))
    return replace(decoded, picture=Picture(_decode_deep_png(outline, data), profile, space))


def _is_deep_colour_tiff(outline: TiffOutline) -> bool:
    return (
        outline.bits == 16
        and outline.samples == 3
        and outline.sample_format == _UNSIGNED
        and outline.photometric in _PLAIN_TIFF_COLOURS
        and not outline.is_planar
    )


def _has_deep_colours_and_opacity(outline: TiffOutline) -> bool:
    return (
        outline.bits == 16
        and outline.samples == 4
        and outline.sample_format == _UNSIGNED
        and outline.photometric == _RGB
    )


def _to_decoded_picture(outline: Outline, image: Image.Image) -> DecodedPicture:
    """Join what Pillow decoded with what the outline says."""
    exif_orientation = read_exif(outline.exif).orientation
    return DecodedPicture(
        format=outline.format,
        picture=_make_picture(outline, image),
        size=(outline.width, outline.height),
        mode=image.mode,
        bits=outline.bits,
        frames=outline.frames,
        orientation=read_xmp_orientation(outline.xmp) if exif_orientation is None else exif_orientation,
        exif=outline.exif,
        profile=outline.profile,
    )


def _make_picture(outline: Outline, pixels: Image.Image | AnyArray) -> Picture:
    """Join pixels with what says what their numbers mean: a profile, else code points."""
    if outline.profile and read_colour_mode(outline.profile):
        return Picture(pixels, outline.profile)
    space = None if outline.code_points is None else read_code_points(outline.code_points)
    return Picture(pixels, space=space)


def _decode_png(outline: PngOutline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode, with a colour that is clear, and with 16 bits where 8 would not do."""
    space, profile = _choose_png_colours(outline)
    if _needs_16_bits(outline, profile, space) and _has_memory_for_16_bits(outline, check_limits):
        pixels: Image.Image | AnyArray = _decode_deep_png(outline, data)
        mode = {4: "LA", 6: "RGBA"}.get(outline.colour_type, "RGB")
    else:
        image = _decode_png_image(outline, data)
        pixels, mode = image, image.mode
    if outline.colour_key:
        pixels = _clear_colour(pixels, outline.colour_key, outline.bits)
    decoded = _to_decoded_picture(outline, Image.new("RGB", (1, 1)))
    return replace(decoded, picture=Picture(pixels, profile, space), mode=mode)


def _has_memory_for_16_bits(outline: PngOutline, check_limits: LimitCheck) -> bool:
    """Return whether 16 bits may be kept; where a colour is clear they must, for 8 do not tell it."""
    try:
        check_limits(replace(outline, decoder_bytes=_DEEP_PNG_BYTES_PER_PIXEL[outline.colour_type]))
    except ExcessiveFile:
        if outline.colour_key:
            raise
        return False
    return True


def _needs_16_bits(outline: PngOutline, profile: bytes, space: ColourSpace | None) -> bool:
    """Return whether 8 of 16 bits would not do: other curves than sRGB's, or a colour that is clear."""
    if outline.bits < 16 or outline.colour_type == 0:  # Of grey Pillow keeps 16 bits.
        return False
    if profile and space is None:
        space = read_colour_space(profile, "L" if outline.colour_type in _GREY_PNG_TYPES else "RGB")
    return bool(outline.colour_key) or (space is not None and not space.is_srgb)


def _choose_png_colours(outline: PngOutline) -> tuple[ColourSpace | None, bytes]:
    """Choose what says what numbers mean: code points, a profile, a gamma, in this order.

    Source: PNG Specification, third edition, section 13.1, table 36 (cICP over iCCP over gAMA).
    """
    mode = "L" if outline.colour_type in _GREY_PNG_TYPES else "RGB"
    if outline.code_points is not None and is_known(outline.code_points):
        return read_code_points(outline.code_points, outline.bits), b""
    if outline.profile and read_colour_mode(outline.profile) == mode:
        return None, outline.profile
    if outline.gamma is not None:
        return read_gamma(outline.gamma, outline.chromaticities), b""
    return None, b""


def _decode_png_image(outline: PngOutline, data: bytes) -> Image.Image:
    """Decode, and count the rows where some may be missing: these stay as they were made, zero."""
    image = PngImagePlugin.PngImageFile(io.BytesIO(extract_first_png(data, outline)))
    image.load()
    last = image.getpixel((image.width - 1, image.height - 1))
    if outline.interlaced or not np.any(last):
        check_all_rows(data, outline)
    return image


def _decode_deep_png(outline: PngOutline, data: bytes) -> AnyArray:
    """Decode 16 bits by OpenCV, for Pillow keeps 8: (H, W, C) uint16, opacity behind grey or RGB."""
    check_all_rows(data, outline)
    file = np.frombuffer(extract_first_png(data, outline, with_checksum=True), np.uint8)
    decoded = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16:
        raise IncompleteFile("its image data is damaged")
    if outline.colour_type in _GREY_PNG_TYPES:
        return np.asarray(decoded[..., [0, -1]])
    order = cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(decoded, order, dst=decoded))


def _clear_colour(
    pixels: Image.Image | AnyArray, key: tuple[int, ...], bits: int
) -> Image.Image | AnyArray:
    """Add an opacity: none where a pixel has the very colour of a key, all elsewhere."""
    if isinstance(pixels, Image.Image) and not pixels.mode.startswith("I;16"):
        scale = 255 // ((1 << bits) - 1)
        plain = pixels.convert("L") if pixels.mode == "1" else pixels
        masks = (
            band.point([0 if value == wanted * scale else 255 for value in range(256)])
            for band, wanted in zip(plain.split(), key, strict=True)
        )
        plain.putalpha(reduce(ImageChops.lighter, masks))
        return plain
    values = np.atleast_3d(np.asarray(pixels))
    cleared = np.empty((*values.shape[:2], values.shape[2] + 1), np.uint16)
    for row, line in enumerate(values):
        cleared[row, :, :-1] = line
        cleared[row, :, -1] = (line != np.array(key, np.uint16)).any(axis=1) * np.uint16(65535)
    return cleared


def _decode_gif(outline: GifOutline, data: bytes) -> Image.Image:
    image = GifImagePlugin.GifImageFile(io.BytesIO(extract_first_gif(data, outline)))
    _check_paint_coverage(outline, data)
    image.load()
    return image


def _check_paint_coverage(outline: GifOutline, data: bytes) -> None:
    """Refuse a GIF whose codes end before its picture does: what they do not paint keeps its ground."""
    codes = memoryview(data)[outline.data : outline.end]
    on_black = _paint(outline, codes, 0)
    if not outline.interlaced and on_black[-1, -1]:
        return
    if not np.array_equal(on_black, _paint(outline, codes, 255)):
        raise IncompleteFile("the image data ends before the image is complete")


def _paint(outline: GifOutline, codes: memoryview, background: int) -> ByteArray:
    image = Image.new("L", outline.size, background)
    decoder = Image._getdecoder("L", "gif", (outline.code_bits, outline.interlaced), ())
    try:
        decoder.setimage(image.im, (0, 0, *outline.size))
        decoder.decode(codes)
    finally:
        decoder.cleanup()
    return np.asarray(image)


def _decode_webp(outline: WebpOutline, data: bytes) -> DecodedPicture:
    """Decode by OpenCV, which needs a third of the memory that Pillow does."""
    if outline.first_frame is None:
        pixels = _decode_webp_pixels(data, outline.has_alpha)
    else:
        pixels = _place_on_canvas(
            _decode_webp_pixels(extract_frame(data, outline.first_frame), outline.first_frame.has_alpha),
            outline,
        )
    decoded = _to_decoded_picture(outline, Image.new("RGBA" if outline.has_alpha else "RGB", (1, 1)))
    return replace(decoded, picture=_make_picture(outline, pixels))


def _decode_webp_pixels(data: bytes, has_alpha: bool) -> ByteArray:
    """(H, W, 3) RGB, or (H, W, 4) with opacity behind."""
    flag = cv2.IMREAD_UNCHANGED if has_alpha else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise IncompleteFile("its image data is damaged or cut short")
    order = cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(decoded, order, dst=decoded), np.uint8)


def _place_on_canvas(pixels: ByteArray, outline: WebpOutline) -> ByteArray:
    """Put the first frame of an animation where it belongs; beside it nothing shows."""
    height, width = pixels.shape[:2]
    if outline.first_frame is None or (width, height) == (outline.width, outline.height):
        return pixels
    canvas = np.zeros((outline.height, outline.width, 4), np.uint8)
    top, left = outline.first_frame.top, outline.first_frame.left
    part = canvas[top : top + height, left : left + width]
    if part.shape[:2] != (height, width):
        raise IncompleteFile("its first frame does not lie within its canvas")
    part[..., :3] = pixels[..., :3]
    part[..., 3] = pixels[..., 3] if pixels.shape[2] == 4 else 255
    return canvas


def _decode_tiff(outline: TiffOutline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode by Pillow, which turns it upright itself; what it cannot read or gets wrong, by OpenCV."""
    if _is_for_opencv(outline):
        return _decode_deep_tiff(outline, data, check_limits)
    if _must_be_split(outline):
        return _decode_split_tiff(outline, data, check_limits)
    try:
        image = TiffImagePlugin.TiffImageFile(io.BytesIO(extract_tiff_photo(data, outline)))
    except SyntaxError:
        raise _make_tiff_error(outline) from None
    if outline.is_planar and outline.bits > 8:  # Pillow takes the planes for one.
        raise _make_tiff_error(outline)
    mode = image.mode
    # Made here, so that Pillow does not ask its own guard whether it may.
    image.im = Image.new(mode, (outline.width, outline.height)).im
    image.load()
    return replace(_to_decoded_picture(outline, image), mode=mode, orientation=1, size=image.size)


def _is_for_opencv(outline: TiffOutline) -> bool:
    """Return whether a TIFF has numbers that Pillow cuts, mistakes, or does not know.

    Of 16-bit colours it keeps 8 bits, which is enough but for profiles that are not near sRGB's curve;
    of grey whose white is zero it forgets to turn 16 bits; of packed floats it mistakes the order of
    bytes.
    """
    if outline.is_planar or outline.photometric not in _PLAIN_TIFF_COLOURS:
        return False
    if outline.sample_format == _FLOAT:
        return outline.samples in (1, 3) and outline.bits in (32, 64)
    if outline.sample_format != _UNSIGNED or outline.samples not in (1, 3):
        return False
    if outline.bits == 16 and outline.samples == 3:
        space = read_colour_space(outline.profile, "RGB") if outline.profile else None
        return space is not None and not space.is_srgb
    return outline.bits == 32 or (outline.bits == 16 and outline.photometric == _WHITE_IS_ZERO)


def _decode_deep_tiff(outline: TiffOutline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode grey or RGB of more than 8 bits by OpenCV, which gives the numbers as they are.

    It would turn the picture upright, whatever it is told; here that is done in one place.
    """
    check_limits(replace(outline, decoder_bytes=outline.samples * (outline.bits / 8 + 2)))
    page = extract_tiff_photo(data, outline, keep_orientation=False)
    decoded = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.shape[:2] != (outline.height, outline.width):
        raise IncompleteFile("its image data is damaged")
    pixels = _scale_to_16_bits(decoded)
    if outline.samples == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)
    if outline.photometric == _WHITE_IS_ZERO:
        pixels = np.invert(pixels, out=pixels)
    mode = {1: "I;16", 3: "RGB"}[outline.samples] if outline.bits == 16 else "F"
    return _join_deep_tiff(outline, data, pixels, mode)


def _must_be_split(outline: TiffOutline) -> bool:
    """Return whether a TIFF's samples must be read one by one: 16 bits in planes, grey with opacity."""
    if outline.bits != 16 or outline.sample_format != _UNSIGNED:
        return False
    has_grey = outline.samples == 2 and outline.photometric in _GREY_TIFF_COLOURS
    has_colours = outline.samples in (3, 4) and outline.photometric == _RGB
    return has_grey or (outline.is_planar and has_colours)


def _decode_split_tiff(outline: TiffOutline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode each sample as a page of grey, and join them: (H, W, C) uint16, opacity behind colours."""
    check_limits(replace(outline, decoder_bytes=outline.samples * 6.0))
    split = split_samples(data, outline)
    pages = [cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_UNCHANGED) for page in split.pages]
    pixel_count = outline.width * outline.height * outline.samples
    if any(page is None or page.dtype != np.uint16 for page in pages) or (
        sum(page.size for page in pages) != pixel_count
    ):
        raise IncompleteFile("its image data is damaged")
    pixels = (
        np.dstack(pages) if outline.is_planar else pages[0].reshape(outline.height, -1, outline.samples)
    )
    if split.difference_width:
        for left in range(0, outline.width, split.difference_width):
            part = pixels[:, left : left + split.difference_width]
            np.cumsum(part, axis=1, dtype=np.uint16, out=part)
    colours = pixels[..., : 1 if outline.samples == 2 else 3]
    if outline.photometric == _WHITE_IS_ZERO:
        np.invert(colours, out=colours)
    if not split.is_opacity or outline.samples == 3:
        plain = np.ascontiguousarray(colours[..., 0] if outline.samples == 2 else colours)
        return _join_deep_tiff(outline, data, plain, "I;16" if outline.samples == 2 else "RGB")
    if split.is_premultiplied:
        opacity = np.maximum(pixels[..., -1:], 1).astype(np.float32)
        colours[...] = np.minimum(np.rint(colours / opacity * 65535), 65535)
    return _join_deep_tiff(outline, data, pixels, "LA" if outline.samples == 2 else "RGBA")


def _join_deep_tiff(outline: TiffOutline, data: bytes, pixels: AnyArray, mode: str) -> DecodedPicture:
    """Join pixels that are as they are stored with what the outline says."""
    joined = _to_decoded_picture(
        replace(outline, exif=extract_tiff_photo(data, outline)), Image.new("RGB", (1, 1))
    )
    return replace(joined, picture=_make_picture(outline, pixels), mode=mode, exif=data)


def _scale_to_16_bits(values: AnyArray) -> AnyArray:
    """Scale numbers of any type to uint16: whole ones by their type, floats by the values there are."""
    if values.dtype == np.uint16:
        return values
    if values.dtype.kind == "u":
        return (values >> (8 * values.dtype.itemsize - 16)).astype(np.uint16)
    scaled = np.empty(values.shape, np.uint16)
    bottom, top = find_value_range(values)
    for row, line in enumerate(values):
        finite = np.nan_to_num(line.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        scaled[row] = np.rint((finite - bottom) / (top - bottom) * 65535)
    return scaled


def _make_tiff_error(outline: TiffOutline) -> UnsupportedFile:
    kind = "floating point" if outline.sample_format == _FLOAT else f"{outline.bits} bits"
    planes = ", in separate planes" if outline.is_planar else ""
    return UnsupportedFile(
        f"is a TIFF of a kind that Packshot does not read ({outline.samples} samples of {kind}{planes}, "
        f"photometric interpretation {outline.photometric}): export it with 8 bits, or as PNG"
    )


def _decode_bmp(outline: Outline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    image.load()
    return _to_decoded_picture(outline, image)


def _decode_avif(outline: Outline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    image = _open_avif(data)
    completed = _with_decoder_info(outline, image.size, image.info, image.n_frames)
    check_limits(
        replace(
            completed, decoder_bytes=_bytes_per_pixel(_AVIF_BYTES_PER_PIXEL[image.mode], completed.bits)
        )
    )
    image.load()
    # Pillow has made the turns of its boxes an orientation of EXIF; what XMP tells does not count.
    decoded = _to_decoded_picture(completed, image)
    return replace(decoded, orientation=read_exif(completed.exif).orientation or 1)


def _decode_deep_avif(outline: Outline, data: bytes, check_limits: LimitCheck) -> DecodedPicture:
    """Decode 10 or 12 bits by OpenCV, for Pillow gives 8; what is said of the file Pillow tells."""
    image = _open_avif(data)
    completed = _with_decoder_info(outline, image.size, image.info, image.n_frames)
    check_limits(replace(completed, decoder_bytes=_bytes_per_pixel(_AVIF_BYTES_PER_PIXEL["RGBA"], 10)))
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.shape[1::-1] != image.size:
        raise IncompleteFile("its picture data are damaged")
    pixels = _stretch_to_16_bits(decoded, outline.bits)
    if pixels.ndim == 3:
        order = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        pixels = cv2.cvtColor(pixels, order, dst=pixels)
    joined = _to_decoded_picture(completed, Image.new(image.mode, (1, 1)))
    orientation = read_exif(completed.exif).orientation or 1
    return replace(joined, picture=_make_picture(completed, pixels), orientation=orientation)


def _stretch_to_16_bits(values: AnyArray, bits: int) -> AnyArray:
    """Stretch whole numbers of so many bits over the range of 16."""
    most = (1 << bits) - 1
    return ((values.astype(np.uint32) * 65535 + most // 2) // most).astype(np.uint16)


def _open_avif(data: bytes) -> AvifImagePlugin.AvifImageFile:
    """Open; EXIF that Pillow stumbles over is kept from it."""
    try:
        return AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    except Exception:
        hidden = _EXIF_ITEM.sub(rb"\1skip", data)
        if hidden == data:
            raise
        return AvifImagePlugin.AvifImageFile(io.BytesIO(hidden))


def _decode_heif(
    outline: Outline, data: bytes, check_limits: LimitCheck, is_deep: bool = False
) -> DecodedPicture:
    """Decode; the decoder turns it upright, and its pixels are taken as they lie in its memory."""
    import pillow_heif

    heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=not is_deep)
    frame = heif[heif.primary_index]
    bits = int(str(frame.info.get("bit_depth", 8)))
    completed = replace(_with_decoder_info(outline, frame.size, frame.info, len(heif)), bits=bits)
    check_limits(
        replace(
            completed, decoder_bytes=_bytes_per_pixel(_HEIF_BYTES_PER_PIXEL.get(frame.mode, 11.7), bits)
        )
    )
    pixels = np.asarray(frame)[:, : frame.size[0]]
    if pixels.dtype == np.uint16:  # The decoder has moved the bits to the upper end.
        pixels = _stretch_to_16_bits(pixels >> (16 - bits), bits)
    mode = frame.mode.split(";")[0]
    decoded = _to_decoded_picture(completed, Image.new(mode, (1, 1)))
    return replace(decoded, picture=_make_picture(completed, pixels), orientation=1, size=frame.size)


def _with_decoder_info(
    outline: Outline, size: tuple[int, int], info: Mapping[Any, object], frames: int
) -> Outline:
    """Complete the outline by what only the decoder can tell."""
    metadata = {key: info.get(key) for key in ("exif", "icc_profile", "xmp")}
    exif, profile, xmp = (value if isinstance(value, bytes) else b"" for value in metadata.values())
    return replace(
        outline,
        width=size[0],
        height=size[1],
        frames=max(frames, outline.frames),
        exif=exif,
        profile=profile,
        xmp=xmp,
    )


def _bytes_per_pixel(decoder_bytes: float, bits: int) -> float:
    return decoder_bytes * (_DEEP_COLOUR_FACTOR if bits > 8 else 1.0)

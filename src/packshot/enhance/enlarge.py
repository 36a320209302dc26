"""Twofold enlargement that claims nothing: made smaller again, the result gives the photo back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.assess.assessor import Assessor
from packshot.enhance.encoding import can_write, encode_as
from packshot.enhance.loop import BLUR_CODES
from packshot.enhance.output_file import extract_exif, find_output_format
from packshot.errors import InvalidInput, UnreadablePhoto
from packshot.files import atomic_write_bytes, check_writable
from packshot.photo import Photo, label_of, read_bytes
from packshot.photo.pixels import check_pixels
from packshot.report import Assessment, Enlargement, Severity, Status
from packshot.texts import load_texts

FACTOR: Final = 2

LARGE_ENOUGH: Final = 1000
"""Pixels of the long side from which a photo is not enlarged: what shops ask for where buyers can zoom
(Amazon: 1000). A convention."""

MIN_SIDE: Final = 64
"""Pixels of the short side from which it can be told whether a photo is sharp. A judgement."""

_ITERATIONS: Final = 4
"""Rounds of back-projection; twice as many gain under .01 dB (tuning half of the originals)."""

_PROJECTIONS: Final = 8
"""Turns of keeping new pixels within bounds and giving their means back what they lack: then both hold
but for rounding."""

_OVERSHOOT, _OVERSHOOT_SHARE = 1.0, 0.05
"""Grey levels, and share of the range of the 3 x 3 pixels around, that a new pixel may go beyond them:
edges get no halos. .1 gains .1 dB less, no bound .2 dB less (tuning half of the originals)."""


def enlarge_twofold(pixels: Pixels) -> Pixels:
    """Double the sides of a photo.

    Lanczos resampling, then iterated back-projection (Irani and Peleg, Improving resolution by image
    registration, CVGIP 53(3), 1991): what the mean of each 2 x 2 pixels still lacks of the pixel they
    came from is added. New pixels stay within what their neighbourhood had.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (2 H, 2 W, 3) uint8, whose means over 2 x 2 pixels are the photo but for rounding.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> edge = np.repeat(np.uint8([[[60], [200]]]), 8, axis=1).repeat(16, axis=0).repeat(3, axis=2)
        >>> large = enlarge_twofold(edge)
        >>> smaller = cv2.resize(large, (16, 16), interpolation=cv2.INTER_AREA)
        >>> large.shape, int(np.abs(smaller.astype(int) - edge).max()) <= 1
        ((32, 32, 3), True)
    """
    check_pixels(pixels, "enlarge")
    small = pixels.astype(np.float32)
    large = _double(small, cv2.INTER_LANCZOS4)
    for _ in range(_ITERATIONS):
        large += _double(small - _halve(large), cv2.INTER_CUBIC)
    low, high = _find_bounds(small)
    for _ in range(_PROJECTIONS):
        large = np.clip(large, low, high)
        large += _double(small - _halve(large), cv2.INTER_NEAREST)
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def find_obstacle(photo: Photo) -> str | None:
    """Find what of a file speaks against enlarging it: the end of a label's name.

    Returns:
        None where nothing does; whether it is sharp, `find_blur` tells.

    Example:
        >>> find_obstacle(Photo.open("examples/photos/mug.jpg")) is None  # 800 pixels
        True
    """
    height, width = photo.pixels.shape[:2]
    if photo.facts.is_animated:
        return "animated"
    if photo.facts.has_alpha:
        return "transparent"
    if max(width, height) >= LARGE_ENOUGH:
        return "large_enough"
    return "too_small" if min(width, height) < MIN_SIDE else None


def find_blur(assessment: Assessment) -> str | None:
    """Find whether a photo lacks even the detail that its own size could hold: as `find_obstacle`.

    Example:
        >>> soft = {"code": "upscaled", "severity": "error", "reason": "Soft.", "remedy": "Shoot."}
        >>> find_blur(Assessment(path="mug.jpg", status="ok", findings=(soft,)))
        'upscaled'
    """
    codes = {finding.code for finding in assessment.findings if finding.severity is not Severity.INFO}
    if "upscaled" in codes:
        return "upscaled"
    return "blurred" if codes & BLUR_CODES else None


def enlarge_file(assessor: Assessor, source: str, target: Path) -> Enlargement:
    """Enlarge a photo of a file, unless something speaks against it.

    Args:
        assessor: Tells whether the photo is sharp; its language is that of the reason.
        source: Path of the photo.
        target: File to write, in the format of its name. Not written where there is an obstacle.

    Raises:
        InvalidInput: A target of no known format, or that cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     soft = "examples/photos/perfume-enlarged-thumbnail.jpg"
        ...     record = enlarge_file(Assessor(), soft, Path(folder) / "perfume.png")
        >>> record.output is None, record.reason.split(":")[0]
        (True, 'It was enlarged before')
    """
    output_format = find_output_format(target)
    if not can_write(output_format):
        raise InvalidInput(f"{target}: {output_format} cannot be written here")
    check_writable(target)
    try:
        data = read_bytes(Path(source), limits=assessor.limits)
        photo = Photo.open(data, name=label_of(source), limits=assessor.limits)
    except UnreadablePhoto as error:
        return Enlargement(path=error.name, status=Status(error.status), error=error.reason)
    return _enlarge_photo(assessor, photo, data, target, output_format)


def _enlarge_photo(
    assessor: Assessor, photo: Photo, data: bytes, target: Path, output_format: str
) -> Enlargement:
    height, width = photo.pixels.shape[:2]
    words = load_texts(assessor.language)
    # A photo that passes `find_obstacle` is no larger than photos are judged at.
    obstacle = find_obstacle(photo) or find_blur(assessor.assess_photo(photo))
    record = Enlargement(path=photo.name, status=Status.OK, width_before=width, height_before=height)
    if obstacle is not None:
        return record.model_copy(update={"reason": words.label(f"reason_not_enlarged_{obstacle}")})
    enlarged = encode_as(enlarge_twofold(photo.pixels), output_format, extract_exif(data))
    atomic_write_bytes(enlarged, target)
    new_pixels = (FACTOR**2 - 1) * width * height
    notes = [words.label("reason_enlarged", value=f"{new_pixels:,}")]
    if photo.facts.had_location:
        notes.append(words.label("reason_location_removed"))
    return record.model_copy(
        update={
            "output": str(target),
            "reason": " ".join(notes),
            "width_after": FACTOR * width,
            "height_after": FACTOR * height,
            "new_pixels": new_pixels,
        }
    )


def _double(values: Float32Array, interpolation: int) -> Float32Array:
    height, width = values.shape[:2]
    size = FACTOR * width, FACTOR * height
    return np.asarray(cv2.resize(values, size, interpolation=interpolation), np.float32)


def _halve(values: Float32Array) -> Float32Array:
    """Average disjoint 2 x 2 pixels."""
    height, width = values.shape[:2]
    size = width // FACTOR, height // FACTOR
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _find_bounds(small: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Least and largest that new pixels may be: what the 3 x 3 pixels around had, and a little more."""
    kernel = np.ones((3, 3), np.uint8)
    low, high = (
        _double(np.asarray(extreme(small, kernel), np.float32), cv2.INTER_NEAREST)
        for extreme in (cv2.erode, cv2.dilate)
    )
    room = _OVERSHOOT + _OVERSHOOT_SHARE * (high - low)
    return np.maximum(low - room, 0), np.minimum(high + room, 255)

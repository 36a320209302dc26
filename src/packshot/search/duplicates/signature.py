"""Signatures: what is stored of a photo, so that it is opened once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode import SEARCH_MODEL, SEARCH_SIDE, Model
from packshot.encode.views import to_whole_view
from packshot.errors import UnreadablePhoto
from packshot.names import NotAFile
from packshot.photo import Photo
from packshot.report import Facts
from packshot.search.duplicates.frames import find_content_box
from packshot.search.duplicates.hashes import perceptual_hash

SIGNATURE_VERSION = 1
"""Of the signature: those of another are made anew."""

_HASH_SOURCE_SIDE = 256
"""Pixels of the long side of the picture that is hashed and tested for blankness: small, for speed, and
eight times what a hash sees."""

_BLANK_RANGE = 10.0
"""Levels, 0..255, by which a smoothed blank photo may differ anywhere from its median colour: noise and
compression. A judgement."""

_EXIF_TIMES = ("DateTimeOriginal", "DateTime")
"""EXIF tags that say when, the time of exposure first."""

_EXIF_FORMAT = "%Y:%m:%d %H:%M:%S"


@dataclass(frozen=True)
class FileStamp:
    """Size in bytes and time of the last change of a file: they tell whether it has changed.

    Example:
        >>> path = Path("notes.txt")
        >>> _ = path.write_text("five!")
        >>> FileStamp.from_file(path).byte_size
        5
    """

    byte_size: int
    modified_ns: int

    @classmethod
    def from_file(cls, path: Path) -> FileStamp:
        """Read the stamp of a file.

        Raises:
            UnreadablePhoto: It is not there.
        """
        if isinstance(path, NotAFile):
            raise UnreadablePhoto(str(path), path.reason)
        try:
            file_stat = path.stat()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UnreadablePhoto(str(path), f"cannot be read: {reason}") from None
        return cls(file_stat.st_size, file_stat.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class Signature:
    """Digests, hashes, content vector and facts of one photo.

    Attributes:
        path: Of the file.
        stamp: Of the file, as it was when the rest was found out.
        digest: SHA-256 of the file's bytes.
        pixel_digest: SHA-256 of its size and upright pixels.
        width: Of the upright photo, in pixels.
        height: Of the upright photo, in pixels.
        blank: There is nothing on it to compare.
        hashes: Perceptual hashes of the whole and of what is inside its edges of one colour.
        content: (C,) of length 1: the mean content vector of its four quarter turns.
        taken: When, in ISO 8601.
        taken_from: ``exif`` or ``file``: whose clock that was.

    Example:
        >>> signature = Signer().sign(Path("examples/photos/mug.jpg"))
        >>> signature.width, signature.height, signature.blank, signature.content.shape
        (800, 800, False, (1280,))
    """

    path: str
    stamp: FileStamp
    digest: str
    pixel_digest: str
    width: int
    height: int
    blank: bool
    hashes: tuple[int, int]
    content: Float32Array
    taken: str
    taken_from: str


class Signer:
    """Makes signatures; loads the content encoder once.

    Example:
        >>> signer, folder = Signer(), Path("examples/photos")
        >>> mug, warm = signer.sign(folder / "mug.jpg"), signer.sign(folder / "mug-warm-cast.jpg")
        >>> mug.pixel_digest == warm.pixel_digest, float(mug.content @ warm.content) > 0.7
        (False, True)
    """

    def __init__(self, model: Model | None = None) -> None:
        self._model = Model.load_shipped(SEARCH_MODEL) if model is None else model

    @property
    def maker(self) -> str:
        """Version and model that made a signature; those of another cannot be compared with these."""
        return f"{SIGNATURE_VERSION} {self._model.fingerprint}"

    def sign(self, path: Path) -> Signature:
        """Open a photo and compute its signature.

        Raises:
            UnreadablePhoto: Whatever is wrong with the file.
        """
        stamp = FileStamp.from_file(path)
        photo = Photo.open(path)
        taken, taken_from = find_capture_time(photo.facts, stamp)
        height, width = photo.pixels.shape[:2]
        small = _shrink(photo.pixels)
        return Signature(
            path=str(path),
            stamp=stamp,
            digest=photo.facts.sha256,
            pixel_digest=compute_pixel_digest(photo.pixels),
            width=width,
            height=height,
            blank=is_blank(small),
            hashes=_compute_hashes(small),
            content=self._compute_content(photo.pixels),
            taken=taken,
            taken_from=taken_from,
        )

    def try_sign(self, path: Path) -> Signature | UnreadablePhoto:
        """Return the signature of a file; for one that cannot be read, the reason why."""
        try:
            return self.sign(path)
        except UnreadablePhoto as error:
            return error

    def _compute_content(self, pixels: Pixels) -> Float32Array:
        """Compute the mean over four quarter turns, so that a turned copy has the same."""
        view = to_whole_view(pixels, SEARCH_SIDE)
        turned_views = [np.ascontiguousarray(np.rot90(view, quarters))[None] for quarters in range(4)]
        vectors = np.concatenate([self._model.run(pixels=one)["content"] for one in turned_views])
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        mean = vectors.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def make_signer() -> Callable[[Path], Signature | UnreadablePhoto]:
    """Make a worker for `packshot.processes.map_in_order`.

    Example:
        >>> make_signer()(Path("examples/photos/lost.jpg")).reason
        'cannot be read: No such file or directory'
    """
    return Signer().try_sign


def is_blank(pixels: Pixels) -> bool:
    """Return whether a photo has one colour throughout, but for noise.

    Args:
        pixels: (H, W, 3) RGB.

    Example:
        >>> import numpy as np
        >>> is_blank(np.full((32, 32, 3), 255, np.uint8))
        True
        >>> is_blank(Photo.open("examples/photos/mug.jpg").pixels)
        False
    """
    smooth = cv2.GaussianBlur(pixels, (0, 0), 1.5).astype(np.float32)
    middle = np.median(smooth.reshape(-1, 3), axis=0)
    return float(np.abs(smooth - middle).max()) < _BLANK_RANGE


def find_capture_time(facts: Facts, stamp: FileStamp) -> tuple[str, str]:
    """Return when a photo was taken, by the camera's clock; by the file's where that is unknown.

    Returns:
        ISO 8601, without a zone from a camera, which tells none; and ``exif`` or ``file``.

    Example:
        >>> facts = Photo.open("examples/photos/mug.jpg").facts  # Without EXIF.
        >>> find_capture_time(facts, FileStamp(byte_size=48_210, modified_ns=1_700_000_000 * 10**9))
        ('2023-11-14T22:13:20+00:00', 'file')
    """
    for name in _EXIF_TIMES:
        try:
            return datetime.strptime(facts.exif.get(name, ""), _EXIF_FORMAT).isoformat(), "exif"
        except ValueError:
            continue
    modified = datetime.fromtimestamp(stamp.modified_ns / 1e9, UTC)
    return modified.isoformat(timespec="seconds"), "file"


def compute_pixel_digest(pixels: Pixels) -> str:
    """Compute the SHA-256 of a photo's size and pixels.

    Args:
        pixels: (H, W, 3) RGB, upright.

    Example:
        >>> import numpy as np
        >>> tall, wide = np.zeros((3, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)
        >>> compute_pixel_digest(tall) == compute_pixel_digest(wide)  # Bytes of the same pixels.
        False
    """
    shape = np.array(pixels.shape, np.int64).tobytes()
    return hashlib.sha256(shape + pixels.tobytes()).hexdigest()


def _shrink(pixels: Pixels) -> Pixels:
    factor = min(1.0, _HASH_SOURCE_SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * factor)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _compute_hashes(small: Pixels) -> tuple[int, int]:
    box = find_content_box(small)
    inside = small[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    return perceptual_hash(small), perceptual_hash(inside)

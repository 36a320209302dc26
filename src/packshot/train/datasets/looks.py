"""What the networks see of each photo, computed once and kept in files that are mapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float16Array, Float32Array, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.encode.measurement_input import to_network_input
from packshot.encode.model import Model
from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, to_native_view, to_whole_view
from packshot.errors import SourceError
from packshot.measure import measure_photo
from packshot.photo import Photo
from packshot.report import MEASUREMENTS
from packshot.train.array_files import write_array
from packshot.train.datasets.damaged import load_shard

_CHUNK = 32
"""Photos given to a process at a time. A judgement."""


@dataclass(frozen=True, eq=False)
class Looks:
    """N photos as the networks see them.

    Attributes:
        whole: (N, 224, 224, 3) uint8, the whole views; mapped from their file.
        native: (N, 224, 224, 3) uint8, the middles of the products at native size; mapped.
        measured: (N, 2 K) float16, the measured input.

    Example:
        >>> squares = np.zeros((1, 8, 8, 3), np.uint8)
        >>> Looks(squares, squares, np.zeros((1, 52), np.float16)).measured.shape
        (1, 52)
    """

    whole: ByteArray
    native: ByteArray
    measured: Float16Array


def write_looks(photos: Sequence[Path], folder: Path, workers: int) -> Looks:
    """Look at photos, unless that was done, and map what was written.

    Args:
        photos: Files.
        folder: Where to; the files are whole or not there.
        workers: Processes.

    Raises:
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> looks = write_looks([Path("examples/photos/mug.jpg")], Path("looks"), workers=0)
        >>> looks.whole.shape, looks.native.shape
        ((1, 224, 224, 3), (1, 224, 224, 3))
    """
    if not (folder / "measured.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_parts(_iter_looks(photos, workers), len(photos), folder)
    return load_looks(folder)


def write_shard_looks(shards: Sequence[Path], folder: Path) -> Looks:
    """Join the looks of damaged originals, in order, unless that was done, and map them.

    Raises:
        SourceError: No shards.

    Example:
        >>> write_shard_looks([], Path("work/damaged"))
        Traceback (most recent call last):
        packshot.errors.SourceError: no damaged originals to train on in work
    """
    if not shards:
        raise SourceError(f"no damaged originals to train on in {folder.parent}")
    if not (folder / "measured.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        counts = [len(load_shard(path).kinds) for path in shards]
        parts = (part for path in shards for part in _iter_shard_looks(path))
        _write_parts(parts, sum(counts), folder)
    return load_looks(folder)


def load_looks(folder: Path) -> Looks:
    """Map what `write_looks` wrote.

    Example:
        >>> _ = write_looks([Path("examples/photos/mug.jpg")], Path("looks"), workers=0)
        >>> len(load_looks(Path("looks")).measured)
        1
    """
    whole, native = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("whole", "native"))
    return Looks(whole, native, np.load(folder / "measured.npy"))


def compute_look_features(looks: Looks, content: Model, native: Model) -> Float16Array:
    """Compute what the readouts read: features of both views and the measured input.

    Returns:
        (N, F): head vector and statistics of the whole view, measured input, head vector and statistics
        of the native view.

    Example:
        >>> class Network:
        ...     def run(self, pixels):
        ...         content, statistics = np.zeros((len(pixels), 3)), np.ones((len(pixels), 2))
        ...         return {"content": content, "statistics": statistics}
        >>> squares = np.zeros((1, 8, 8, 3), np.uint8)
        >>> looks = Looks(squares, squares, np.full((1, 1), 9, np.float16))
        >>> compute_look_features(looks, Network(), Network()).tolist()
        [[0.0, 0.0, 0.0, 1.0, 1.0, 9.0, 0.0, 0.0, 0.0, 1.0, 1.0]]
    """
    whole, parts = _run(looks.whole, content), _run(looks.native, native)
    return np.concatenate([whole, looks.measured, parts], axis=1)


def _run(squares: Pixels, network: Model) -> Float16Array:
    """Run a network on one square at a time, as an assessment does: large ones scale what they see."""
    rows = []
    for square in squares:
        outputs = network.run(pixels=np.ascontiguousarray(square)[None])
        rows.append(np.concatenate([outputs["content"], outputs["statistics"]], axis=1))
    return np.concatenate(rows).astype(np.float16)


_Look = tuple[Pixels, Pixels, Float32Array]


def _iter_looks(photos: Sequence[Path], workers: int) -> Iterator[_Look]:
    if workers < 1:
        yield from map(_look_at, photos)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_look_at, photos, chunksize=_CHUNK)


def _look_at(path: Path) -> _Look:
    cv2.setNumThreads(1)
    pixels = Photo.open(path, max_side=ASSESSMENT_SIDE).pixels
    measured = measure_photo(pixels)
    native = to_native_view(pixels, centre=measured.product_centre)
    return to_whole_view(pixels), native, to_network_input(measured.raw_values)


def _iter_shard_looks(path: Path) -> Iterator[_Look]:
    shard = load_shard(path)
    for whole, native, numbers in zip(shard.whole, shard.native, shard.measured.tolist(), strict=True):
        yield whole, native, to_network_input(dict(zip(MEASUREMENTS, numbers, strict=True)))


def _write_parts(looks: Iterator[_Look], count: int, folder: Path) -> None:
    """Write looks one after the other; the measured input comes last and says that all is there."""
    maps = [
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (count, side, side, 3))
        for name, side in (("whole", WHOLE_SIDE), ("native", NATIVE_SIDE))
    ]
    measured = [np.empty((0,), np.float32)] * count
    for row, (whole, native, numbers) in enumerate(looks):
        maps[0][row], maps[1][row], measured[row] = whole, native, numbers
    for part in maps:
        part.flush()
    rows = np.array(measured, np.float16).reshape(count, -1)
    write_array(rows, folder / "measured.npy")

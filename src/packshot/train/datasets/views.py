"""Every photo to train on as the networks see it, in files that are mapped rather than read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from packshot.arrays import AnyArray, ByteArray, Float16Array, Float32Array, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.ratings import RatedPhoto
from packshot.encode.measurement_input import to_network_input
from packshot.encode.model import Model
from packshot.encode.views import NATIVE_SIDE, to_native_view, to_whole_view
from packshot.errors import SourceError
from packshot.files import atomic_write
from packshot.measure import measure_photo
from packshot.photo import Photo
from packshot.report import MEASUREMENTS
from packshot.train.datasets.damaged import load_shard
from packshot.train.datasets.labels import Labels

RATED_SIDE = 512
"""Squares of rated photos are kept larger than the network's view, so that training can move it."""

_BATCH = 16
"""Photos that the trunk sees at a time. A judgement."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Views(Labels):
    """N photos as the networks see them, with what is known about them.

    Attributes:
        native: (N, S, S, 3) uint8, a square at native size; mapped from its file.
        content: (N, C) float16, content vectors of the whole views.
        context: (N, F) float16, stage statistics of the whole views, then the measured input.

    Example:
        >>> views = Views(
        ...     native=np.zeros((1, 32, 32, 3), np.uint8),
        ...     content=np.zeros((1, 1280), np.float16),
        ...     context=np.zeros((1, 1684), np.float16),
        ...     scores=np.array([71.5], np.float32),
        ...     kinds=np.array([-1], np.int16),
        ...     levels=np.array([-1], np.int8),
        ...     groups=np.array([0], np.int32),
        ... )
        >>> views.native.shape[1:3], views.scores.tolist()
        ((32, 32), [71.5])
    """

    native: ByteArray
    content: Float16Array
    context: Float16Array


def load_views(folder: Path) -> Views:
    """Map what `write_rated_views` or `write_damaged_views` wrote.

    Example:
        >>> from packshot.encode import CONTENT_MODEL
        >>> photos = [RatedPhoto(Path("examples/photos/mug.jpg"), 71.5)]
        >>> write_rated_views(photos, Model.load_shipped(CONTENT_MODEL), Path("rated"))
        >>> load_views(Path("rated")).scores.tolist()
        [71.5]
    """
    with np.load(folder / "labels.npz") as archive:
        return Views(native=np.load(folder / "native.npy", mmap_mode="r"), **dict(archive.items()))


def write_rated_views(photos: Sequence[RatedPhoto], content: Model, folder: Path) -> None:
    """Write views of photos rated by people, each its own group; nothing is done if they are there.

    Raises:
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> from packshot.encode import CONTENT_MODEL
        >>> photos = [RatedPhoto(Path("examples/photos/mug.jpg"), 71.5)]
        >>> write_rated_views(photos, Model.load_shipped(CONTENT_MODEL), Path("rated"))
        >>> sorted(path.name for path in Path("rated").iterdir())
        ['labels.npz', 'native.npy']
    """
    blocks = (_make_rated_view(photo, number, content) for number, photo in enumerate(photos))
    _write_views(blocks, len(photos), RATED_SIDE, folder)


def write_damaged_views(shards: Sequence[Path], content: Model, folder: Path) -> None:
    """Write views of shards, a group each; nothing is done if they are there.

    Example:
        >>> write_damaged_views([], None, Path("work/damaged"))
        Traceback (most recent call last):
        packshot.errors.SourceError: no damaged originals to train on in work
    """
    if not shards:
        raise SourceError(f"no damaged originals to train on in {folder.parent}")
    versions = len(load_shard(shards[0]).kinds)
    blocks = (_make_damaged_views(path, number, content) for number, path in enumerate(shards))
    _write_views(blocks, versions * len(shards), NATIVE_SIDE, folder)


def compute_whole_features(whole: Pixels, content: Model) -> tuple[Float16Array, Float16Array]:
    """Compute (N, C) content vectors and (N, F) stage statistics of (N, 224, 224, 3) whole views.

    Example:
        >>> from packshot.encode import CONTENT_MODEL
        >>> views = np.zeros((2, 224, 224, 3), np.uint8)
        >>> content, statistics = compute_whole_features(views, Model.load_shipped(CONTENT_MODEL))
        >>> content.shape, statistics.shape
        ((2, 1280), (2, 1632))
    """
    parts = [content.run(pixels=whole[i : i + _BATCH]) for i in range(0, len(whole), _BATCH)]
    names = ("content", "statistics")
    vectors, statistics = (np.concatenate([part[name] for part in parts]) for name in names)
    return vectors.astype(np.float16), statistics.astype(np.float16)


def _write_views(blocks: Iterable[Views], count: int, side: int, folder: Path) -> None:
    """Write blocks one after the other; the labels come last and say that all is there."""
    labels = folder / "labels.npz"
    if labels.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shape = (count, side, side, 3)
    native = np.lib.format.open_memmap(folder / "native.npy", "w+", np.uint8, shape)
    columns_by_name: dict[str, list[AnyArray]] = {}
    row = 0
    for block in blocks:
        native[row : row + len(block.scores)] = block.native
        row += len(block.scores)
        for name, value in vars(block).items():
            if name != "native":
                columns_by_name.setdefault(name, []).append(value)
    native.flush()
    columns: dict[str, Any] = {name: np.concatenate(values) for name, values in columns_by_name.items()}
    with atomic_write(labels) as draft, draft.open("wb") as file:
        np.savez(file, **columns)


def _make_rated_view(photo: RatedPhoto, number: int, content: Model) -> Views:
    pixels = Photo.open(photo.path, max_side=ASSESSMENT_SIDE).pixels
    vectors, statistics = compute_whole_features(to_whole_view(pixels)[None], content)
    numbers = _make_measured_inputs(measure_photo(pixels).vector[None])
    return Views(
        native=to_native_view(pixels, RATED_SIDE)[None],
        content=vectors,
        context=np.concatenate([statistics, numbers], axis=1),
        scores=np.array([photo.score], np.float32),
        kinds=np.array([-1], np.int16),
        levels=np.array([-1], np.int8),
        groups=np.array([number], np.int32),
    )


def _make_damaged_views(path: Path, number: int, content: Model) -> Views:
    shard = load_shard(path)
    vectors, statistics = compute_whole_features(shard.whole, content)
    return Views(
        native=shard.native,
        content=vectors,
        context=np.concatenate([statistics, _make_measured_inputs(shard.measured)], axis=1),
        scores=shard.scores,
        kinds=shard.kinds,
        levels=shard.levels,
        groups=np.full(len(shard.kinds), number, np.int32),
    )


def _make_measured_inputs(numbers: Float32Array) -> Float16Array:
    """Return the (N, 2 K) measured input of (N, P) `PhotoMeasurements.numbers`."""
    rows = (dict(zip(MEASUREMENTS, row, strict=True)) for row in numbers.tolist())
    return np.stack([to_network_input(row) for row in rows]).astype(np.float16)

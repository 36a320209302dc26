"""Frozen features of photos, computed once by the exported view encoders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.assess.ratings import RatedPhoto
from packshot.encode.model import Model
from packshot.encode.views import Pixels, native_view, whole_view
from packshot.photo import Photo
from packshot.train.datasets.damaged import JUDGED_SIDE, Shard, load_shard

CONTENT_SIZE = 1280
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Features:
    """Features and labels of N photos.

    Attributes:
        values: (N, F) float16: whole content, whole statistics, native content, native statistics.
        scores: (N,) 0..100.
        kinds: (N,) distortion kinds, -1 where unknown.
        levels: (N,) 0..5, -1 where unknown.
        groups: (N,) photos with one number derive from one original.
    """

    values: NDArray[np.float16]
    scores: NDArray[np.float32]
    kinds: NDArray[np.int16]
    levels: NDArray[np.int8]
    groups: NDArray[np.int32]

    def save(self, path: Path) -> None:
        """Write as ``.npz``."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Features:
        """Read what `save` wrote."""
        with np.load(path) as archive:
            return cls(**{name: archive[name] for name in archive.files})

    def chosen(self, rows: NDArray[np.bool_]) -> Features:
        """The photos where `rows` is True."""
        return Features(**{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True)
class ViewEncoders:
    """Both exported trunks."""

    content: Model
    native: Model

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> ViewEncoders:
        """From the folder that `export_encoders` wrote."""
        return cls(
            Model.from_path(folder / "content.onnx", threads),
            Model.from_path(folder / "native.onnx", threads),
        )

    def encode(self, whole: Pixels, native: Pixels) -> NDArray[np.float16]:
        """(N, F) features of (N, 224, 224, 3) whole and (N, 384, 384, 3) native views."""
        parts = [
            self._encode(whole[start : start + _BATCH], native[start : start + _BATCH])
            for start in range(0, len(whole), _BATCH)
        ]
        return np.concatenate(parts)

    def _encode(self, whole: Pixels, native: Pixels) -> NDArray[np.float16]:
        seen, close = self.content.run(pixels=whole), self.native.run(pixels=native)
        columns = [*(seen[k] for k in _ORDER), *(close[k] for k in _ORDER)]
        return np.concatenate(columns, axis=1).astype(np.float16)


_ORDER = ("content", "statistics")


def rated_features(photos: Sequence[RatedPhoto], encoders: ViewEncoders) -> Features:
    """Features of photos rated by people; each is its own group.

    Raises:
        UnreadablePhoto: A file is not a photo.
    """
    values = [encoders.encode(*_views(photo.path)) for photo in photos]
    count = len(photos)
    return Features(
        values=np.concatenate(values),
        scores=np.array([photo.score for photo in photos], np.float32),
        kinds=np.full(count, -1, np.int16),
        levels=np.full(count, -1, np.int8),
        groups=np.arange(count, dtype=np.int32),
    )


def damaged_features(shards: Iterable[Path], encoders: ViewEncoders) -> Iterator[Features]:
    """Features of each shard in turn, one group each."""
    for number, path in enumerate(shards):
        yield _of_shard(load_shard(path), number, encoders)


def joined(parts: Sequence[Features]) -> Features:
    """Features one after the other; groups are taken as they are."""
    return Features(
        **{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])}
    )


def _of_shard(shard: Shard, number: int, encoders: ViewEncoders) -> Features:
    return Features(
        values=encoders.encode(shard.whole, shard.native),
        scores=shard.scores,
        kinds=shard.kinds,
        levels=shard.levels,
        groups=np.full(len(shard.kinds), number, np.int32),
    )


def _views(path: Path) -> tuple[Pixels, Pixels]:
    pixels = Photo.open(path, max_side=JUDGED_SIDE).pixels
    return whole_view(pixels)[None], native_view(pixels)[None]

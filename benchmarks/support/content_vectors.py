"""Content vectors of real photos, and as many more of their distribution as are wanted."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from packshot.arrays import Float32Array, TextArray
from packshot.encode import ContentEncoder

CACHE = Path("build/content-vectors.npz")
_OTHER_PHOTO_STEP = 2
_NEIGHBOURS = 10
_NOISE_AXES = 128


@dataclass(frozen=True)
class PhotoVectors:
    """Photos with their vectors.

    Attributes:
        vectors: (N, C).
        kinds: (N,) product type and subtype; empty for other photos.
        groups: (N,) product group; empty for other photos.
    """

    vectors: Float32Array
    kinds: TextArray
    groups: TextArray


def load_photo_vectors(data: Path) -> PhotoVectors:
    """All product photos, and of BIQ2021 and OASIS every second photo; encoded once, then cached."""
    if not CACHE.exists():
        CACHE.parent.mkdir(exist_ok=True)
        encoder = ContentEncoder.load_shipped()
        listed = list(_iter_photos(data))
        vectors = np.stack([encoder.encode_file(path) for path, _, _ in listed])
        np.savez(CACHE, vectors=vectors, kinds=[t[1] for t in listed], groups=[t[2] for t in listed])
    with np.load(CACHE) as stored:
        return PhotoVectors(stored["vectors"], stored["kinds"], stored["groups"])


def _iter_photos(data: Path) -> Iterator[tuple[Path, str, str]]:
    with (data / "products" / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            kind = f"{row['type']}/{row['subtype']}"
            yield data / "products" / row["file"], kind, row["group"]
    for folder in ("biq2021", "oasis"):
        for path in sorted((data / folder / "images").iterdir())[::_OTHER_PHOTO_STEP]:
            yield path, "", ""


class VectorDistribution:
    """A mixture fitted to real vectors: photos between a real one and one of its neighbours.

    A draw is ``u + a (v - u) + e``, cut off at 0 as the network does: u a real photo, v one of its ten
    nearest, a uniform in 0..1, e normal with the covariance of half the differences between such
    neighbours. So every photo is a cluster, as products with several photos and variants are, and
    clusters lie where real photos lie.
    """

    def __init__(self, vectors: Float32Array, seed: int = 0) -> None:
        self._vectors = vectors
        self._generator = np.random.default_rng(seed)
        units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        self._neighbours = np.argsort(-units @ units.T, axis=1)[:, 1 : _NEIGHBOURS + 1]
        differences = (vectors[self._neighbours[:, :3]] - vectors[:, None]).reshape(
            -1, vectors.shape[1]
        ) / 2
        _, lengths, axes = np.linalg.svd(differences, full_matrices=False)
        deviations = lengths[:_NOISE_AXES] / len(differences) ** 0.5
        self._noise = (deviations[:, None] * axes[:_NOISE_AXES]).astype(np.float32)

    def sample(self, number: int) -> Float32Array:
        """Vectors, (number, C) float32; each draw goes on where the last one ended."""
        first = self._generator.integers(0, len(self._vectors), number)
        second = self._neighbours[first, self._generator.integers(0, _NEIGHBOURS, number)]
        share = self._generator.random((number, 1), np.float32)
        noise = self._generator.standard_normal((number, len(self._noise)), np.float32) @ self._noise
        samples = self._vectors[first]
        samples += share * (self._vectors[second] - samples)
        return np.maximum(samples + noise, 0)

"""BRISQUE: the damage of a photo by a regression on scene statistics.

Mittal, Moorthy, Bovik, "No-Reference Image Quality Assessment in the Spatial Domain", IEEE TIP
21(12), 2012. The 36 features are the authors'; the regression is not. Theirs was fitted on the LIVE
ratings, whose terms are research only; the one that ships has the same form, radial basis functions, but
is fitted on our own damaged photos (`weights/brisque.md`). Compare values by one model only.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Pixels
from packshot.errors import InvalidInput
from packshot.measure.natural import model_files
from packshot.measure.natural.scene_statistics import (
    fit_asymmetric,
    fit_symmetric,
    grey_levels,
    halve,
    neighbour_products,
    normalise,
)
from packshot.photo import check_pixels
from packshot.shipped import read_shipped

BRISQUE_MODEL: Final = "brisque.npz"

FEATURES: Final = 36
"""Features of a photo (Table I): 18 at each of two sizes."""

MIN_SIDE: Final = 16
"""Smallest side in pixels: a window of 7 fits at half size."""


@dataclass(frozen=True, eq=False)
class BrisqueModel:
    """A sum of M radial basis functions of the scaled features.

    Attributes:
        low: Feature values that scale to -1, (36,).
        high: Feature values that scale to 1, (36,).
        centres: Scaled features of the centres, (M, 36).
        weights: Of the centres, (M,).
        offset: Score far from all centres, ().
        gamma: Squared distances are multiplied by it, ().

    Example:
        >>> model = BrisqueModel.load_shipped()
        >>> model.centres.shape[1], model.score(np.stack([model.low, model.high])).shape
        (36, (2,))
    """

    low: Float64Array
    high: Float64Array
    centres: Float64Array
    weights: Float64Array
    offset: Float64Array
    gamma: Float64Array

    @classmethod
    def load_shipped(cls) -> "BrisqueModel":
        """Load the model that ships with the package.

        Raises:
            ModelError: It is missing or damaged.
        """
        return _load_shipped()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "BrisqueModel":
        """Read a model that `save` wrote.

        Raises:
            ModelError: Not readable, or not such a model.
        """
        return _parse_model(model_files.read_model_file(path), os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a NumPy archive, in single precision."""
        np.savez_compressed(path, **{name: a.astype(np.float32) for name, a in vars(self).items()})

    def score(self, features: Float64Array) -> Float64Array:
        """Return the scores (N,) of features (N, 36)."""
        scaled = 2 * (features - self.low) / (self.high - self.low) - 1
        return rbf_kernel(scaled, self.centres, float(self.gamma)) @ self.weights + self.offset


def rbf_kernel(points: Float64Array, centres: Float64Array, gamma: float) -> Float64Array:
    """Return exp(-gamma * squared distance) of points to centres.

    Args:
        points: (N, D).
        centres: (M, D).
        gamma: Above 0.

    Returns:
        (N, M), 0..1; 1 where a point lies on a centre.

    Example:
        >>> rbf_kernel(np.zeros((1, 2)), np.array([[0.0, 0.0], [1.0, 1.0]]), gamma=0.5).round(3).tolist()
        [[1.0, 0.368]]
    """
    squares = np.square(points).sum(axis=1)[:, None] + np.square(centres).sum(axis=1)
    distances: Float64Array = np.maximum(squares - 2 * points @ centres.T, 0)
    return np.exp(-gamma * distances)


def brisque_features(pixels: Pixels) -> Float64Array:
    """Return the 36 features (Table I): 18 at full size, 18 at half.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 16.

    Returns:
        Array (36,).

    Raises:
        InvalidInput: Not 8-bit RGB, too small, or flat all over.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> brisque_features(noise).shape
        (36,)
    """
    check_pixels(pixels, "photo", MIN_SIDE)
    plane = grey_levels(pixels)
    features = np.concatenate((_features(plane), _features(halve(plane))))
    if not np.isfinite(features).all():
        raise InvalidInput("photo: one flat tone has no scene statistics")
    return features


def brisque(pixels: Pixels, model: BrisqueModel | None = None) -> float:
    """Return how damaged a photo looks: about 0 (not at all) to 100, smaller is better.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 16.
        model: The regression; the one that ships unless given.

    Returns:
        A score; like the authors' it may leave 0..100 a little.

    Raises:
        InvalidInput: Not 8-bit RGB, too small, or flat all over.
        ModelError: The model that ships is missing or damaged.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/wooden-stool.jpg").pixels[::2, ::2]
        >>> brisque(photo) < brisque(distort(photo, "white-noise", 4))
        True
    """
    features = brisque_features(pixels)
    return float((model or BrisqueModel.load_shipped()).score(features[None])[0])


@lru_cache(maxsize=1)
def _load_shipped() -> BrisqueModel:
    return _parse_model(read_shipped(BRISQUE_MODEL), BRISQUE_MODEL)


def _parse_model(data: bytes, name: str) -> BrisqueModel:
    shapes: dict[str, tuple[int, ...]] = {"low": (FEATURES,), "high": (FEATURES,)}
    shapes |= {"centres": (-1, FEATURES), "weights": (-1,), "offset": (), "gamma": ()}
    return BrisqueModel(**model_files.parse_arrays(data, shapes, name))


def _features(plane: Float64Array) -> Float64Array:
    """Return the 18 features at one size; NaN where there are none."""
    blocks = normalise(plane, cv2.BORDER_CONSTANT).values[None]
    shape, variance = fit_symmetric(blocks)
    columns = [shape, variance]
    for products in neighbour_products(blocks):
        fit = fit_asymmetric(products)
        columns += [fit.shape, fit.mean, fit.left**2, fit.right**2]
    return np.concatenate(columns)

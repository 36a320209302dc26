"""NIQE: the distance of a photo from undamaged ones, by scene statistics.

Mittal, Soundararajan, Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE Signal
Processing Letters 20(3), 2013. Nobody's opinion is in it: a multivariate Gaussian of scene statistics
was fitted to patches of pristine photos, and a photo is judged by the distance of its own patches.

The model that ships is fitted on photos whose terms permit it (`weights/niqe.md`), not the authors',
so values are not those of their release: compare values by one model only.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Mask, Pixels
from packshot.errors import InvalidInput
from packshot.measure.natural import model_files
from packshot.measure.natural.scene_statistics import (
    fit_asymmetric,
    grey_levels,
    halve,
    neighbour_products,
    normalise,
)
from packshot.photo import check_pixels
from packshot.shipped import read_shipped

NIQE_MODEL: Final = "niqe.npz"

PATCH_SIDE: Final = 96
"""Side of a patch in pixels, at full size, as in the paper."""

FEATURES: Final = 36
"""Features of a patch: 18 at each of two sizes."""

MIN_SIDE: Final = 2 * PATCH_SIDE
"""Smallest side in pixels: four patches."""

_MIN_PATCHES: Final = 2
"""Patches that a covariance needs."""


@dataclass(frozen=True, eq=False)
class NiqeModel:
    """A Gaussian of the features of patches of pristine photos.

    Attributes:
        mean: Of their features, (36,).
        covariance: Of their features, (36, 36).

    Example:
        >>> NiqeModel.load_shipped().covariance.shape
        (36, 36)
    """

    mean: Float64Array
    covariance: Float64Array

    @classmethod
    def load_shipped(cls) -> "NiqeModel":
        """Load the model that ships with the package.

        Raises:
            ModelError: It is missing or damaged.
        """
        return _load_shipped()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "NiqeModel":
        """Read a model that `save` wrote.

        Raises:
            ModelError: Not readable, or not such a model.
        """
        return _parse_model(model_files.read_model_file(path), os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a NumPy archive."""
        np.savez_compressed(path, mean=self.mean, covariance=self.covariance)


@dataclass(frozen=True, eq=False)
class PatchStatistics:
    """Scene statistics of the whole patches of 96 x 96 pixels of a photo, N of them.

    Attributes:
        features: (N, 36): 18 at full size, 18 at half; NaN where a patch is too flat to have any.
        sharpness: (N,) mean local deviation at full size, in grey levels.

    Example:
        >>> photo = np.full((192, 192, 3), 255, np.uint8)
        >>> photo[:96, :96] = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
        >>> measure_patches(photo).is_textured.tolist()  # three patches of four are white
        [True, False, False, False]
    """

    features: Float64Array
    sharpness: Float64Array

    @property
    def is_textured(self) -> Mask:
        """True for patches that have all their features, (N,)."""
        feature_sums: Float64Array = self.features.sum(axis=1)
        return np.isfinite(feature_sums)


def measure_patches(pixels: Pixels) -> PatchStatistics:
    """Measure a photo patch by patch; what is left over at the right and the bottom is dropped.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 192.

    Returns:
        The patches, row by row.

    Raises:
        InvalidInput: Not 8-bit RGB, or too small.

    Example:
        >>> measure_patches(np.zeros((200, 300, 3), np.uint8)).features.shape
        (6, 36)
    """
    check_pixels(pixels, "photo", MIN_SIDE)
    height, width = (side - side % PATCH_SIDE for side in pixels.shape[:2])
    plane = grey_levels(pixels[:height, :width])
    full, half = (normalise(p, cv2.BORDER_REPLICATE) for p in (plane, halve(plane)))
    features = np.hstack(
        (
            _features(_split_blocks(full.values, PATCH_SIDE)),
            _features(_split_blocks(half.values, PATCH_SIDE // 2)),
        )
    )
    return PatchStatistics(features, _split_blocks(full.deviation, PATCH_SIDE).mean(axis=(1, 2)))


def niqe(pixels: Pixels, model: NiqeModel | None = None) -> float:
    """Return the distance of a photo from pristine ones (eq. 10): smaller is better.

    Patches without texture, such as a plain white background, have no scene statistics and do not
    count.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 192.
        model: What to compare with; the one that ships unless given.

    Returns:
        A distance, 0 and up; undamaged photos have about 3 to 5.

    Raises:
        InvalidInput: Not 8-bit RGB, too small, or fewer than two patches have any texture.
        ModelError: The model that ships is missing or damaged.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/wooden-stool.jpg").pixels[::2, ::2]
        >>> niqe(photo) < niqe(distort(photo, "white-noise", 4))
        True
    """
    measured = measure_patches(pixels)
    features = measured.features[measured.is_textured]
    if len(features) < _MIN_PATCHES:
        raise InvalidInput(
            f"photo: {len(features)} of {len(measured.features)} patches"
            f" of {PATCH_SIDE} x {PATCH_SIDE} pixels "
            f"have texture, NIQE needs {_MIN_PATCHES}"
        )
    pristine = model or NiqeModel.load_shipped()
    difference = features.mean(axis=0) - pristine.mean
    spread = (pristine.covariance + np.cov(features, rowvar=False)) / 2
    return float(np.sqrt(difference @ np.linalg.pinv(spread) @ difference))


@lru_cache(maxsize=1)
def _load_shipped() -> NiqeModel:
    return _parse_model(read_shipped(NIQE_MODEL), NIQE_MODEL)


def _parse_model(data: bytes, name: str) -> NiqeModel:
    shapes = {"mean": (FEATURES,), "covariance": (FEATURES, FEATURES)}
    return NiqeModel(**model_files.parse_arrays(data, shapes, name))


def _split_blocks(plane: Float64Array, side: int) -> Float64Array:
    """Cut a plane whose sides are multiples of `side` into squares (N, side, side)."""
    rows, columns = (length // side for length in plane.shape)
    cut = plane.reshape(rows, side, columns, side).swapaxes(1, 2)
    return cut.reshape(rows * columns, side, side)


def _features(blocks: Float64Array) -> Float64Array:
    """Return the 18 features of each block (N, side, side) at one size (section II.B and II.C)."""
    alone = fit_asymmetric(blocks)
    columns = [alone.shape, (alone.left + alone.right) / 2 * alone.width]
    for products in neighbour_products(blocks):
        fit = fit_asymmetric(products)
        columns += [fit.shape, fit.mean, fit.left * fit.width, fit.right * fit.width]
    return np.stack(columns, axis=1)

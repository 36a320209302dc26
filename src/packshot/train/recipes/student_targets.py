"""What a student network is taught: labels of rated photos, and what a teacher says of all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from packshot.arrays import Float16Array, Float32Array, Float64Array, IndexArray, Mask
from packshot.assess.atlas import ASPECTS
from packshot.assess.ratings import RatedPhoto
from packshot.train.datasets.hash_split import falls_in_share
from packshot.train.datasets.oasis import EmotionPhoto
from packshot.train.datasets.product_ratings import FAULTS, ProductRating
from packshot.train.networks.kernel_head import KernelHead, KernelTargets

PEOPLE_HELD_OUT_PERCENT: Final = 15
"""Photos rated by people, of a hundred, that the student is not taught. A convention."""

THEMES_HELD_OUT_PERCENT: Final = 20
"""Themes of pleasant and unpleasant photos, of a hundred, that it is not taught. A convention."""

NEUTRAL_VALENCE: Final = 4.0
"""Middle of the raters' scale of 1..7."""

VALENCE_SCALE: Final = 1.5
"""Steps of that scale that count as one, for the head of pleasantness."""

_NOT_A_PRODUCT: Final = list(FAULTS).index("not-a-product")
"""Fault that every drawn picture has."""

_CLIP: Final = 6.0
"""Deviations at which a standardised feature is cut. A convention."""

_QUERIES: Final = 4096
"""Photos predicted at a time, for memory's sake."""


@dataclass(frozen=True)
class TargetRecipe:
    """Everything that decides what the student is taught.

    Values are chosen by hand on held-out products.

    Attributes:
        embedding: Numbers of the teacher's embedding, which come first in its features.
        components: Principal components of its layers.
        penalty: Of the teacher's kernel ridge.
        sharpness: Of its Gaussian kernel, over standardised features divided by the root of their
            number.
        label_share: Part of a rated photo's target that is its own label, 0..1; the rest is the
            teacher's.
        pool_weight: Of a photo of the pool, whose target is the teacher's alone; of a rated one 1.
        other_weight: Of a photo of anything, which the teacher rates as if it were of a product: it
            shows the student what no shop here shows.
        repeats: Times that an epoch shows each rated product.

    Example:
        >>> TargetRecipe().components
        192
    """

    embedding: int = 512
    components: int = 192
    penalty: float = 0.05
    sharpness: float = 0.5
    label_share: float = 0.7
    pool_weight: float = 0.8
    other_weight: float = 0.3
    repeats: int = 2


@dataclass(frozen=True, eq=False)
class StudentData:
    """Photos of four sorts, and drawn pictures, with what the teacher sees of each.

    Attributes:
        products: Rated product photos.
        pool: Photos without a rating.
        people: Photos of anything, rated by people.
        pleasant: Photos whose pleasantness people rated.
        features: (N, F) the teacher's features of all, in that order, and of those drawn.
        drawn: Pictures that are no photos of products.

    Example:
        >>> pool = [Path("00000.jpg"), Path("00001.jpg")]
        >>> people = [RatedPhoto(Path("a.jpg"), 70)]
        >>> data = StudentData([], pool, people, [], np.zeros((3, 8), np.float16))
        >>> data.counts, [path.name for path in data.photos]
        ((0, 2, 1, 0, 0), ['00000.jpg', '00001.jpg', 'a.jpg'])
    """

    products: Sequence[ProductRating]
    pool: Sequence[Path]
    people: Sequence[RatedPhoto]
    pleasant: Sequence[EmotionPhoto]
    features: Float16Array
    drawn: Sequence[Path] = ()

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Photos of each sort."""
        photos = len(self.products), len(self.pool), len(self.people), len(self.pleasant)
        return *photos, len(self.drawn)

    @property
    def photos(self) -> list[Path]:
        """The files of all."""
        rated = [photo.path for photo in self.products]
        others = [*(photo.path for photo in self.people), *(photo.path for photo in self.pleasant)]
        return [*rated, *self.pool, *others, *self.drawn]

    @property
    def is_taught(self) -> Mask:
        """(N,) photos that are not held out."""
        products = [not photo.is_held_out for photo in self.products]
        people = [not is_person_held_out(photo) for photo in self.people]
        pleasant = [not is_theme_held_out(photo) for photo in self.pleasant]
        made = [True] * len(self.pool), [True] * len(self.drawn)
        return np.array([*products, *made[0], *people, *pleasant, *made[1]], bool)


def is_person_held_out(photo: RatedPhoto) -> bool:
    """Return whether a photo rated by people is kept for validation, by its name.

    Example:
        >>> photos = [RatedPhoto(Path(f"{number}.jpg"), 50) for number in range(1000)]
        >>> 100 < sum(map(is_person_held_out, photos)) < 200
        True
    """
    return falls_in_share(photo.path.name, PEOPLE_HELD_OUT_PERCENT)


def is_theme_held_out(photo: EmotionPhoto) -> bool:
    """Return whether a photo is kept for validation, by its theme.

    Example:
        >>> photos = [EmotionPhoto(Path(f"{n}.jpg"), "beach", 6.0, 1.0, 4.0) for n in range(9)]
        >>> len({is_theme_held_out(photo) for photo in photos})
        1
    """
    return falls_in_share(photo.theme, THEMES_HELD_OUT_PERCENT)


@dataclass(frozen=True, eq=False)
class StudentTargets:
    """Targets of N photos, NaN where a photo has none.

    Attributes:
        ratings: (N, 3) by `ASPECTS`, 0..1.
        faults: (N, Y) chance of each of `FAULTS`.
        weights: (N,) of ratings and faults.
        components: (N, K) principal components of the teacher's layers, of variance 1.
        embeddings: (N, E) the teacher's embedding, centred, unit length.
        liked: (N,) what people say of it, 0..1.
        pleasantness: (N,) valence from neutral, in units of `VALENCE_SCALE`.
        product: (N,) 1 for photos of products, 0 for photos of anything.

    Example:
        >>> one, none = torch.zeros(3, 1), torch.full((3,), torch.nan)
        >>> targets = StudentTargets(one, one, torch.ones(3), one, one, none, none, torch.ones(3))
        >>> targets.select(torch.tensor([0, 2])).ratings.shape
        torch.Size([2, 1])
    """

    ratings: Tensor
    faults: Tensor
    weights: Tensor
    components: Tensor
    embeddings: Tensor
    liked: Tensor
    pleasantness: Tensor
    product: Tensor

    def select(self, rows: Tensor) -> StudentTargets:
        """Return the targets of some photos."""
        return StudentTargets(*(getattr(self, field.name)[rows] for field in fields(self)))


def make_targets(data: StudentData, recipe: TargetRecipe) -> StudentTargets:
    """Make the targets of all photos.

    Args:
        data: Photos, labels, and the teacher's features.
        recipe: How.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.array([70, 80, 60], np.float32), np.zeros(len(FAULTS), np.float32)
        >>> products = [ProductRating(Path(f"{n}.jpg"), f"a:{n}", "", "a", *labels) for n in range(9)]
        >>> data = StudentData(products, [Path("p.jpg")], [], [], rng.normal(size=(10, 14)))
        >>> targets = make_targets(data, TargetRecipe(embedding=4, components=3))
        >>> [round(value, 3) for value in targets.ratings[9].tolist()]
        [0.7, 0.8, 0.6]
    """
    features = data.features.astype(np.float32)
    counts = data.counts
    labels = _make_labels(data.products)
    taught = np.flatnonzero(data.is_taught[: counts[0]])
    said = predict_by_kernel_ridge(
        features[taught], labels[taught], features, recipe.penalty, recipe.sharpness
    ).clip(0, 1)
    said[: counts[0]] = recipe.label_share * labels + (1 - recipe.label_share) * said[: counts[0]]
    said[len(said) - counts[-1] :, len(ASPECTS) + _NOT_A_PRODUCT] = 1
    by_sort = 1, recipe.pool_weight, recipe.other_weight, recipe.other_weight, recipe.pool_weight
    weights = np.repeat(by_sort, counts)
    liked, pleasantness = np.full((2, len(features)), np.nan)
    people = slice(sum(counts[:2]), sum(counts[:3]))
    liked[people] = [photo.score / 100 for photo in data.people]
    pleasantness[people.stop : sum(counts[:4])] = [
        (photo.valence - NEUTRAL_VALENCE) / VALENCE_SCALE for photo in data.pleasant
    ]
    aspects = len(ASPECTS)
    columns = (
        said[:, :aspects],
        said[:, aspects:],
        weights,
        compute_components(features[:, recipe.embedding :], recipe.components),
        _centre(features[:, : recipe.embedding]),
        liked,
        pleasantness,
        np.repeat([1, 1, 0, 0, 1], counts),
    )
    return StudentTargets(*(torch.from_numpy(column.astype(np.float32)) for column in columns))


def list_taught_rows(data: StudentData, repeats: int) -> IndexArray:
    """List the rows of an epoch: what may be taught, rated products more than once.

    Example:
        >>> rating = ProductRating(Path("mug.jpg"), "mug", "", "shop", np.ones(3), np.zeros(22))
        >>> data = StudentData([rating], [Path("p.jpg")], [], [], np.zeros((2, 4)))
        >>> list_taught_rows(data, repeats=3).tolist()
        [0, 0, 0, 1]
    """
    rows = np.flatnonzero(data.is_taught)
    count = len(data.products)
    return np.concatenate([*[rows[rows < count]] * repeats, rows[rows >= count]])


def _make_labels(products: Sequence[ProductRating]) -> Float64Array:
    """Return (N, 3 + Y) ratings, 0..1, and faults."""
    rows = [np.concatenate([photo.ratings / 100, photo.faults]) for photo in products]
    return np.array(rows, float).reshape(-1, len(ASPECTS) + len(FAULTS))


def predict_by_kernel_ridge(
    known: Float32Array, targets: Float64Array, queries: Float32Array, penalty: float, sharpness: float
) -> Float64Array:
    """Predict by ridge regression with a Gaussian kernel over standardised features.

    ``y = k(q, X) (k(X, X) + penalty I)^-1 (Y - mean Y) + mean Y`` with
    ``k(a, b) = exp(-sharpness |a - b|^2 / F)``.

    Args:
        known: (N, F) features of photos with targets; they set location and scale.
        targets: (N, T).
        queries: (M, F).
        penalty: Above 0; larger is smoother.
        sharpness: Larger looks at nearer photos alone.

    Returns:
        (M, T).

    Example:
        >>> x = np.linspace(-1, 1, 50, dtype=np.float32)[:, None]
        >>> predict_by_kernel_ridge(x, 3 * x.astype(float), x[[10, 40]], 1e-3, 0.5).round(1).tolist()
        [[-1.8], [1.9]]
    """
    head = KernelHead.fit(known, [KernelTargets(np.arange(len(known)), targets)], penalty, sharpness)
    rows = torch.from_numpy(queries.astype(np.float32))
    starts = range(0, len(rows), _QUERIES)
    parts = [head.predict(rows[start : start + _QUERIES]) for start in starts]
    return torch.cat(parts).numpy().astype(np.float64)


def compute_components(layers: Float32Array, count: int) -> Float32Array:
    """Compute principal components, each of variance 1, of (N, F) standardised features.

    Example:
        >>> layers = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
        >>> components = compute_components(layers, 2)
        >>> components.shape, components.std(axis=0).round(3).tolist()
        ((40, 2), [1.0, 1.0])
    """
    mean, deviation = layers.mean(axis=0), layers.std(axis=0) + 1e-6
    scaled = ((layers - mean) / deviation).clip(-_CLIP, _CLIP)
    covariance = (scaled.T @ scaled / len(scaled)).astype(np.float64)
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    components = scaled @ axes
    return np.asarray(components / components.std(axis=0), np.float32)


def _centre(embeddings: Float32Array) -> Float32Array:
    """Return embeddings less their mean, at unit length."""
    centred = embeddings - embeddings.mean(axis=0)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)

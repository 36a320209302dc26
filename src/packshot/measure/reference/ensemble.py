"""One label for a pair of photos: the mean of four full-reference measures on one common scale.

This is a *full-reference ensemble*: it says how much a distorted photo differs from its pristine
original in the eyes of MDSI, VSI, HaarPSI and FSIMc. Nobody rated anything. It stands in for human
ratings where photos are damaged on purpose, and must be called by its name wherever it is shown.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.errors import InvalidInput
from packshot.measure.reference.fsim import FsimFeatures, compare_fsim, fsim_features
from packshot.measure.reference.haarpsi import HaarFeatures, compare_haarpsi, haarpsi_features
from packshot.measure.reference.mdsi import MdsiFeatures, compare_mdsi, mdsi_features
from packshot.measure.reference.pair import check_pair
from packshot.measure.reference.vsi import VsiFeatures, compare_vsi, vsi_features
from packshot.photo import check_pixels

MIN_SIDE: Final = 16
"""Smallest side in pixels."""


@dataclass(frozen=True)
class Scale:
    """A falling log-logistic curve from a distance to 0..100.

    `100 / (1 + (distance / half) ** steepness)`: 100 at no distance, 50 at `half`, towards 0 far
    away. Monotone for any positive parameters, so it never changes a measure's ranking.

    Attributes:
        half: The distance that maps to 50.
        steepness: How sharply quality falls around it.

    Example:
        >>> scale = Scale(half=0.2, steepness=2.0)
        >>> [round(scale.quality(distance)) for distance in (0.0, 0.1, 0.2, 0.4)]
        [100, 80, 50, 20]
    """

    half: float
    steepness: float

    def quality(self, distance: float) -> float:
        """Map a distance, at least 0, to 100 (equal) .. 0."""
        return 100.0 / (1.0 + math.pow(max(distance, 0.0) / self.half, self.steepness))


@dataclass(frozen=True)
class EnsembleScales:
    """The curve of each measure; distances are MDSI itself and 1 minus the others.

    Example:
        >>> SCALES.mdsi.quality(SCALES.mdsi.half)
        50.0
    """

    mdsi: Scale
    vsi: Scale
    haarpsi: Scale
    fsim: Scale


SCALES: Final = EnsembleScales(
    mdsi=Scale(half=0.2916, steepness=6.223),
    vsi=Scale(half=0.01469, steepness=1.342),
    haarpsi=Scale(half=0.1875, steepness=1.879),
    fsim=Scale(half=0.03995, steepness=1.718),
)
"""Fitted by `benchmarks/measurements/fit_reference_ensemble.py` on 60 product photos of a training
split, each damaged in 34 ways (2040 pairs, levels 1 to 5): for each measure alone, least squares
between its mean quality at the five levels and 85, 70, 52, 36, 22, and between its standard deviation
and 31. Reached by the ensemble: 86, 68, 50, 35, 26. Changing a value changes every label made before."""


@dataclass(frozen=True)
class EnsembleScore:
    """The four measures of a pair as their papers define them, and the ensemble.

    Attributes:
        mdsi: Distance, 0 for equal photos.
        vsi: Similarity, 1 for equal photos.
        haarpsi: Similarity, 1 for equal photos.
        fsim: Similarity with colour (FSIMc), 1 for equal photos.
        score: Full-reference ensemble, 0..100, larger is better, exactly 100 for equal photos.
            Not a human rating.

    Example:
        >>> combine(mdsi=0.0, vsi=1.0, haarpsi=1.0, fsim=1.0).score
        100.0
    """

    mdsi: float
    vsi: float
    haarpsi: float
    fsim: float
    score: float


@dataclass(frozen=True, eq=False)
class EnsembleReference:
    """A pristine photo, measured once, that any number of distorted versions can be held against.

    Attributes:
        pixels: RGB pixels (H, W, 3), uint8.
        mdsi: Its features for MDSI.
        vsi: Its features for VSI.
        haarpsi: Its features for HaarPSI.
        fsim: Its features for FSIMc.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/clay-bowl.jpg").pixels[::2, ::2]
        >>> reference = EnsembleReference.from_pixels(photo)
        >>> scores = [reference.score(distort(photo, "jpeg", level)).score for level in (1, 3, 5)]
        >>> scores == sorted(scores, reverse=True)
        True
    """

    pixels: Pixels
    mdsi: MdsiFeatures
    vsi: VsiFeatures
    haarpsi: HaarFeatures
    fsim: FsimFeatures

    @classmethod
    def from_pixels(cls, pixels: Pixels) -> "EnsembleReference":
        """Measure a pristine photo.

        Args:
            pixels: RGB pixels (H, W, 3), uint8, both sides at least 16.

        Returns:
            The reference; it keeps the array, which must not change afterwards.

        Raises:
            InvalidInput: Not 8-bit RGB, or too small.
        """
        check_pixels(pixels, "reference", MIN_SIDE)
        return cls(
            pixels,
            mdsi_features(pixels),
            vsi_features(pixels),
            haarpsi_features(pixels),
            fsim_features(pixels),
        )

    def score(self, distorted: Pixels) -> EnsembleScore:
        """Compare a distorted version with this photo.

        Args:
            distorted: RGB pixels of the reference's shape, uint8.

        Returns:
            The four measures and the ensemble.

        Raises:
            InvalidInput: The photos are not comparable, see `check_pair`.
        """
        check_pair(self.pixels, distorted, MIN_SIDE)
        if np.array_equal(self.pixels, distorted):
            return EnsembleScore(mdsi=0.0, vsi=1.0, haarpsi=1.0, fsim=1.0, score=100.0)
        return combine(
            mdsi=compare_mdsi(self.mdsi, mdsi_features(distorted)),
            vsi=compare_vsi(self.vsi, vsi_features(distorted)),
            haarpsi=compare_haarpsi(self.haarpsi, haarpsi_features(distorted)),
            fsim=compare_fsim(self.fsim, fsim_features(distorted)),
        )


def combine(
    *, mdsi: float, vsi: float, haarpsi: float, fsim: float, scales: EnsembleScales = SCALES
) -> EnsembleScore:
    """Put four measures on the common scale and average them.

    Args:
        mdsi: MDSI, a distance.
        vsi: VSI, a similarity.
        haarpsi: HaarPSI, a similarity.
        fsim: FSIMc, a similarity.
        scales: The curve of each measure.

    Returns:
        The measures and their ensemble.

    Raises:
        InvalidInput: A measure is not a finite number.

    Example:
        >>> round(combine(mdsi=0.2, vsi=0.99, haarpsi=0.9, fsim=0.98).score)
        77
    """
    measured = (mdsi, vsi, haarpsi, fsim)
    if not np.isfinite(measured).all():
        raise InvalidInput(f"ensemble: a measure is not finite: mdsi, vsi, haarpsi, fsim {measured}")
    qualities = (
        scales.mdsi.quality(mdsi),
        scales.vsi.quality(1 - vsi),
        scales.haarpsi.quality(1 - haarpsi),
        scales.fsim.quality(1 - fsim),
    )
    return EnsembleScore(mdsi, vsi, haarpsi, fsim, sum(qualities) / len(qualities))


def ensemble(reference: Pixels, distorted: Pixels) -> float:
    """Return the full-reference ensemble of one pair, 0..100, larger is better.

    Use `EnsembleReference` where one reference meets several distorted photos.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 16.
        distorted: RGB pixels of the same shape.

    Returns:
        The ensemble, exactly 100 for equal photos. Not a human rating.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> reference = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> ensemble(reference, reference), ensemble(reference, reference // 2) < 80
        (100.0, True)
    """
    check_pair(reference, distorted, MIN_SIDE)
    return EnsembleReference.from_pixels(reference).score(distorted).score

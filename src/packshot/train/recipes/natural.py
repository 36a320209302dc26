"""The models of NIQE and BRISQUE, from photos whose terms permit it. No PyTorch needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float64Array
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.distort import Kind, distort
from packshot.errors import InvalidInput
from packshot.measure.natural.brisque import BRISQUE_MODEL, BrisqueModel, brisque_features, rbf_kernel
from packshot.measure.natural.niqe import NIQE_MODEL, NiqeModel, PatchStatistics, measure_patches
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, read_manifest, sample_damage
from packshot.train.progress import Progress

LUMINANCE_KINDS: tuple[Kind, ...] = (
    Kind.GAUSSIAN_BLUR,
    Kind.LENS_BLUR,
    Kind.MOTION_BLUR,
    Kind.JPEG2000,
    Kind.JPEG,
    Kind.WHITE_NOISE,
    Kind.COLOUR_COMPONENT_NOISE,
    Kind.IMPULSE_NOISE,
    Kind.MULTIPLICATIVE_NOISE,
    Kind.DENOISE,
    Kind.JITTER,
    Kind.PIXELATE,
    Kind.QUANTISE,
    Kind.OVER_SHARPEN,
    Kind.LOW_LIGHT,
    Kind.UPSCALED_THUMBNAIL,
    Kind.WEBP,
)
"""Damage that statistics of normalised luminance can show; casts and tones leave them as they are."""


@dataclass(frozen=True)
class NiqeRecipe:
    """The choice of pristine patches.

    Attributes:
        patch_sharpness: A patch counts from this share of its photo's sharpest on (the paper's .75).
        photo_share: Share of the photos, the sharpest, that count. The paper had pristine photos
            chosen by eye; of plain product photos many are soft.

    Example:
        >>> NiqeRecipe().patch_sharpness, NiqeRecipe(photo_share=1.0).photo_share
        (0.75, 1.0)
    """

    patch_sharpness: float = 0.75
    photo_share: float = 0.5


@dataclass(frozen=True)
class BrisqueRecipe:
    """The regression of features on damage.

    Smoother than held-out damaged products alone would ask for (`weights/brisque.md`): a closer fit
    of those ranks everyday photos, which are unlike them, less well.

    Attributes:
        centres: Radial basis functions.
        gamma: Their width: squared distances are multiplied by it.
        ridge: Penalty on their weights.
        seed: Draws the centres.

    Example:
        >>> BrisqueRecipe(centres=50).centres, BrisqueRecipe().gamma
        (50, 0.05)
    """

    centres: int = 600
    gamma: float = 0.05
    ridge: float = 1.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LabelledPhotos:
    """Damaged photos: features (N, 36), and damage (N,), 100 less the full-reference ensemble.

    Example:
        >>> LabelledPhotos(np.zeros((2, 36)), np.array([0.0, 60.0])).damage.tolist()
        [0.0, 60.0]
    """

    features: Float64Array
    damage: Float64Array


def make_natural_models(
    manifest: Path,
    licences: Sequence[str],
    weights: Path,
    versions: int,
    workers: int,
    progress: Progress,
) -> None:
    """Fit and write both models.

    Args:
        manifest: CSV: file, type, group, split, licence.
        licences: Photos under these exact terms are used, no others.
        weights: Folder for the models.
        versions: Damaged versions of each original.
        workers: Processes for damaging.
        progress: Told about progress.

    Raises:
        InvalidInput: No training photo has such a licence.
    """
    originals = filter_by_licence(read_manifest(manifest, "train"), licences)
    progress(f"{len(originals)} originals under {', '.join(licences)}")
    weights.mkdir(parents=True, exist_ok=True)
    fit_niqe(map(measure_patches, _iter_pixels(originals))).save(weights / NIQE_MODEL)
    progress(f"wrote {NIQE_MODEL}; damaging for BRISQUE")
    fit_brisque(label_damage(originals, versions, workers)).save(weights / BRISQUE_MODEL)
    progress(f"wrote {BRISQUE_MODEL}")


def filter_by_licence(originals: Iterable[Original], licences: Sequence[str]) -> list[Original]:
    """Return the originals under one of the licences.

    Raises:
        InvalidInput: There is none.

    Example:
        >>> originals = [
        ...     Original(Path(f"{n}.jpg"), str(n), "kitchen", "train", licence=licence)
        ...     for n, licence in enumerate(("CC0", "all rights reserved"))
        ... ]
        >>> [original.path.name for original in filter_by_licence(originals, ["CC0"])]
        ['0.jpg']
    """
    permitted = [original for original in originals if original.licence in licences]
    if not permitted:
        raise InvalidInput(f"no training photo is under {' or '.join(licences)}")
    return permitted


def fit_niqe(photos: Iterable[PatchStatistics], recipe: NiqeRecipe | None = None) -> NiqeModel:
    """Fit the multivariate Gaussian of sharp patches of the sharper photos.

    Args:
        photos: Patches of each photo; photos without texture do not count.
        recipe: How patches are chosen.

    Example:
        >>> photo = Photo.open("examples/photos/mug.jpg").pixels
        >>> model = fit_niqe([measure_patches(photo)])
        >>> model.mean.shape, model.covariance.shape
        ((36,), (36, 36))
    """
    chosen = recipe or NiqeRecipe()
    textured = [photo for photo in photos if photo.is_textured.any()]
    peaks = np.array([photo.sharpness[photo.is_textured].max() for photo in textured])
    limit = np.quantile(peaks, 1 - chosen.photo_share)
    features = np.vstack(
        [
            photo.features[photo.is_textured & (photo.sharpness > chosen.patch_sharpness * peak)]
            for photo, peak in zip(textured, peaks, strict=True)
            if peak >= limit
        ]
    )
    return NiqeModel(features.mean(axis=0), np.cov(features, rowvar=False))


def label_damage(
    originals: Sequence[Original], versions: int, workers: int, seed: int = 0
) -> LabelledPhotos:
    """Damage originals, measure and label every version and the originals themselves.

    Args:
        originals: What to damage.
        versions: Damaged versions of each.
        workers: Processes.
        seed: Changes which damage each original gets.
    """
    jobs = [(original, versions, seed + 1000 * number) for number, original in enumerate(originals)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_label_original, jobs))
    return LabelledPhotos(
        np.vstack([part.features for part in parts]), np.concatenate([part.damage for part in parts])
    )


def fit_brisque(labelled: LabelledPhotos, recipe: BrisqueRecipe | None = None) -> BrisqueModel:
    """Fit the regression in closed form: kernel ridge regression on a sample of centres.

    Args:
        labelled: What to learn from.
        recipe: Size and smoothness.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(80, 36))
        >>> labelled = LabelledPhotos(features, 50 + 10 * features[:, 0])
        >>> fit_brisque(labelled, BrisqueRecipe(centres=20)).centres.shape
        (20, 36)
    """
    chosen = recipe or BrisqueRecipe()
    low, high = labelled.features.min(axis=0), labelled.features.max(axis=0)
    scaled = 2 * (labelled.features - low) / (high - low) - 1
    generator = np.random.default_rng(chosen.seed)
    rows = generator.permutation(len(scaled))[: chosen.centres]
    centres, offset = scaled[rows], labelled.damage.mean()
    basis = rbf_kernel(scaled, centres, chosen.gamma)
    penalty = chosen.ridge * rbf_kernel(centres, centres, chosen.gamma)
    weights = np.linalg.lstsq(
        basis.T @ basis + penalty, basis.T @ (labelled.damage - offset), rcond=None
    )[0]
    return BrisqueModel(low, high, centres, weights, np.array(offset), np.array(chosen.gamma))


def _iter_pixels(originals: Iterable[Original]) -> Iterator[ByteArray]:
    for original in originals:
        yield Photo.open(original.path, max_side=ASSESSMENT_SIDE).pixels


def _label_original(job: tuple[Original, int, int]) -> LabelledPhotos:
    original, versions, seed = job
    cv2.setNumThreads(1)
    (pixels,) = _iter_pixels([original])
    reference = EnsembleReference.from_pixels(pixels)
    damage = sample_damage(versions, seed, LUMINANCE_KINDS)
    versions_pixels = [distort(pixels, kind, level, seed + n) for n, (kind, level) in enumerate(damage)]
    return LabelledPhotos(
        np.stack([brisque_features(version) for version in (pixels, *versions_pixels)]),
        np.array([100 - reference.score(version).score for version in (pixels, *versions_pixels)]),
    )

"""A trained mask network to the model that ships: exported, quantised, and its confidence calibrated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch

from packshot.arrays import ByteArray, Float64Array
from packshot.encode.mask import VIEW_SIDE, MaskCalibration, MaskNetwork, MaskPrediction, log_odds
from packshot.encode.model import Model
from packshot.scratch import Scratch
from packshot.train.datasets.composites import Composer, MaskExample
from packshot.train.datasets.teacher_masks import TeacherMask
from packshot.train.export import ModelInputs, annotate, export, quantise
from packshot.train.networks.mask import MaskNetwork as TrainedMask
from packshot.train.networks.mask import ShippedMask

MIN_OVERLAP = 0.8
"""Intersection over union with the truth, 0..1, from which on a mask is right (decision 18)."""

_OUTPUTS = ["product", "presence"]
_CALIBRATION_EXAMPLES = 400
"""Held-out examples that the confidence is fitted to."""

_EMPTY_SHARE = 0.35
"""Share of them without a product, 0..1. A judgement."""

_QUANTISATION_PHOTOS = 100
"""Composites whose activations set the ranges of quantisation."""

_PENALTY = 1.0
"""On the squares of the logistic regression's two slopes. A convention."""


def write_mask_model(
    network: TrainedMask,
    composer: Composer,
    empty_photos: Sequence[TeacherMask],
    path: Path,
    seed: int = 1,
) -> MaskCalibration:
    """Export, quantise, calibrate.

    Args:
        network: In evaluation mode.
        composer: Of held-out products and scenes.
        empty_photos: Held-out photos without a product.
        path: Of the ONNX file.
        seed: Of the composites.
    """
    random = np.random.default_rng(seed)
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        example = {"pixels": torch.zeros(2, VIEW_SIDE, VIEW_SIDE, 3, dtype=torch.uint8)}
        export(ShippedMask(network).eval(), example, _OUTPUTS, plain)
        ranges: Iterator[ModelInputs] = (
            {"pixels": composer.compose(random).pixels[None]} for _ in range(_QUANTISATION_PHOTOS)
        )
        quantise(plain, path, ranges, infers_shapes=False)
    calibration = calibrate_confidence(
        path, list(_iter_validation_examples(composer, empty_photos, random))
    )
    annotate(path, calibration=json.dumps(asdict(calibration)))
    return calibration


def _iter_validation_examples(
    composer: Composer, empty_photos: Sequence[TeacherMask], random: np.random.Generator
) -> Iterator[MaskExample]:
    for _ in range(_CALIBRATION_EXAMPLES):
        if random.random() >= _EMPTY_SHARE:
            yield composer.compose(random)
        elif empty_photos and random.random() < 0.6:
            yield _make_empty_example(empty_photos[int(random.integers(len(empty_photos)))])
        else:
            yield composer.compose_empty(random)


def _make_empty_example(teacher_mask: TeacherMask) -> MaskExample:
    pixels = cv2.resize(teacher_mask.pixels, (VIEW_SIDE, VIEW_SIDE), interpolation=cv2.INTER_AREA)
    return MaskExample(np.asarray(pixels, np.uint8), np.zeros((VIEW_SIDE, VIEW_SIDE), np.uint8), 0.0)


def calibrate_confidence(path: Path, examples: Sequence[MaskExample]) -> MaskCalibration:
    """Fit the chance that the network is right: logistic regression on what it says of itself.

    Args:
        path: The model.
        examples: With and without products.

    Example:
        >>> from importlib.resources import files
        >>> product = np.zeros((VIEW_SIDE, VIEW_SIDE), np.uint8)
        >>> product[60:180, 60:180] = 255
        >>> photo = np.where(product[..., None] > 0, (150, 30, 30), 255).astype(np.uint8)
        >>> white = np.full_like(photo, 255)
        >>> examples = [MaskExample(photo, product, 1.0), MaskExample(white, 0 * product, 0.0)]
        >>> calibration = calibrate_confidence(files("packshot") / "weights" / "mask.onnx", examples)
        >>> calibration.overlap > 0, calibration.presence > 0  # what the network says of itself counts
        (True, True)
    """
    model = Model.from_path(path)
    network = MaskNetwork(model)
    likelihoods = [network.predict(example.pixels) for example in examples]
    terms = np.array(
        [[1.0, log_odds(one.overlap_estimate), log_odds(one.presence)] for one in likelihoods]
    )
    is_right = [
        intersection_over_union(one, example.mask) >= MIN_OVERLAP
        for one, example in zip(likelihoods, examples, strict=True)
    ]
    offset, by_overlap, by_presence = fit_logistic(terms, np.array(is_right, np.float64))
    return MaskCalibration(float(offset), float(by_overlap), float(by_presence))


def intersection_over_union(likelihood: MaskPrediction, mask: ByteArray) -> float:
    """Compute intersection over union of prediction and truth; 0 where either is empty.

    Args:
        likelihood: By the network.
        mask: (S, S) uint8, 255 on the product.

    Example:
        >>> product, mask = np.zeros((4, 4), np.float32), np.zeros((8, 8), np.uint8)
        >>> product[:2], mask[:, :4] = 1, 255  # the upper half, the left half
        >>> round(float(intersection_over_union(MaskPrediction(product, 1.0), mask)), 2)
        0.33
    """
    resized = cv2.resize(likelihood.product, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    predicted, truth = np.asarray(resized) >= 0.5, mask > 127
    union = np.count_nonzero(predicted | truth)
    return np.count_nonzero(predicted & truth) / union if union else 0.0


def fit_logistic(terms: Float64Array, labels: Float64Array, rounds: int = 30) -> Float64Array:
    """Fit a logistic regression by Newton's method, a little penalised.

    Args:
        terms: (N, K), the first column ones.
        labels: (N,) 0 or 1.
        rounds: Steps.

    Example:
        >>> values = np.linspace(-2, 2, 100)
        >>> terms = np.stack([np.ones(100), values], axis=1)
        >>> offset, slope = fit_logistic(terms, (values > 0).astype(float))
        >>> round(abs(float(offset)), 3), bool(slope > 2)
        (0.0, True)
    """
    weights = np.zeros(terms.shape[1])
    penalty = _PENALTY * np.eye(terms.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        gradient = terms.T @ (labels - chance) - penalty @ weights
        curvature = (terms * (chance * (1 - chance))[:, None]).T @ terms + penalty
        weights = weights + np.linalg.solve(curvature, gradient)
    return np.asarray(weights)

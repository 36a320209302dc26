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
from packshot.encode.mask import VIEW_SIDE, Calibration, Likelihood, MaskNetwork, log_odds
from packshot.encode.model import Model
from packshot.scratch import Scratch
from packshot.train.datasets.composites import Composer, Example
from packshot.train.datasets.taught import Taught
from packshot.train.export import Inputs, annotate, export, quantise
from packshot.train.networks.mask import MaskNetwork as TrainedMask
from packshot.train.networks.mask import ShippedMask

RIGHT = 0.8
"""A mask is right if it overlaps the truth by so much, intersection over union."""

_OUTPUTS = ["product", "presence"]
_CALIBRATED_ON = 400
_EMPTY_SHARE = 0.35
_RANGES_FROM = 100
_PENALTY = 1.0


def write_mask(
    network: TrainedMask, composer: Composer, nothing: Sequence[Taught], path: Path, seed: int = 1
) -> Calibration:
    """Export, quantise, calibrate.

    Args:
        network: In evaluation mode.
        composer: Of held-out products and scenes.
        nothing: Held-out photos without a product.
        path: Of the ONNX file.
        seed: Of the composites.
    """
    random = np.random.default_rng(seed)
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        example = {"pixels": torch.zeros(2, VIEW_SIDE, VIEW_SIDE, 3, dtype=torch.uint8)}
        export(ShippedMask(network).eval(), example, _OUTPUTS, plain)
        ranges: Iterator[Inputs] = (
            {"pixels": composer.compose(random).pixels[None]} for _ in range(_RANGES_FROM)
        )
        quantise(plain, path, ranges, enlarges=True)
    calibration = calibrated(path, list(_held_out(composer, nothing, random)))
    annotate(path, calibration=json.dumps(asdict(calibration)))
    return calibration


def _held_out(
    composer: Composer, nothing: Sequence[Taught], random: np.random.Generator
) -> Iterator[Example]:
    for _ in range(_CALIBRATED_ON):
        if random.random() >= _EMPTY_SHARE:
            yield composer.compose(random)
        elif nothing and random.random() < 0.6:
            yield _as_it_is(nothing[int(random.integers(len(nothing)))])
        else:
            yield composer.empty(random)


def _as_it_is(answer: Taught) -> Example:
    pixels = cv2.resize(answer.pixels, (VIEW_SIDE, VIEW_SIDE), interpolation=cv2.INTER_AREA)
    return Example(np.asarray(pixels, np.uint8), np.zeros((VIEW_SIDE, VIEW_SIDE), np.uint8), 0.0)


def calibrated(path: Path, examples: Sequence[Example]) -> Calibration:
    """Fit when the network is right: logistic regression on what it says of itself.

    Args:
        path: The model.
        examples: With and without products.
    """
    model = Model.from_path(path)
    network = MaskNetwork(model)
    seen = [network.see(example.pixels) for example in examples]
    terms = np.array([[1.0, log_odds(one.overlap), log_odds(one.presence)] for one in seen])
    right = [overlap(one, example.mask) >= RIGHT for one, example in zip(seen, examples, strict=True)]
    offset, by_overlap, by_presence = logistic(terms, np.array(right, np.float64))
    return Calibration(float(offset), float(by_overlap), float(by_presence))


def overlap(seen: Likelihood, mask: ByteArray) -> float:
    """Intersection over union of what was seen and the truth; 0 where either is empty.

    Args:
        seen: By the network.
        mask: (S, S) uint8, 255 on the product.
    """
    raised = cv2.resize(seen.product, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    likely, truth = np.asarray(raised) >= 0.5, mask > 127
    either = np.count_nonzero(likely | truth)
    return np.count_nonzero(likely & truth) / either if either else 0.0


def logistic(terms: Float64Array, holds: Float64Array, rounds: int = 30) -> Float64Array:
    """Weights of a logistic regression, by Newton's method, a little penalised.

    Args:
        terms: (N, K), the first column ones.
        holds: (N,) 0 or 1.
        rounds: Steps.
    """
    weights = np.zeros(terms.shape[1])
    penalty = _PENALTY * np.eye(terms.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        slope = terms.T @ (holds - chance) - penalty @ weights
        curve = (terms * (chance * (1 - chance))[:, None]).T @ terms + penalty
        weights = weights + np.linalg.solve(curve, slope)
    return np.asarray(weights)

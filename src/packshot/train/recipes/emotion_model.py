"""A trained emotion network to the model that ships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch

from packshot.encode.views import to_whole_view
from packshot.photo import Photo
from packshot.scratch import Scratch
from packshot.train.export import annotate, export, halve_large_weights, quantise
from packshot.train.networks.emotion.network import PixelsToEmotion
from packshot.train.recipes.emotion_features import DECODED_SIDE

OUTPUTS = ["distribution", "intensities", "maps"]
"""Names of the model's outputs."""

_FLOAT_PREFIXES = ("backbone.backbone.evidence.groups", "backbone.projection.offset", "network.")
"""Beginnings of the names of weights that keep their precision: the small network on top, and sums."""

_MIN_HALVED_SIZE = 5_000
"""Numbers from which on a weight is stored in 16 bits."""


def write_emotion_model(
    network: PixelsToEmotion,
    side: int,
    calibration: Sequence[Path],
    metadata: Mapping[str, str],
    target: Path,
) -> None:
    """Export with an 8-bit backbone; the small network on top keeps its precision.

    Args:
        network: In evaluation mode.
        side: Of the square that it reads.
        calibration: Photos whose activations set the quantisation ranges; about a hundred.
        metadata: Written into the file.
        target: The ONNX file.
    """
    views = (to_whole_view(Photo.open(path, max_side=DECODED_SIDE).pixels, side) for path in calibration)
    example = {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        export(network.eval(), example, OUTPUTS, plain)
        quantise(plain, target, ({"pixels": view[None]} for view in views), _FLOAT_PREFIXES)
    model = onnx.load(str(target))
    halve_large_weights(model, _MIN_HALVED_SIZE)
    onnx.save(model, str(target))
    annotate(target, **metadata)

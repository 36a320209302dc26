"""A trained overlay network to the model that ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packshot.arrays import Pixels
from packshot.encode.overlay import MULTIPLE, pad_to_multiple, resize_for_network
from packshot.scratch import Scratch
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import add_text, add_watermark
from packshot.train.export import export_map, quantise
from packshot.train.networks.overlay import OverlayNetwork, ShippedOverlay

_QUANTISATION_PHOTOS = 60
"""Photos with overlays whose activations set the ranges of quantisation."""


def write_overlay_model(
    network: OverlayNetwork, photos: Sequence[Pixels], fonts: Fonts, path: Path
) -> None:
    """Export and quantise.

    Args:
        network: In evaluation mode.
        photos: Clean photos that, with overlays, set the ranges of activations.
        fonts: To write with.
        path: Of the ONNX file.
    """
    random = np.random.default_rng(2)
    add_overlay = (add_text, add_watermark)
    chosen = [photos[int(random.integers(len(photos)))] for _ in range(_QUANTISATION_PHOTOS)]
    examples = (
        add_overlay[number % 2](photo, random, fonts).pixels for number, photo in enumerate(chosen)
    )
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        export_map(ShippedOverlay(network).eval(), MULTIPLE, "maps", plain)
        quantise(
            plain,
            path,
            ({"pixels": pad_to_multiple(resize_for_network(pixels))[None]} for pixels in examples),
            infers_shapes=False,
        )

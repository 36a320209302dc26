"""A trained overlay network to the model that ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packshot.arrays import Pixels
from packshot.encode.overlay import MULTIPLE, padded, shrunk
from packshot.scratch import Scratch
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import with_text, with_watermark
from packshot.train.export import export_map, quantise
from packshot.train.networks.overlay import OverlayNetwork, ShippedOverlay

_RANGES_FROM = 60


def write_overlay(network: OverlayNetwork, photos: Sequence[Pixels], fonts: Fonts, path: Path) -> None:
    """Export and quantise.

    Args:
        network: In evaluation mode.
        photos: Clean photos that, with overlays, set the ranges of activations.
        fonts: To write with.
        path: Of the ONNX file.
    """
    random = np.random.default_rng(2)
    lays = (with_text, with_watermark)
    chosen = [photos[int(random.integers(len(photos)))] for _ in range(_RANGES_FROM)]
    laid = (lays[number % 2](photo, random, fonts).pixels for number, photo in enumerate(chosen))
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        export_map(ShippedOverlay(network).eval(), MULTIPLE, "maps", plain)
        quantise(
            plain, path, ({"pixels": padded(shrunk(pixels))[None]} for pixels in laid), enlarges=True
        )

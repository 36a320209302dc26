"""Recipe 1: trunks as they run: exported and quantised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, to_native_view, to_whole_view
from packshot.photo import Photo
from packshot.train.export import export, quantise
from packshot.train.networks.statistics import ViewNetwork

_OUTPUTS = ["content", "statistics"]
"""Names of the models' outputs."""


def export_content(network: ViewNetwork, calibration: Sequence[Path], target: Path) -> None:
    """Write the content encoder, quantised.

    Args:
        network: A trunk in evaluation mode.
        calibration: Photos whose activations set the quantisation ranges; about a hundred.
        target: The ONNX file.
    """
    views = (to_whole_view(pixels) for pixels in _iter_photos(calibration))
    _export_network(network, WHOLE_SIDE, target, views)


def export_native(network: ViewNetwork, calibration: Sequence[Path], target: Path) -> None:
    """Write the trunk of the distortion encoder, quantised; see `export_content`."""
    views = (to_native_view(pixels) for pixels in _iter_photos(calibration))
    _export_network(network, NATIVE_SIDE, target, views)


def _export_network(network: ViewNetwork, side: int, path: Path, calibration: Iterator[Pixels]) -> None:
    plain = path.with_suffix(".float.onnx")
    export(network, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, _OUTPUTS, plain)
    quantise(plain, path, ({"pixels": view[None]} for view in calibration))
    plain.unlink()


def _iter_photos(paths: Sequence[Path]) -> Iterator[Pixels]:
    return (Photo.open(path, max_side=ASSESSMENT_SIDE).pixels for path in paths)

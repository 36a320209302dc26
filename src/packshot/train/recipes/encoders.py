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

    Example:
        >>> from torch import nn
        >>> from packshot.encode.model import Model
        >>> class Tiny(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.layer = nn.Conv2d(3, 4, 8, stride=8)
        ...     def forward(self, pixels):
        ...         maps = self.layer(pixels.float().permute(0, 3, 1, 2) / 255)
        ...         return maps.mean((2, 3)), maps.amax((2, 3))
        >>> export_content(Tiny().eval(), [Path("examples/photos/mug.jpg")], Path("tiny.onnx"))
        >>> model = Model.from_path("tiny.onnx")
        >>> model.output_names, model.session.get_inputs()[0].shape
        (['content', 'statistics'], ['batch', 256, 256, 3])
    """
    views = (to_whole_view(pixels) for pixels in _iter_photos(calibration))
    _export_network(network, WHOLE_SIDE, target, views)


def export_native(network: ViewNetwork, calibration: Sequence[Path], target: Path) -> None:
    """Write the trunk of the distortion encoder, quantised; see `export_content`.

    Example:
        >>> from torch import nn
        >>> from packshot.encode.model import Model
        >>> class Tiny(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.layer = nn.Conv2d(3, 4, 8, stride=8)
        ...     def forward(self, pixels):
        ...         maps = self.layer(pixels.float().permute(0, 3, 1, 2) / 255)
        ...         return maps.mean((2, 3)), maps.amax((2, 3))
        >>> export_native(Tiny().eval(), [Path("examples/photos/mug.jpg")], Path("tiny.onnx"))
        >>> Model.from_path("tiny.onnx").session.get_inputs()[0].shape
        ['batch', 224, 224, 3]
    """
    views = (to_native_view(pixels) for pixels in _iter_photos(calibration))
    _export_network(network, NATIVE_SIDE, target, views)


def _export_network(network: ViewNetwork, side: int, path: Path, calibration: Iterator[Pixels]) -> None:
    plain = path.with_suffix(".float.onnx")
    export(network, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, _OUTPUTS, plain)
    quantise(plain, path, ({"pixels": view[None]} for view in calibration))
    plain.unlink()


def _iter_photos(paths: Sequence[Path]) -> Iterator[Pixels]:
    return (Photo.open(path, max_side=ASSESSMENT_SIDE).pixels for path in paths)

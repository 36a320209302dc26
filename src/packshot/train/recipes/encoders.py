"""Recipe 1: trunks as they run: exported and quantised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from packshot.arrays import AnyArray, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, to_native_view, to_whole_view
from packshot.errors import ModelError
from packshot.photo import Photo
from packshot.train.export import export, quantise
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation
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
        (['content', 'statistics'], ['batch', 224, 224, 3])
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


def load_exported_trunk(path: Path) -> EfficientNetLite:
    """Load the trunk of an exported, quantised network, to teach it further.

    Args:
        path: A file of `export_content` or `export_native`, or one that holds such a network, as
            ``distortion.onnx`` does.

    Returns:
        In evaluation mode, normalisation folded; weights are as exact as 8 bits let them be.

    Raises:
        ModelError: Cannot be read, or holds another network.

    Example:
        >>> from packshot.shipped import read_shipped
        >>> Path("content.onnx").write_bytes(read_shipped("content.onnx")) > 10**6
        True
        >>> trunk = load_exported_trunk(Path("content.onnx"))
        >>> bool(trunk(torch.zeros(1, 3, 64, 64)).isfinite().all())
        True
    """
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's errors and those of files have no common base
        raise ModelError(f"cannot read the model {path}: {error}") from error
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    trunk = fold_normalisation(EfficientNetLite().eval())
    prefix = _find_prefix(stored)
    try:
        state = {name: _dequantise(stored, f"{prefix}{name}") for name in trunk.state_dict()}
        trunk.load_state_dict(state)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} does not hold an EfficientNet-Lite0: {error}") from error
    return trunk


def _find_prefix(stored: Iterable[str]) -> str:
    """Find what stands before the names of a trunk's parameters."""
    last = "_conv_stem.weight_quantized"
    return next((name.removesuffix(last) for name in stored if name.endswith(f"trunk.{last}")), "trunk.")


def _dequantise(stored: dict[str, AnyArray], name: str) -> Tensor:
    """Return a parameter that is kept in 8 or 32 bits, with a scale of each channel or of all."""
    values = stored[f"{name}_quantized"].astype(np.float32)
    scale = stored.get(f"{name}_scale", stored.get(f"{name}_quantized_scale"))
    if scale is None:
        raise KeyError(f"{name}_scale")
    return torch.from_numpy(values * scale.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32))


def _export_network(network: ViewNetwork, side: int, path: Path, calibration: Iterator[Pixels]) -> None:
    plain = path.with_suffix(".float.onnx")
    export(network, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, _OUTPUTS, plain)
    inputs = ({"pixels": view[None]} for view in calibration)
    quantise(plain, path, inputs)
    plain.unlink()


def _iter_photos(paths: Sequence[Path]) -> Iterator[Pixels]:
    return (Photo.open(path, max_side=ASSESSMENT_SIDE).pixels for path in paths)

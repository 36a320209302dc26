"""From torch modules to quantised ONNX files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from packshot.arrays import AnyArray
from packshot.scratch import Scratch
from packshot.train.quantised_graph import lighten

OPSET = 20
"""Version of ONNX's operators that exports ask for; quantisation was tried with it."""

_QUANTISED_OPERATORS = ["Conv", "Add", "Clip"]
"""Clip must be among them: a ReLU6 outside the quantised region splits every layer in two."""

ModelInputs = dict[str, AnyArray]


def export(network: nn.Module, example: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    """Write a module as ONNX with a free batch dimension.

    Args:
        network: In evaluation mode.
        example: Its inputs by name, in order, with a batch of at least 2.
        outputs: Names of its outputs, in order.
        path: Where to.

    Example:
        >>> from packshot.encode.model import Model
        >>> network = nn.Sequential(nn.Linear(3, 2), nn.ReLU()).eval()
        >>> export(network, {"vector": torch.zeros(2, 3)}, ["code"], Path("code.onnx"))
        >>> Model.from_path("code.onnx").run(vector=np.ones((5, 3), np.float32))["code"].shape
        (5, 2)
    """
    batch = torch.export.Dim("batch")
    _write_program(network, example, outputs, tuple({0: batch} for _ in example), path)


def export_tiles(network: nn.Module, view_side: int, stride: int, path: Path) -> None:
    """Write a network that takes tiles and a view as ONNX, with free height and width.

    Args:
        network: In evaluation mode; ``pixels`` (1, H, W, 3) and ``view`` (1, S, S, 3), uint8, to
            ``enhanced`` like the pixels.
        view_side: S.
        stride: Sides of tiles are multiples of it.
        path: Where to.

    Example:
        >>> from packshot.encode.model import Model
        >>> class Lighten(nn.Module):
        ...     def forward(self, pixels, view):
        ...         return (pixels.float() + view.float().mean()).clamp(0, 255).round().to(torch.uint8)
        >>> export_tiles(Lighten().eval(), view_side=4, stride=8, path=Path("lighten.onnx"))
        >>> pixels, view = np.zeros((1, 16, 24, 3), np.uint8), np.full((1, 4, 4, 3), 20, np.uint8)
        >>> Model.from_path("lighten.onnx").run(pixels=pixels, view=view)["enhanced"][0, 0, 0].tolist()
        [20, 20, 20]
    """
    pixels = torch.zeros(1, 4 * stride, 5 * stride, 3, dtype=torch.uint8)
    view = torch.zeros(1, view_side, view_side, 3, dtype=torch.uint8)
    shapes = (_make_free_sides(stride), None)
    _write_program(network, {"pixels": pixels, "view": view}, ["enhanced"], shapes, path)


def export_map(network: nn.Module, stride: int, output: str, path: Path) -> None:
    """Write a network that takes one photo of any size as ONNX, with free height and width.

    Args:
        network: In evaluation mode; ``pixels`` (1, H, W, 3), uint8, to one map.
        stride: Sides of photos are multiples of it.
        output: Name of the map.
        path: Where to.

    Example:
        >>> from packshot.encode.model import Model
        >>> class Brightness(nn.Module):
        ...     def forward(self, pixels):
        ...         return pixels.float().mean(3) / 255
        >>> export_map(Brightness().eval(), stride=8, output="map", path=Path("brightness.onnx"))
        >>> photo = np.zeros((1, 16, 24, 3), np.uint8)
        >>> Model.from_path("brightness.onnx").run(pixels=photo)["map"].shape
        (1, 16, 24)
    """
    pixels = torch.zeros(1, 8 * stride, 10 * stride, 3, dtype=torch.uint8)
    _write_program(network, {"pixels": pixels}, [output], (_make_free_sides(stride),), path)


def _make_free_sides(stride: int) -> dict[int, Any]:
    """Return free height and width, multiples of a stride."""
    rows, columns = torch.export.Dim("rows", max=1024), torch.export.Dim("columns", max=1024)
    return {1: stride * rows, 2: stride * columns}


def _write_program(
    network: nn.Module,
    inputs: dict[str, Tensor],
    outputs: list[str],
    dynamic_shapes: tuple[dict[int, Any] | None, ...],
    path: Path,
) -> None:
    program = torch.onnx.export(
        network,
        tuple(inputs.values()),
        dynamo=True,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_shapes=dynamic_shapes,
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    program.save(str(path), external_data=False)


def quantise(
    source: Path,
    target: Path,
    calibration: Iterable[ModelInputs],
    float_prefixes: tuple[str, ...] = (),
    *,
    infers_shapes: bool = True,
) -> None:
    """Quantise convolutions to 8 bits: per-channel weights, activations by their range.

    Args:
        source: A float model.
        target: The quantised one.
        calibration: Inputs by name, batch of 1, whose activations set the ranges.
        float_prefixes: Weights whose names begin so keep their precision, and all that follows them.
        infers_shapes: False where symbolic shape inference cannot follow the model: one that resizes
            maps, or takes lines of them apart.

    Example:
        >>> from packshot.encode.model import Model
        >>> network = nn.Conv2d(3, 4, kernel_size=3).eval()
        >>> export(network, {"pixels": torch.zeros(2, 3, 8, 8)}, ["maps"], Path("float.onnx"))
        >>> photo = np.random.default_rng(0).random((1, 3, 8, 8), np.float32)
        >>> quantise(Path("float.onnx"), Path("small.onnx"), [{"pixels": photo}])
        >>> exact = Model.from_path("float.onnx").run(pixels=photo)["maps"]
        >>> rounded = Model.from_path("small.onnx").run(pixels=photo)["maps"]
        >>> bool(0 < np.abs(exact - rounded).max() < 0.05)
        True
    """
    with Scratch() as scratch:
        prepared = scratch.folder / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=not infers_shapes)
        quantize_static(
            str(prepared),
            str(target),
            _CalibrationReader(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=_QUANTISED_OPERATORS,
            nodes_to_exclude=_find_downstream_nodes(onnx.load(str(prepared)), float_prefixes),
        )
    model = onnx.load(str(target))
    lighten(model)
    onnx.save(model, str(target))


def _find_downstream_nodes(model: onnx.ModelProto, prefixes: tuple[str, ...]) -> list[str]:
    """Return the names of the nodes that take a weight named so, or anything that such a node gives."""
    reached: set[str] = set()
    names = []
    for node in model.graph.node if prefixes else ():
        if any(name in reached or name.startswith(prefixes) for name in node.input):
            reached.update(node.output)
            names.append(node.name)
    return names


def annotate(path: Path, **metadata: str) -> None:
    """Write key-value metadata into a model file.

    Example:
        >>> model = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
        >>> onnx.save(model, "model.onnx")
        >>> annotate(Path("model.onnx"), network="full", step="800")
        >>> {one.key: one.value for one in onnx.load("model.onnx").metadata_props}
        {'network': 'full', 'step': '800'}
    """
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, str(path))


def halve_large_weights(model: onnx.ModelProto, smallest: int = 100_000) -> None:
    """Store large float weights in 16 bits, widened again when the model is loaded; in place.

    Args:
        model: Any model.
        smallest: Weights with fewer numbers stay as they are.

    Example:
        >>> weights = onnx.numpy_helper.from_array(np.ones((4, 4), np.float32), "kernel")
        >>> model = onnx.helper.make_model(onnx.helper.make_graph([], "layer", [], [], [weights]))
        >>> halve_large_weights(model, smallest=16)
        >>> model.graph.initializer[0].name, model.graph.node[0].op_type
        ('kernel_half', 'Cast')
    """
    graph = model.graph
    large = [
        tensor
        for tensor in graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= smallest
    ]
    for tensor in large:
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        name = f"{tensor.name}_half"
        graph.initializer.append(onnx.numpy_helper.from_array(values, name))
        graph.initializer.remove(tensor)
        widen = onnx.helper.make_node("Cast", [name], [tensor.name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, widen)


class _CalibrationReader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, inputs: Iterable[ModelInputs]) -> None:
        self._inputs: Iterator[ModelInputs] = iter(inputs)

    def get_next(self) -> ModelInputs | None:
        """The next input, None at the end."""
        return next(self._inputs, None)

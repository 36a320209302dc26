"""The large encoder: the teacher itself as content network, and what it says of ratings by itself.

Nothing of it ships: who has the file of CLIP's image encoder makes the models from it, and an atlas that
goes with them, and names their folder where an assessor is asked for (`--encoder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from packshot.arrays import Float16Array, Float32Array, IndexArray
from packshot.encode.views import WHOLE_SIDE
from packshot.files import atomic_write_bytes
from packshot.train.datasets.teacher_features import (
    EMBEDDING,
    INPUT,
    LAYER_OUTPUTS,
    PIXEL_DEVIATION,
    PIXEL_MEAN,
    read_teacher,
)
from packshot.train.networks.kernel_head import KernelHead, KernelTargets
from packshot.train.recipes.quality import QualityData

EMBEDDING_SIZE: Final = 512
"""Numbers of the embedding, which is the content vector."""

_WIDTH: Final = 768
"""Numbers of a token."""

STATISTICS_SIZE: Final = 3 * len(LAYER_OUTPUTS) * _WIDTH
"""Of each layer the class token, and mean and deviation of the others."""


_PENALTY: Final = 0.05
_SHARPNESS: Final = 0.5
"""Of the kernel ridge regression, as of the student's teacher (`student_targets`)."""

_MAX_PEOPLE: Final = 1500
"""Photos rated by people that are kept. A judgement."""


def write_large_content(teacher: Path, target: Path) -> None:
    """Write a content network that runs the teacher on whole views.

    Pixels are scaled, the layers are pooled; the teacher's own weights stay as they are.

    Args:
        teacher: CLIP's image encoder, see `packshot.train.datasets.teacher_features`.
        target: The ONNX file: ``pixels`` (1, S, S, 3) uint8 to ``content`` (1, 512) and ``statistics``
            (1, 6912).

    Raises:
        ModelError: The file cannot be read, or is not that network.
    """
    network = read_teacher(teacher)
    graph = network.graph
    scaling, constants = _make_scaling()
    pooling = [node for layer in LAYER_OUTPUTS for node in _make_pooling(layer)]
    parts = [f"{layer}_{part}" for layer in LAYER_OUTPUTS for part in ("class", "mean", "deviation")]
    constants += [_make_constant("token_axis", [1]), _make_constant("first", [0])]
    constants += [_make_constant("second", [1]), _make_constant("end", [2**31])]
    nodes = [*scaling, *graph.node, *pooling, helper.make_node("Concat", parts, ["statistics"], axis=1)]
    nodes.append(helper.make_node("Identity", [EMBEDDING], ["content"]))
    shape: list[str | int | None] = ["batch", WHOLE_SIDE, WHOLE_SIDE, 3]
    outputs = [("content", EMBEDDING_SIZE), ("statistics", STATISTICS_SIZE)]
    joined = helper.make_graph(
        nodes,
        "large content network",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n]) for name, n in outputs],
        [*graph.initializer, *constants],
    )
    model = helper.make_model(joined, opset_imports=network.opset_import, ir_version=network.ir_version)
    atomic_write_bytes(model.SerializeToString(deterministic=True), target)


def fit_large_head(data: QualityData) -> KernelHead:
    """Fit what rated photos say of another, by kernel ridge regression over features of the whole view.

    Args:
        data: What may be trained on, with features that begin with those of the large content network.
    """
    products, people = data.products, _thin(len(data.people.photos))
    count = len(products.photos)
    rows = np.concatenate([_cut(products.features), _cut(data.people.features[people])])
    is_product = (np.arange(len(rows)) < count).astype(float)[:, None]
    on_products, on_people = np.arange(count), np.arange(count, len(rows))
    targets = [
        KernelTargets(on_products, products.ratings / 100),
        KernelTargets(on_people, data.people.scores[people, None] / 100),
        KernelTargets(on_products, products.faults),
        KernelTargets(np.arange(len(rows)), is_product),
    ]
    return KernelHead.fit(rows, targets, _PENALTY, _SHARPNESS)


def _cut(features: Float16Array) -> Float32Array:
    return features[:, : EMBEDDING_SIZE + STATISTICS_SIZE].astype(np.float32)


def _thin(count: int) -> IndexArray:
    """Rows of photos rated by people that are kept, evenly: each takes 15 kB of the model."""
    return np.linspace(0, count - 1, min(count, _MAX_PEOPLE)).astype(np.intp)


def _make_scaling() -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Make what turns pixels of a whole view into the teacher's input."""
    constants = [
        numpy_helper.from_array(PIXEL_MEAN.reshape(1, 3, 1, 1), "pixel_mean"),
        numpy_helper.from_array(PIXEL_DEVIATION.reshape(1, 3, 1, 1), "pixel_deviation"),
    ]
    nodes = [
        helper.make_node("Cast", ["pixels"], ["pixels_float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels_float"], ["pixels_planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Sub", ["pixels_planes", "pixel_mean"], ["pixels_centred"]),
        helper.make_node("Div", ["pixels_centred", "pixel_deviation"], [INPUT]),
    ]
    return nodes, constants


def _make_pooling(layer: str) -> list[onnx.NodeProto]:
    """Make what pools a layer's tokens, (B, T, 768): the class token, mean and deviation of others."""

    def name(part: str) -> str:
        return f"{layer}_{part}"

    return [
        helper.make_node("Slice", [layer, "first", "second", "token_axis"], [name("first")]),
        helper.make_node("Squeeze", [name("first"), "token_axis"], [name("class")]),
        helper.make_node("Slice", [layer, "second", "end", "token_axis"], [name("others")]),
        helper.make_node("ReduceMean", [name("others")], [name("centre")], axes=[1], keepdims=1),
        helper.make_node("Squeeze", [name("centre"), "token_axis"], [name("mean")]),
        helper.make_node("Sub", [name("others"), name("centre")], [name("centred")]),
        helper.make_node("Mul", [name("centred"), name("centred")], [name("squares")]),
        helper.make_node("ReduceMean", [name("squares")], [name("variance")], axes=[1], keepdims=0),
        helper.make_node("Sqrt", [name("variance")], [name("deviation")]),
    ]


def _make_constant(name: str, values: Sequence[int]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)

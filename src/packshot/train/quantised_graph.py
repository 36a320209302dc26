"""Quantised graphs made lighter, without a change of what they answer."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper
from onnx.reference import ReferenceEvaluator

from packshot.arrays import AnyArray

PIXELS: Final = "pixels"
"""Input that is looked at: uint8 pixels."""

_EVERY_PIXEL: Final = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
"""A picture that holds every value of a pixel."""

_ALIKE: Final = frozenset({"Cast", "Sub", "Div", "Mul", "Add"})
"""Operators that treat every pixel by itself."""


def lighten(model: ModelProto) -> None:
    """Leave out arithmetic that quantisation made needless; in place.

    Pixels that are scaled and then quantised to what they were are passed on as they are, and what is
    taken out of a map is taken before the map is widened to floats. Answers stay the same.

    Args:
        model: A quantised model; one without ``pixels`` keeps its beginning.

    Example:
        >>> import onnx
        >>> nodes = [
        ...     helper.make_node("Cast", ["pixels"], ["wide"], to=TensorProto.FLOAT),
        ...     helper.make_node("QuantizeLinear", ["wide", "scale", "zero"], ["codes"]),
        ... ]
        >>> pixels, codes = (
        ...     helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", 8, 8, 3])
        ...     for name in ("pixels", "codes")
        ... )
        >>> constants = [
        ...     onnx.numpy_helper.from_array(np.float32(1), "scale"),
        ...     onnx.numpy_helper.from_array(np.uint8(0), "zero"),
        ... ]
        >>> model = helper.make_model(helper.make_graph(nodes, "plain", [pixels], [codes], constants))
        >>> lighten(model)
        >>> [node.op_type for node in model.graph.node]
        ['Identity']
    """
    _pass_pixels_on(model)
    _slice_before_widening(model.graph)
    _drop_unused(model.graph)


def _pass_pixels_on(model: ModelProto) -> None:
    """Quantise pixels by nothing but the order of their axes, where that gives the same."""
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "QuantizeLinear"]:
        chain = _trace_to_pixels(graph, node)
        if not chain:
            continue
        lighter = _keep_order_of_axes(chain)
        if np.array_equal(_evaluate(model, chain), _evaluate(model, lighter)):
            place = list(graph.node).index(node)
            graph.node.remove(node)
            for offset, one in enumerate(lighter):
                graph.node.insert(place + offset, one)


def _trace_to_pixels(graph: GraphProto, node: NodeProto) -> list[NodeProto]:
    """List the nodes from the pixels to a quantisation, it last; none where there are others between."""
    sources = {name: one for one in graph.node for name in one.output}
    constants = {tensor.name for tensor in graph.initializer}
    chain = [node]
    while chain[0].input[0] != PIXELS:
        before = sources.get(chain[0].input[0])
        if before is None or before.op_type not in _ALIKE | {"Transpose"}:
            return []
        chain.insert(0, before)
    return chain if all(constants.issuperset(one.input[1:]) for one in chain) else []


def _keep_order_of_axes(chain: list[NodeProto]) -> list[NodeProto]:
    """Return what is left of a chain of nodes: its transpositions, from the pixels to the same name."""
    transposes = [one for one in chain if one.op_type == "Transpose"]
    target = chain[-1].output[0]
    if not transposes:
        return [helper.make_node("Identity", [PIXELS], [target], f"{target}_pixels")]
    names = [PIXELS, *(f"{target}_{number}" for number in range(1, len(transposes))), target]
    kept = []
    for number, one in enumerate(transposes):
        kept.append(helper.make_node("Transpose", names[number : number + 1], [names[number + 1]]))
        kept[-1].name = f"{names[number + 1]}_order"
        kept[-1].attribute.extend(one.attribute)
    return kept


def _evaluate(model: ModelProto, chain: list[NodeProto]) -> AnyArray:
    """Return what a chain of nodes makes of every value of a pixel."""
    wanted = {name for one in chain for name in one.input}
    constants = [tensor for tensor in model.graph.initializer if tensor.name in wanted]
    pixels = helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, _EVERY_PIXEL.shape)
    codes = helper.make_tensor_value_info(chain[-1].output[0], TensorProto.UINT8, None)
    graph = helper.make_graph(chain, "chain", [pixels], [codes], constants)
    part = helper.make_model(graph, opset_imports=model.opset_import)
    (found,) = ReferenceEvaluator(part).run(None, {PIXELS: _EVERY_PIXEL})
    return np.asarray(found)


def _slice_before_widening(graph: GraphProto) -> None:
    """Turn widening, then slicing into slicing, then widening: a quarter of the numbers to widen."""
    while True:
        sources = {name: one for one in graph.node for name in one.output}
        pairs = [(sources.get(one.input[0]), one) for one in graph.node if one.op_type == "Slice"]
        found = [
            (widen, part) for widen, part in pairs if widen is not None and _has_one_scale(graph, widen)
        ]
        if not found:
            return
        widen, part = found[0]
        few = f"{part.output[0]}_codes"
        place = list(graph.node).index(part)
        rest = list(part.input[1:])
        graph.node.remove(part)
        sliced = helper.make_node("Slice", [widen.input[0], *rest], [few], f"{part.name}_codes")
        widened = helper.make_node(
            "DequantizeLinear", [few, *widen.input[1:]], list(part.output), part.name
        )
        graph.node.insert(place, sliced)
        graph.node.insert(place + 1, widened)


def _has_one_scale(graph: GraphProto, node: NodeProto) -> bool:
    """Return whether a node widens codes by one scale for all."""
    if node.op_type != "DequantizeLinear":
        return False
    sizes = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    return sizes.get(node.input[1]) == 0


def _drop_unused(graph: GraphProto) -> None:
    """Drop nodes and constants that lead to no output."""
    wanted = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):
        if wanted.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            wanted.update(node.input)
    for tensor in [one for one in graph.initializer if one.name not in wanted]:
        graph.initializer.remove(tensor)

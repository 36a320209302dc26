"""Lightened graphs answer what they answered before, with fewer and cheaper nodes."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch")
onnx = pytest.importorskip("onnx", reason="needs onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from packshot.encode.model import Model  # noqa: E402
from packshot.train.quantised_graph import lighten  # noqa: E402

pytestmark = pytest.mark.train

OPSET = [helper.make_opsetid("", 20)]


def make_model(nodes, constants, output, output_type=TensorProto.FLOAT):
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 8, 6, 3])
    told = helper.make_tensor_value_info(output, output_type, ["a", "b", "c", "d"])
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "graph", [pixels], [told], held)
    return helper.make_model(graph, opset_imports=OPSET, ir_version=10)


def make_scaled(scale=1 / 128, zero=127, offset=127.0, divisor=128.0, order=((0, 3, 1, 2),)):
    """Pixels scaled to -1..1, their axes put in another order, quantised, and widened again."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["wide"], "cast", to=TensorProto.FLOAT),
        helper.make_node("Sub", ["wide", "offset"], ["moved"], "move"),
        helper.make_node("Div", ["moved", "divisor"], ["turned_0"], "divide"),
    ]
    for number, axes in enumerate(order):
        names = [f"turned_{number}"], [f"turned_{number + 1}"]
        nodes.append(helper.make_node("Transpose", *names, f"turn_{number}", perm=axes))
    last = f"turned_{len(order)}"
    nodes += [
        helper.make_node("QuantizeLinear", [last, "scale", "zero"], ["codes"], "quantise"),
        helper.make_node("DequantizeLinear", ["codes", "scale", "zero"], ["maps"], "widen"),
    ]
    constants = {
        "offset": np.float32(offset),
        "divisor": np.float32(divisor),
        "scale": np.float32(scale),
        "zero": np.uint8(zero),
    }
    return make_model(nodes, constants, "maps")


def add_slice(model):
    """Take every second line and column of the maps."""
    model.graph.output[0].name = "few"
    names = ("starts", "ends", "axes", "steps")
    values = ([0, 0], [8, 6], [2, 3], [2, 2])
    for name, value in zip(names, values, strict=True):
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    model.graph.node.append(helper.make_node("Slice", ["maps", *names], ["few"], "slice"))
    return model


def run(model):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 3)).astype(np.uint8)
    (output,) = Model.from_bytes(model.SerializeToString(), "test.onnx").run(pixels=pixels).values()
    return output


def lightened(model):
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    lighten(copied)
    onnx.checker.check_model(copied)
    return copied


def list_operators(model):
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("order", [(), ((0, 3, 1, 2),), ((0, 3, 1, 2), (0, 1, 3, 2))])
def test_pixels_that_come_out_as_they_were_are_passed_on(order):
    model = make_scaled(order=order)
    light = lightened(model)
    moves = ["Transpose"] * len(order) or ["Identity"]
    assert list_operators(light) == [*moves, "DequantizeLinear"]
    assert {tensor.name for tensor in light.graph.initializer} == {"scale", "zero"}
    assert np.array_equal(run(light), run(model))
    assert run(model).std() > 0.1


@pytest.mark.parametrize(
    "changes", [{"scale": 1 / 64}, {"zero": 126}, {"offset": 120.0}, {"divisor": 255.0}]
)
def test_pixels_that_are_changed_by_quantisation_are_still_scaled(changes):
    model = make_scaled(**changes)
    light = lightened(model)
    assert list_operators(light) == list_operators(model)
    assert np.array_equal(run(light), run(model))


def test_a_network_between_pixels_and_quantisation_is_left_alone():
    model = make_scaled()
    model.graph.node[2].op_type = "Max"
    assert list_operators(lightened(model)) == list_operators(model)


def test_what_is_taken_out_of_a_map_is_taken_before_it_is_widened():
    model = add_slice(make_scaled())
    light = lightened(model)
    assert list_operators(light) == ["Transpose", "Slice", "DequantizeLinear"]
    assert np.array_equal(run(light), run(model))
    assert run(light).shape == (2, 3, 4, 3)


def test_a_map_that_is_needed_whole_too_is_still_widened():
    model = add_slice(make_scaled())
    model.graph.output.append(helper.make_tensor_value_info("maps", TensorProto.FLOAT, list("abcd")))
    light = lightened(model)
    assert sorted(list_operators(light)) == [
        "DequantizeLinear",
        "DequantizeLinear",
        "Slice",
        "Transpose",
    ]


def test_a_map_with_a_scale_for_each_channel_is_widened_first():
    model = add_slice(make_scaled())
    widen = model.graph.node[-2]
    widen.input[1:] = ["scales", "zeros"]
    widen.attribute.append(helper.make_attribute("axis", 1))
    for name, values in (("scales", np.float32([0.1, 0.2, 0.3])), ("zeros", np.uint8([1, 2, 3]))):
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    light = lightened(model)
    assert list_operators(light)[-2:] == ["DequantizeLinear", "Slice"]
    assert np.array_equal(run(light), run(model))

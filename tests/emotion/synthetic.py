"""A network of known answers: red is pleasant, blue unpleasant, grey neither."""

import cv2
import numpy as np
import pytest

SIDE = 64
CELLS = 8
CONSTANTS = {
    "positive_bar": "0.2",
    "negative_bar": "0.25",
    "probability_scale": "1.5",
    "probability_offset": "-6.0",
}
RED, BLUE, GREY = (220, 30, 30), (30, 30, 220), (128, 128, 128)


def write_model(path, constants=CONSTANTS, outputs=("distribution", "intensities", "maps"), side=SIDE):
    """Write the network.

    maps: redness and blueness, each the excess of a channel over the mean of the others, 0..1, averaged
    in 8 x 8 cells; intensities: twice their mean, at most 1; distribution: a bump around
    4 + 3 (positive - negative).
    """
    onnx = pytest.importorskip("onnx", reason="needs onnx: make setup-train")
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = np.array([[1, -0.5, -0.5], [-0.5, -0.5, 1]], np.float32).reshape(2, 3, 1, 1) / 255
    constants_of_graph = {
        "weights": weights,
        "two": np.float32(2),
        "nothing": np.float32(0),
        "one": np.float32(1),
        "middle": np.float32(4),
        "side_weights": np.array([[3], [-3]], np.float32),
        "ratings": np.arange(1, 8, dtype=np.float32)[None],
        "space": np.array([2, 3], np.int64),
    }
    cell = side // CELLS
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=kinds.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "weights"], ["excess"]),
        helper.make_node("Relu", ["excess"], ["evidence"]),
        helper.make_node(
            "AveragePool", ["evidence"], ["maps"], kernel_shape=[cell, cell], strides=[cell, cell]
        ),
        helper.make_node("ReduceMean", ["maps", "space"], ["means"], keepdims=0),
        helper.make_node("Mul", ["means", "two"], ["doubled"]),
        helper.make_node("Clip", ["doubled", "nothing", "one"], ["intensities"]),
        helper.make_node("MatMul", ["intensities", "side_weights"], ["lean"]),
        helper.make_node("Add", ["lean", "middle"], ["centre"]),
        helper.make_node("Sub", ["ratings", "centre"], ["distance"]),
        helper.make_node("Mul", ["distance", "distance"], ["square"]),
        helper.make_node("Neg", ["square"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["distribution"], axis=1),
    ]
    shapes = {"distribution": ["N", 7], "intensities": ["N", 2], "maps": ["N", 2, CELLS, CELLS]}
    graph = helper.make_graph(
        nodes,
        "emotion",
        [helper.make_tensor_value_info("pixels", kinds.UINT8, ["N", side, side, 3])],
        [helper.make_tensor_value_info(name, kinds.FLOAT, shapes[name]) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(v), name) for name, v in constants_of_graph.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, dict(constants))
    onnx.save(model, str(path))
    return path


def draw_halves(left, right, height=120, width=200):
    """A picture of two colours side by side, (height, width, 3) RGB."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = left, right
    return picture


def save_picture(path, picture):
    """Write an RGB picture to a file."""
    cv2.imwrite(str(path), picture[..., ::-1])
    return path

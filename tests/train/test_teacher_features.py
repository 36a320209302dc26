"""The teacher's layers read off a file, and features that are computed once."""

import os

import cv2
import numpy as np
import onnx
import pytest

from packshot.errors import ModelError, UnreadablePhoto
from packshot.train.datasets.teacher_features import (
    LAYERS,
    compute_teacher_features,
    load_teacher,
    write_teacher_features,
)


def write_network(path, layers=LAYERS):
    """A network with the teacher's names: means of rows for layers, a mean for the embedding."""
    helper = onnx.helper
    nodes = [helper.make_node("ReduceMean", ["pixel_values"], ["image_embeds"], axes=[2, 3], keepdims=0)]
    for layer in layers:
        name = f"/vision_model/encoder/layers.{layer}/Add_1_output_0"
        nodes.append(helper.make_node("ReduceMean", ["pixel_values"], [name], axes=[3], keepdims=0))
    shapes = {"pixel_values": [1, 3, 224, 224], "image_embeds": [1, 3]}
    ends = [[helper.make_tensor_value_info(name, 1, shape)] for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "teacher", *ends)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


@pytest.fixture
def photos(tmp_path, picture):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), picture // (number + 1))
    return paths


def test_layers_are_read_though_the_file_does_not_give_them(tmp_path):
    path = write_network(tmp_path / "clip.onnx")
    before = path.read_bytes()
    pixels = np.full((300, 400, 3), 90, np.uint8)
    pixels[:150] = 200
    found = compute_teacher_features(load_teacher(path), pixels)
    small = cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA) / 255
    scaled = (small - [0.48145466, 0.4578275, 0.40821073]) / [0.26862954, 0.26130258, 0.27577711]
    tokens = scaled.mean(axis=1).T  # Of three channels, each with a number for every row.
    expected = [tokens[0], tokens[1:].mean(axis=0), tokens[1:].std(axis=0)]
    assert found == pytest.approx(np.concatenate([scaled.mean((0, 1)), *expected * 3]), abs=2e-3)
    assert path.read_bytes() == before


def test_features_are_computed_once(tmp_path, photos):
    path, target = write_network(tmp_path / "clip.onnx"), tmp_path / "features.npy"
    first = write_teacher_features(photos, path, target, 1, lambda text: None)
    assert first.shape[0] == 3
    assert first.dtype == np.float16
    written = os.stat(target).st_mtime_ns
    path.unlink()
    assert np.array_equal(write_teacher_features(photos, path, target, 1, lambda text: None), first)
    assert os.stat(target).st_mtime_ns == written


def test_features_of_other_photos_are_made_again(tmp_path, photos):
    path, target = write_network(tmp_path / "clip.onnx"), tmp_path / "features.npy"
    whole = write_teacher_features(photos, path, target, 0, lambda text: None)
    part = write_teacher_features(photos[1:], path, target, 0, lambda text: None)
    assert np.array_equal(part, whole[1:])


def test_an_unreadable_photo_leaves_no_file(tmp_path, photos):
    path, target = write_network(tmp_path / "clip.onnx"), tmp_path / "features.npy"
    with pytest.raises(UnreadablePhoto):
        write_teacher_features([*photos, tmp_path / "gone.png"], path, target, 0, lambda text: None)
    assert not target.exists()


def test_what_is_not_the_teacher_is_told(tmp_path, photos):
    (tmp_path / "words.onnx").write_text("no network")
    for path in (tmp_path / "gone.onnx", tmp_path / "words.onnx"):
        with pytest.raises(ModelError):
            load_teacher(path)
    other = write_network(tmp_path / "other.onnx", layers=(2, 5))
    with pytest.raises(ModelError, match=r"no .*layers\.8"):
        write_teacher_features(photos, other, tmp_path / "features.npy", 1, lambda text: None)

"""How the recipes fit together; needs PyTorch: `make setup-train`."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.encode import Encoders, FaultModel, Model  # noqa: E402
from packshot.encode.measurement_input import MEASUREMENT_NAMES  # noqa: E402
from packshot.train.datasets.damaged import KIND_NAMES, Original, Shard, save_shard  # noqa: E402
from packshot.train.datasets.looks import Looks  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, ProductRating  # noqa: E402
from packshot.train.features import CONTENT_SIZE  # noqa: E402
from packshot.train.networks.distortion import Projection, ProjectionShape  # noqa: E402
from packshot.train.recipes.damage_costs import UNRATED_ORIGINAL  # noqa: E402
from packshot.train.recipes.distortion_model import OUTPUTS, write_distortion_model  # noqa: E402
from packshot.train.recipes.everything import (  # noqa: E402
    AllLooks,
    Damage,
    RatedPhotos,
    Workshop,
    compute_all_features,
    join_damaged,
)
from packshot.train.recipes.native import make_damaged_features  # noqa: E402
from packshot.train.recipes.quality import QualityModel  # noqa: E402

pytestmark = pytest.mark.train

STATISTICS = 4


def write_trunk(path, side):
    """A network with a trunk's input and outputs: each number the mean of all pixels."""
    helper = onnx.helper
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=1),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
    ]
    axes = {"axis": np.array([1]), "axes": np.array([1, 2, 3])}
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in axes.items()]
    for name, size in (("content", CONTENT_SIZE), ("statistics", STATISTICS)):
        ones = np.ones((1, size), np.float32)
        constants.append(onnx.numpy_helper.from_array(ones, f"{name}_ones"))
        nodes.append(helper.make_node("Mul", ["column", f"{name}_ones"], [name]))
    pixels = helper.make_tensor_value_info("pixels", 2, ["batch", side, side, 3])
    outputs = [
        helper.make_tensor_value_info(name, 1, ["batch", size])
        for name, size in (("content", CONTENT_SIZE), ("statistics", STATISTICS))
    ]
    graph = helper.make_graph(nodes, "trunk", [pixels], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
    return path


def test_the_distortion_encoder_tells_all_that_the_projection_does(tmp_path):
    torch.manual_seed(0)
    size = 2 * (CONTENT_SIZE + STATISTICS) + 2 * len(MEASUREMENT_NAMES)
    projection = Projection(ProjectionShape(size, 8, 4, len(KIND_NAMES), faults=2)).eval()
    faults = (FaultModel("blurred", 0.4, 12.0), FaultModel("tilted", 0.3, 7.0))
    model = QualityModel(projection, faults, (np.empty((0, 3)),) * 3)
    native, target = write_trunk(tmp_path / "native.onnx", 8), tmp_path / "distortion.onnx"
    write_distortion_model(model, native, {"jpeg": 0.7}, target)
    written = Model.from_path(target)
    assert written.output_names == list(OUTPUTS)
    assert [one.name for one in written.session.get_inputs()] == [
        "pixels",
        "content",
        "statistics",
        "measured",
    ]
    encoders = Encoders(written, written)
    assert encoders.faults == faults
    assert encoders.kinds == KIND_NAMES
    assert encoders.limits == {"jpeg": 0.7}
    assert encoders.measurement_names == MEASUREMENT_NAMES
    generator = np.random.default_rng(0)
    parts = {
        "content": generator.normal(size=(1, CONTENT_SIZE)).astype(np.float32),
        "statistics": generator.normal(size=(1, STATISTICS)).astype(np.float32),
        "measured": generator.normal(size=(1, 2 * len(MEASUREMENT_NAMES))).astype(np.float32),
    }
    outputs = written.run(pixels=np.full((1, 8, 8, 3), 3, np.uint8), **parts)
    native_part = np.full((1, CONTENT_SIZE + STATISTICS), 3, np.float32)
    features = np.concatenate([*parts.values(), native_part], axis=1)
    with torch.no_grad():
        expected = projection(torch.from_numpy(features))
    assert outputs["distortion"] == pytest.approx(expected.code.numpy(), abs=1e-3)
    assert outputs["faults"] == pytest.approx(expected.readouts.faults.numpy(), abs=1e-3)
    assert outputs["readings"] == pytest.approx(100 * expected.readouts.readings.numpy(), abs=0.1)


def make_rating(path, source="shop"):
    ratings = np.array([60, 50, 40], np.float32)
    return ProductRating(path, f"{source}:{path.stem}", "", source, ratings, np.zeros(len(FAULTS)))


def test_damaged_versions_are_rated_as_their_originals_less_what_damage_costs(tmp_path):
    originals = [Original(tmp_path / f"{name}.jpg", name, "mugs", "train") for name in ("a", "b")]
    paths = [tmp_path / "00000.npz", tmp_path / "00001.npz"]
    measures = np.array([[0, 1, 1, 1], [0.3, 0.9, 0.6, 0.9]], np.float32)
    shard = Shard(
        *[np.zeros((2, 1))] * 2, np.array([0, 3]), np.array([0, 5]), measures, np.zeros((2, 26))
    )
    for path in paths:
        save_shard(shard, path)
    costs = np.array([0.5, 1.0, 0.0])
    damage = Damage(originals, paths, costs)
    rated = [make_rating((tmp_path / "a.jpg").resolve())]
    joined = join_damaged(damage, rated, np.zeros((4, 6), np.float16))
    assert list(joined.groups) == ["a", "a", "b", "b"]
    assert joined.names[1] == f"a {KIND_NAMES[3]} 5"
    missing = 1 - shard.scores[1] / 100
    assert joined.ratings[0] == pytest.approx([60, 50, 40])
    assert joined.ratings[1] == pytest.approx([60, 50, 40] * (1 - costs * missing), rel=1e-5)
    assert joined.ratings[2] == pytest.approx(UNRATED_ORIGINAL)
    assert make_damaged_features(joined, first=5).groups.tolist() == [5, 5, 6, 6]


def test_features_are_computed_once_for_each_pair_of_networks(tmp_path):
    squares = np.full((2, 8, 8, 3), 5, np.uint8)
    looks = AllLooks(*[Looks(squares, squares, np.full((2, 3), 9, np.float16))] * 4)
    content = write_trunk(tmp_path / "content.onnx", 8)
    messages = []
    shop = Workshop(tmp_path, 1, messages.append)
    first = compute_all_features(looks, content, content, shop)
    assert first.people.shape == (2, 2 * (CONTENT_SIZE + STATISTICS) + 3)
    assert len(messages) == 4
    again = compute_all_features(looks, content, content, shop)
    assert len(messages) == 4
    assert np.array_equal(first.pristine, again.pristine)
    other = write_trunk(tmp_path / "other.onnx", 16)
    with pytest.raises(Exception, match="fails"):
        compute_all_features(looks, other, content, shop)


def test_networks_are_quantised_on_photos_that_are_not_held_out():
    products = [make_rating(Path(f"{number}.jpg")) for number in range(20)]
    products.append(make_rating(Path("held.jpg"), source="smartstore"))
    people = [RatedPhoto(Path(f"people/{number}.jpg"), 50) for number in range(3)]
    chosen = RatedPhotos(products, people, []).select_calibration(10)
    assert len(chosen) == 5 + 3
    held_out = {photo.path for photo in products if photo.is_held_out}
    assert held_out
    assert not held_out & set(chosen)


def test_costs_are_kept(tmp_path):
    from packshot.train.recipes.everything import COSTS_FILE, load_or_fit_costs

    (tmp_path / COSTS_FILE).write_text(json.dumps([0.6, 0.8, 0.1]))
    found = load_or_fit_costs([], Workshop(tmp_path, 0, lambda text: None))
    assert found.tolist() == [0.6, 0.8, 0.1]

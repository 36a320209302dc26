"""The teacher itself as content network, and its head; needs PyTorch: `make setup-train`."""

from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.encode import Model  # noqa: E402
from packshot.encode.views import WHOLE_SIDE, to_whole_view  # noqa: E402
from packshot.errors import ModelError  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating  # noqa: E402
from packshot.train.datasets.teacher_features import (  # noqa: E402
    EMBEDDING,
    INPUT,
    LAYER_OUTPUTS,
    TEACHER_SIDE,
    compute_teacher_features,
    load_teacher,
)
from packshot.train.recipes import large  # noqa: E402
from packshot.train.recipes.large import (  # noqa: E402
    EMBEDDING_SIZE,
    STATISTICS_SIZE,
    fit_large_head,
    write_large_content,
)
from packshot.train.recipes.quality import (  # noqa: E402
    DamagedProducts,
    QualityData,
    RatedByPeople,
    RatedProducts,
)
from packshot.train.recipes.student_targets import predict_by_kernel_ridge  # noqa: E402
from tests.conftest import make_picture  # noqa: E402

pytestmark = pytest.mark.train

WHOLE = EMBEDDING_SIZE + STATISTICS_SIZE
WIDTH = 768


def write_teacher(path, opset=14):
    """A network with the teacher's names and sizes: tokens are pieces of the pixels, dimmer by layer."""
    helper, numbers = onnx.helper, onnx.numpy_helper
    constants = [numbers.from_array(np.array([0, -1, WIDTH]), "shape")]
    nodes = [helper.make_node("Reshape", [INPUT, "shape"], ["tokens"])]
    for number, layer in enumerate(LAYER_OUTPUTS):
        constants.append(numbers.from_array(np.float32(1 / (number + 1)), f"dim_{number}"))
        nodes.append(helper.make_node("Mul", ["tokens", f"dim_{number}"], [layer]))
    for name, value in {"from": 0, "to": EMBEDDING_SIZE, "axis": 2}.items():
        constants.append(numbers.from_array(np.array([value]), name))
    nodes.append(helper.make_node("Slice", [LAYER_OUTPUTS[-1], "from", "to", "axis"], ["part"]))
    nodes.append(helper.make_node("ReduceMean", ["part"], [EMBEDDING], axes=[1], keepdims=0))
    pixels = helper.make_tensor_value_info(INPUT, 1, ["batch", 3, TEACHER_SIDE, TEACHER_SIDE])
    embedding = helper.make_tensor_value_info(EMBEDDING, 1, ["batch", EMBEDDING_SIZE])
    graph = helper.make_graph(nodes, "teacher", [pixels], [embedding], constants)
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=7), path)
    return path


@pytest.fixture
def written(tmp_path):
    """The fake teacher, and the content network made of it."""
    teacher, target = write_teacher(tmp_path / "clip.onnx"), tmp_path / "large.onnx"
    before = teacher.read_bytes()
    write_large_content(teacher, target)
    assert teacher.read_bytes() == before
    return teacher, target


def test_the_whole_view_is_what_the_teacher_takes():
    assert WHOLE_SIDE == TEACHER_SIDE


def test_the_content_network_sees_what_the_teacher_does(written):
    teacher, target = written
    picture = make_picture(300, 400)
    outputs = Model.from_path(target).run(pixels=to_whole_view(picture)[None])
    expected = compute_teacher_features(load_teacher(teacher), picture)
    assert outputs["content"].shape == (1, EMBEDDING_SIZE)
    assert outputs["statistics"].shape == (1, STATISTICS_SIZE)
    found = np.concatenate([outputs["content"][0], outputs["statistics"][0]])
    assert expected.std() > 0.1
    assert found == pytest.approx(expected.astype(float), abs=2e-3)


def test_its_statistics_are_class_token_mean_and_deviation_of_each_layer(written):
    view = to_whole_view(make_picture(300, 400))
    mean, deviation = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    tokens = ((view / 255 - mean) / deviation).transpose(2, 0, 1).reshape(-1, WIDTH)
    columns = [tokens[0], tokens[1:].mean(axis=0), tokens[1:].std(axis=0)]
    expected = np.concatenate([column / dim for dim in (1, 2, 3) for column in columns])
    outputs = Model.from_path(written[1]).run(pixels=view[None])
    assert outputs["statistics"][0] == pytest.approx(expected, abs=1e-4)
    assert outputs["content"][0] == pytest.approx(tokens.mean(axis=0)[:EMBEDDING_SIZE] / 3, abs=1e-4)


def test_a_batch_is_seen_as_its_photos_are(written):
    network = Model.from_path(written[1])
    views = np.stack([to_whole_view(make_picture(300, 400, seed)) for seed in range(2)])
    together = network.run(pixels=views)
    for row, view in enumerate(views):
        for name, values in network.run(pixels=view[None]).items():
            assert together[name][row] == pytest.approx(values[0], abs=1e-5)


def test_what_is_not_the_teacher_is_told_and_nothing_is_written(tmp_path):
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "a", [], [])), tmp_path / "other.onnx")
    for name in ("gone.onnx", "other.onnx"):
        with pytest.raises(ModelError, match=name):
            write_large_content(tmp_path / name, tmp_path / "large.onnx")
    assert not (tmp_path / "large.onnx").exists()


def make_data(products=6, people=5):
    """Rated photos with features of the whole view, and some more of the native one."""
    generator = np.random.default_rng(0)

    def make_values(count):
        return generator.normal(size=(count, WHOLE + 9)).astype(np.float16)

    rated = [
        ProductRating(
            Path(f"{number}.jpg"),
            f"shop:{number}",
            "",
            "shop",
            generator.uniform(0, 100, 3).astype(np.float32),
            generator.integers(0, 3, len(FAULTS)).astype(np.float32) / 2,
        )
        for number in range(products)
    ]
    liked = [RatedPhoto(Path(f"p{number}.jpg"), 20.0 * number) for number in range(people)]
    empty = np.empty(0, int)
    return QualityData(
        RatedProducts(rated, make_values(products)),
        RatedByPeople(liked, make_values(people), np.arange(people), [Part.TRAINING] * people),
        DamagedProducts([], [], np.empty((0, 4)), np.empty((0, 3)), empty, empty),
    )


def test_its_head_tells_ratings_likes_faults_and_sort():
    data = make_data()
    head = fit_large_head(data)
    assert (head.inputs, head.weights.shape[1]) == (WHOLE, 4 + len(FAULTS) + 1)
    assert not head.training
    queries = np.concatenate([data.products.features, data.people.features])[:, :WHOLE]
    said = torch.sigmoid(head(torch.from_numpy(queries).float())).numpy()
    assert said.shape == (11, 3 + 1 + len(FAULTS) + 1)
    # All photos have the last target, so that it is plain kernel ridge regression.
    sort = (np.arange(11) < 6).astype(float)[:, None]
    rows = queries.astype(np.float32)
    expected = predict_by_kernel_ridge(rows, sort, rows, penalty=0.05, sharpness=0.5)
    assert said[:, -1:] == pytest.approx(expected.clip(0.01, 0.99), abs=1e-3)
    assert np.abs(said[:6, :3] - data.products.ratings / 100).max() < 0.1
    assert np.abs(said[6:, 3] - data.people.scores / 100).max() < 0.1
    assert np.abs(said[:6, 4:-1] - data.products.faults).max() < 0.1
    # Of the other sort of photos it knows no more than the mean.
    assert said[6:, 0].std() < 0.5 * said[:6, 0].std()


def test_of_many_photos_that_people_rated_few_are_kept_evenly(monkeypatch):
    monkeypatch.setattr(large, "_MAX_PEOPLE", 3)
    data = make_data()
    head = fit_large_head(data)
    assert head.points.shape == (6 + 3, WHOLE)
    kept = data.people.features[[0, 2, 4], :WHOLE].astype(np.float32)
    assert torch.allclose(head.points[6:], head.scale(torch.from_numpy(kept)))

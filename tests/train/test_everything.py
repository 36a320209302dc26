"""How the recipes fit together; needs PyTorch: `make setup-train`."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.cli.application import application  # noqa: E402
from packshot.encode import Encoders, FaultModel, Model  # noqa: E402
from packshot.encode.measurement_input import MEASUREMENT_NAMES  # noqa: E402
from packshot.train.datasets.damaged import KIND_NAMES, Original, Shard, save_shard  # noqa: E402
from packshot.train.datasets.looks import Looks  # noqa: E402
from packshot.train.datasets.oasis import EmotionPhoto  # noqa: E402
from packshot.train.datasets.pool import ExtraFolder  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating  # noqa: E402
from packshot.train.features import CONTENT_SIZE  # noqa: E402
from packshot.train.networks.distortion import Projection, ProjectionShape  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.kernel_head import KernelHead, KernelTargets  # noqa: E402
from packshot.train.networks.quality_head import QualityHead  # noqa: E402
from packshot.train.networks.statistics import STAGE_NUMBERS, WHOLE_NUMBERS  # noqa: E402
from packshot.train.recipes import everything  # noqa: E402
from packshot.train.recipes.damage_costs import UNRATED_ORIGINAL  # noqa: E402
from packshot.train.recipes.distortion_model import OUTPUTS, write_distortion_model  # noqa: E402
from packshot.train.recipes.everything import (  # noqa: E402
    AllLooks,
    Damage,
    RatedPhotos,
    TrainingInputs,
    Workshop,
    compute_all_features,
    find_people_part,
    join_damaged,
    join_data,
    load_head,
    load_start,
    make_content,
    make_student_data,
)
from packshot.train.recipes.native import make_damaged_features  # noqa: E402
from packshot.train.recipes.quality import QualityModel  # noqa: E402

pytestmark = pytest.mark.train

STATISTICS = 4


def write_trunk(path, side, statistics=STATISTICS):
    """A network with a trunk's input and outputs: each number the mean of all pixels."""
    helper = onnx.helper
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=1),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
    ]
    axes = {"axis": np.array([1]), "axes": np.array([1, 2, 3])}
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in axes.items()]
    sizes = ("content", CONTENT_SIZE), ("statistics", statistics)
    for name, size in sizes:
        ones = np.ones((1, size), np.float32)
        constants.append(onnx.numpy_helper.from_array(ones, f"{name}_ones"))
        nodes.append(helper.make_node("Mul", ["column", f"{name}_ones"], [name]))
    pixels = helper.make_tensor_value_info("pixels", 2, ["batch", side, side, 3])
    outputs = [helper.make_tensor_value_info(name, 1, ["batch", size]) for name, size in sizes]
    graph = helper.make_graph(nodes, "trunk", [pixels], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
    return path


def make_quality_head(inputs):
    head = QualityHead(inputs, faults=2)
    torch.nn.init.normal_(head.lines.weight, std=0.1)
    return head


def make_kernel_head(inputs):
    generator = np.random.default_rng(1)
    features = generator.normal(size=(9, inputs)).astype(np.float32)
    targets = KernelTargets(np.arange(9), generator.random((9, 7)))
    return KernelHead.fit(features, [targets], penalty=0.05, sharpness=0.5)


@pytest.mark.parametrize("content", [CONTENT_SIZE, 6])
@pytest.mark.parametrize("make_head", [None, make_quality_head, make_kernel_head])
def test_the_distortion_encoder_tells_all_that_the_projection_does(tmp_path, make_head, content):
    torch.manual_seed(0)
    whole, measured = content + STATISTICS, 2 * len(MEASUREMENT_NAMES)
    size = whole + measured + CONTENT_SIZE + STAGE_NUMBERS
    shape = ProjectionShape(size, 8, 4, len(KIND_NAMES), faults=2, content=content)
    projection = Projection(shape, taught=make_head and make_head(whole)).eval()
    projection.readouts.weights.normal_(std=0.005)
    projection.readouts.taught_slopes.fill_(0.5)
    faults = (FaultModel("blurred", 0.4, 12.0), FaultModel("tilted", 0.3, 7.0))
    model = QualityModel(projection, faults, (np.empty((0, 3)),) * 3)
    native = write_trunk(tmp_path / "native.onnx", 8, STAGE_NUMBERS)
    target = tmp_path / "distortion.onnx"
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
        "content": generator.normal(size=(3, content)).astype(np.float32),
        "statistics": generator.normal(size=(3, STATISTICS)).astype(np.float32),
        "measured": generator.normal(size=(3, measured)).astype(np.float32),
    }
    outputs = written.run(pixels=np.full((3, 8, 8, 3), 3, np.uint8), **parts)
    native_part = np.full((3, CONTENT_SIZE + STAGE_NUMBERS), 3, np.float32)
    features = np.concatenate([*parts.values(), native_part], axis=1)
    with torch.no_grad():
        expected = projection(torch.from_numpy(features))
    readouts = expected.readouts
    assert outputs["distortion"] == pytest.approx(expected.code.numpy(), abs=1e-3)
    assert outputs["faults"] == pytest.approx(readouts.faults.numpy(), abs=1e-3)
    assert outputs["product"] == pytest.approx(readouts.product.numpy(), abs=1e-3)
    assert outputs["readings"] == pytest.approx(100 * readouts.readings.numpy(), abs=0.1)
    if make_head is not None:
        projection.taught = None
        with torch.no_grad():
            alone = projection(torch.from_numpy(features)).readouts
        assert (alone.readings - readouts.readings).abs().max() > 0.01
        assert (alone.faults - readouts.faults).abs().max() > 0.01


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


def make_inputs(**changes):
    nowhere = Path("none")
    paths = [nowhere] * 6
    return TrainingInputs(*paths, (1.0, 5.0), *[nowhere] * 3, **changes)


def make_people(count, folder="people", score=50.0):
    return [RatedPhoto(Path(f"{folder}/{number}.jpg"), score) for number in range(count)]


def test_people_s_photos_are_shared_out_by_their_name_alone():
    parts = [find_people_part(photo) for photo in make_people(4000)]
    shares = [parts.count(part) / len(parts) for part in Part]
    assert shares == pytest.approx([0.85, 0.075, 0.075], abs=0.015)
    assert [find_people_part(photo) for photo in make_people(400, "elsewhere", 90.0)] == parts[:400]


def test_near_duplicates_may_be_in_other_parts_and_content_alone_decides_groups(monkeypatch):
    people = make_people(60)
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(60, 8)).astype(np.float16)
    rows[30:, :5] = rows[:30, :5]
    features = everything.AllFeatures(rows[:1], rows, rows[:0], rows[:0])
    rated = RatedPhotos([make_rating(Path("mug.jpg"))], people, [])
    damage = Damage([], [], np.ones(3))

    monkeypatch.setattr(everything, "join_damaged", lambda *rest: None)
    five, eight = (join_data(rated, damage, features, size) for size in (5, 8))
    assert np.array_equal(five.people.groups[30:], five.people.groups[:30])
    assert not np.array_equal(eight.people.groups[30:], eight.people.groups[:30])
    assert five.people.parts == eight.people.parts == [find_people_part(photo) for photo in people]


def test_a_student_begins_with_a_content_network_where_one_is_named(tmp_path, monkeypatch):
    torch.manual_seed(0)
    checkpoint = EfficientNetLite().eval()
    torch.save(checkpoint.state_dict(), tmp_path / "lite0.pth")
    asked = []
    monkeypatch.setattr(everything, "load_exported_trunk", lambda path: asked.append(path) or "trunk")
    inputs = make_inputs(start=tmp_path / "content.onnx")
    assert load_start(inputs) == "trunk"
    assert asked == [tmp_path / "content.onnx"]
    plain = load_start(replace(make_inputs(), checkpoint=tmp_path / "lite0.pth"))
    assert asked == [tmp_path / "content.onnx"]
    assert torch.equal(plain._conv_stem.weight, checkpoint._conv_stem.weight)


def test_the_teacher_s_features_stand_in_the_order_of_the_photos(tmp_path, monkeypatch):
    """Each photo's feature is the number in its name."""
    products = [make_rating(Path(f"{number}.jpg")) for number in range(4)]
    products.append(make_rating(Path("4.jpg"), source="smartstore"))
    people = [RatedPhoto(Path(f"{number}.jpg"), 50) for number in (5, 6)]
    pleasant = [EmotionPhoto(Path("7.jpg"), "beach", 5.0, 1.0, 4.0)]
    asked = {}

    def show(photos, teacher, path, workers, progress):
        return np.array([[int(photo.stem)] for photo in photos], np.float16)

    def write_pool(planned, folder, fonts, workers):
        asked["planned"] = planned
        return [folder / "10.jpg", folder / "12.jpg"]

    def write_drawn(originals, folder, fonts, workers):
        asked["originals"], asked["folder"] = list(originals), folder
        return [folder / "20.jpg"]

    monkeypatch.setattr(everything, "write_teacher_features", show)
    monkeypatch.setattr(everything, "write_pool", write_pool)
    monkeypatch.setattr(everything, "write_drawn", write_drawn)
    monkeypatch.setattr(everything.Fonts, "from_folder", lambda folder: None)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "cup.jpg").touch()
    inputs = make_inputs(extra=(ExtraFolder(tmp_path / "more", 3),))
    rated, shop = RatedPhotos(products, people, pleasant), Workshop(tmp_path, 0, lambda text: None)
    data = make_student_data(inputs, rated, shop)
    assert [int(path.stem) for path in data.photos] == data.features[:, 0].tolist()
    assert data.counts == (5, 2, 2, 1, 1)
    assert asked["originals"] == [photo.path for photo in products if not photo.is_held_out]
    assert products[4].path not in asked["originals"]
    assert any(photo.scene is not None for photo in asked["planned"])
    assert asked["folder"] != data.pool[0].parent


def test_a_taught_network_is_taught_once_and_its_head_comes_back(tmp_path, monkeypatch):
    torch.manual_seed(0)
    quality, calls = QualityHead(WHOLE_NUMBERS, len(FAULTS)), []

    def teach(data, trunk, recipe, folder, progress):
        calls.append(folder)
        return SimpleNamespace(quality=quality, view="view")

    def export(view, calibration, target):
        assert view == "view"
        target.write_bytes(b"model")

    monkeypatch.setattr(everything, "make_student_data", lambda *rest: None)
    monkeypatch.setattr(everything, "load_start", lambda inputs: None)
    monkeypatch.setattr(everything, "teach_student", teach)
    monkeypatch.setattr(everything, "export_content", export)
    shop = Workshop(tmp_path, 0, lambda text: None)
    first, again = (make_content(make_inputs(), RatedPhotos([], [], []), shop) for _ in range(2))
    assert calls == [tmp_path / "student"]
    assert first.path == again.path
    assert again.path.read_bytes() == b"model"
    assert again.size == CONTENT_SIZE
    features = torch.randn(2, WHOLE_NUMBERS)
    assert torch.equal(again.head(features), quality.eval()(features))
    assert not again.head.training


def test_a_head_of_other_features_is_refused(tmp_path):
    torch.save(QualityHead(WHOLE_NUMBERS - 1, len(FAULTS)).state_dict(), tmp_path / "head.pt")
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_head(tmp_path / "head.pt")


def test_the_large_network_is_the_teacher_and_needs_no_student(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(everything, "write_large_content", lambda *paths: written.append(paths))
    monkeypatch.setattr(everything, "teach_student", None)
    inputs = replace(make_inputs(is_large=True), teacher=tmp_path / "clip.onnx")
    shop = Workshop(tmp_path, 0, lambda text: None)
    content = make_content(inputs, RatedPhotos([], [], []), shop)
    assert written == [(tmp_path / "clip.onnx", content.path)]
    assert content.size == 512
    assert content.head is None


def test_a_native_trunk_is_taken_out_of_a_model_once(tmp_path, monkeypatch):
    taken, trunk = [], EfficientNetLite().eval()

    def export(network, calibration, target):
        taken.append((network.trunk, list(calibration)))
        target.write_bytes(b"trunk")

    monkeypatch.setattr(everything, "load_exported_trunk", {tmp_path / "distortion.onnx": trunk}.get)
    monkeypatch.setattr(everything, "export_native", export)
    inputs = replace(make_inputs(), native=tmp_path / "distortion.onnx")
    people = [RatedPhoto(tmp_path / f"{number}.jpg", 50) for number in range(3)]
    rated, shop = RatedPhotos([], people, []), Workshop(tmp_path, 0, lambda text: None)
    parts = inputs, rated, None, None, None, shop
    first, again = (everything._load_or_make_native(*parts) for _ in range(2))
    assert taken == [(trunk, rated.select_calibration())]
    assert first == again == tmp_path / "native.onnx"
    assert first.read_bytes() == b"trunk"
    assert [path.name for path in tmp_path.iterdir()] == ["native.onnx"]


@pytest.mark.parametrize("is_large", [False, True])
def test_the_command_names_what_it_is_made_from(tmp_path, monkeypatch, is_large):
    asked = []
    monkeypatch.setattr(everything, "make_everything", lambda *parts: asked.append(parts))
    names = ("checkpoint", "teacher", "product-ratings", "products", "ratings", "photos")
    names += ("pleasantness", "pleasant-photos", "fonts", "work", "weights")
    options = [part for name in names for part in (f"--{name}", str(tmp_path / name))]
    options += ["--start", str(tmp_path / "content.onnx"), "--extra", f"{tmp_path}:7"]
    options += ["--large"] * is_large
    result = CliRunner().invoke(application, ["train", "everything", *options])
    assert result.exit_code == 0, result.output
    ((inputs, work, weights, *_),) = asked
    assert (work, weights) == (tmp_path / "work", tmp_path / "weights")
    assert inputs.start == tmp_path / "content.onnx"
    assert inputs.is_large is is_large
    assert inputs.extra == (ExtraFolder(tmp_path, 7),)
    assert inputs.product_ratings == tmp_path / "product-ratings"
    assert inputs.native is None

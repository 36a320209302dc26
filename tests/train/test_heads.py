"""What heads say of features, and how it is joined with lines; needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.encode import Model  # noqa: E402
from packshot.train.export import export  # noqa: E402
from packshot.train.networks.distortion import (  # noqa: E402
    Projection,
    ProjectionShape,
    Readouts,
)
from packshot.train.networks.kernel_head import KernelHead, KernelTargets  # noqa: E402
from packshot.train.networks.quality_head import READINGS, QualityHead  # noqa: E402
from packshot.train.recipes.student_targets import predict_by_kernel_ridge  # noqa: E402

pytestmark = pytest.mark.train

PENALTY, SHARPNESS = 0.05, 0.5
INPUTS, FAULTS = 10, 3
OUTPUTS = len(READINGS) + FAULTS + 1


def squash(values):
    return 1 / (1 + np.exp(-values))


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def make_quality_head():
    torch.manual_seed(1)
    head = QualityHead(INPUTS, FAULTS, max_feature=1.5)
    torch.nn.init.normal_(head.norm.weight)
    torch.nn.init.normal_(head.norm.bias)
    return head.eval()


def make_targets(count, outputs, seed=5):
    return np.random.default_rng(seed).random((count, outputs))


def make_kernel_head(count=20):
    targets = KernelTargets(np.arange(count), make_targets(count, OUTPUTS))
    return KernelHead.fit(draw(count, INPUTS, seed=3), [targets], PENALTY, SHARPNESS)


def run_exported(network, features, path):
    """What a network says when it is run from its file."""
    export(network, {"features": torch.zeros(2, features.shape[1])}, ["logits"], path)
    return Model.from_path(path).run(features=features)["logits"]


def test_a_quality_head_against_numpy():
    head, features = make_quality_head(), 2 * draw(5, INPUTS)
    cut = np.minimum(features, 1.5).astype(float)
    centred = cut - cut.mean(axis=1, keepdims=True)
    normal = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    state = {name: value.numpy().astype(float) for name, value in head.state_dict().items()}
    scaled = normal * state["norm.weight"] + state["norm.bias"]
    expected = scaled @ state["lines.weight"].T + state["lines.bias"]
    found = head(torch.from_numpy(features)).detach().numpy()
    assert found.shape == (5, OUTPUTS)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_feature_without_bound_does_not_decide():
    head, features = make_quality_head(), torch.from_numpy(draw(2, INPUTS))
    features[:, 4] = torch.tensor([1.5, 1000.0])
    features[1, :4], features[1, 5:] = features[0, :4], features[0, 5:]
    first, second = head(features)
    torch.testing.assert_close(first, second)  # Rows of a product may be summed up in another order.


def test_a_quality_head_refuses_features_of_another_length():
    with pytest.raises(RuntimeError):
        make_quality_head()(torch.zeros(2, INPUTS + 1))


@pytest.mark.parametrize("make_head", [make_quality_head, make_kernel_head])
def test_heads_say_the_same_from_their_file(make_head, tmp_path):
    head, features = make_head(), draw(7, INPUTS, seed=9)
    told = head(torch.from_numpy(features)).detach().numpy()
    assert told.std(axis=0).min() > 1e-3
    assert run_exported(head, features, tmp_path / "head.onnx") == pytest.approx(told, abs=1e-4)


def test_a_kernel_head_says_what_kernel_ridge_does():
    known, queries = draw(40, INPUTS), draw(15, INPUTS, seed=1)
    targets = squash(known[:, :2] @ draw(2, 3, seed=2)).astype(float)
    rows = KernelTargets(np.arange(40), targets)
    head = KernelHead.fit(known, [rows], PENALTY, SHARPNESS)
    said = predict_by_kernel_ridge(known, targets, queries, PENALTY, SHARPNESS)
    found = torch.sigmoid(head(torch.from_numpy(queries))).numpy()
    assert said.std() > 0.1
    assert found == pytest.approx(said.clip(0.01, 0.99), abs=1e-3)


def test_a_kernel_head_against_loops_where_few_photos_have_a_target():
    known, queries = draw(9, 4), draw(3, 4, seed=1)
    parts = [
        KernelTargets(np.arange(9), make_targets(9, 1)),
        KernelTargets(np.array([1, 4, 6, 7]), make_targets(4, 2, seed=6)),
    ]
    head = KernelHead.fit(known, parts, penalty=0.2, sharpness=0.7)

    def scale(row):
        return np.clip((row - known.mean(0)) / (known.std(0) + 1e-6), -6, 6).astype(float)

    def kernel(one, other):
        return np.exp(-0.7 * ((scale(one) - scale(other)) ** 2).sum() / 4)

    columns = []
    for part in parts:
        points = known[part.rows]
        inner = np.array([[kernel(one, other) for other in points] for one in points])
        outer = np.array([[kernel(one, other) for other in points] for one in queries])
        centre = part.values.mean(axis=0)
        weights = np.linalg.inv(inner + 0.2 * np.eye(len(points))) @ (part.values - centre)
        columns.append(outer @ weights + centre)
    expected = np.concatenate(columns, axis=1).clip(0.01, 0.99)
    found = torch.sigmoid(head(torch.from_numpy(queries))).numpy()
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_sharp_kernel_head_knows_its_own_photos_and_says_the_mean_of_others():
    known = draw(12, INPUTS)
    targets = make_targets(12, 2)
    rows = KernelTargets(np.arange(12), targets)
    head = KernelHead.fit(known, [rows], penalty=1e-4, sharpness=1000)
    own, other = (torch.sigmoid(head(torch.from_numpy(part))).numpy() for part in (known, -known))
    assert own == pytest.approx(targets.clip(0.01, 0.99), abs=1e-3)
    assert other == pytest.approx(np.tile(targets.mean(axis=0), (12, 1)), abs=1e-3)


def test_odds_of_what_is_sure_have_a_bound():
    known = draw(8, INPUTS)
    rows = KernelTargets(np.arange(8), np.tile([[0.0, 1.0]], (8, 1)))
    head = KernelHead.fit(known, [rows], PENALTY, SHARPNESS)
    most = np.log(99)
    assert head(torch.from_numpy(known)).numpy() == pytest.approx(
        np.tile([[-most, most]], (8, 1)), abs=1e-3
    )


def test_a_target_of_a_photo_that_is_not_there_is_refused():
    rows = KernelTargets(np.array([0, 9]), np.zeros((2, 1)))
    with pytest.raises(IndexError):
        KernelHead.fit(draw(9, 4), [rows], PENALTY, SHARPNESS)


def make_readouts():
    """Lines with other numbers each; slopes of chances, and of what is taught."""
    generator = torch.Generator().manual_seed(0)
    readouts = Readouts(INPUTS, FAULTS)
    for name, spread in {"weights": 0.1, "slopes": 1.0, "taught_slopes": 0.5, "intercepts": 1.0}.items():
        part = getattr(readouts, name)
        part.copy_(spread * torch.randn(part.shape, generator=generator))
    return readouts


def read_lines(readouts, scaled):
    """Readings and log odds as lines tell them."""
    part = {name: value.numpy().astype(float) for name, value in readouts.state_dict().items()}
    lines = scaled @ part["weights"].T + part["offsets"]
    count = len(READINGS)
    return lines[:, :count], lines[:, count:] * part["slopes"] + part["intercepts"]


@pytest.mark.parametrize("is_taught", [False, True])
def test_readings_are_averaged_and_log_odds_are_added(is_taught):
    readouts, scaled, taught = make_readouts(), draw(6, INPUTS), 2 * draw(6, OUTPUTS, seed=1)
    told_by = torch.from_numpy(taught) if is_taught else None
    output = readouts(torch.from_numpy(scaled), told_by, QualityHead.share)
    readings, odds = read_lines(readouts, scaled)
    if is_taught:
        told = squash(taught[:, : len(READINGS)])
        readings = (1 - QualityHead.share) * readings + QualityHead.share * told
        odds = odds + taught[:, len(READINGS) :] * readouts.taught_slopes.numpy()
    assert output.readings.numpy() == pytest.approx(readings.clip(-0.1, 1.1), abs=1e-5)
    assert output.faults.numpy() == pytest.approx(squash(odds)[:, :FAULTS], abs=1e-5)
    assert output.product.numpy() == pytest.approx(squash(odds)[:, FAULTS], abs=1e-5)


def test_a_line_beyond_all_ratings_is_cut_after_it_is_averaged():
    readouts = Readouts(INPUTS, FAULTS)
    readouts.offsets.fill_(1.2)
    nothing, unsure = torch.zeros(1, INPUTS), torch.zeros(1, OUTPUTS)
    assert readouts(nothing).readings.numpy() == pytest.approx(np.full((1, 4), 1.1))
    expected = QualityHead.share * 0.5 + (1 - QualityHead.share) * 1.2
    assert expected < 1.1
    averaged = readouts(nothing, unsure, QualityHead.share).readings.numpy()
    assert averaged == pytest.approx(np.full((1, 4), expected))


@pytest.mark.parametrize("make_head", [make_quality_head, make_kernel_head])
def test_a_projection_asks_its_head_about_the_first_features_alone(make_head):
    torch.manual_seed(0)
    shape = ProjectionShape(INPUTS + 5, hidden=8, vector=4, kinds=2, faults=FAULTS)
    head, features = make_head(), torch.from_numpy(draw(6, INPUTS + 5))
    projection, plain = Projection(shape, taught=head).eval(), Projection(shape).eval()
    plain.load_state_dict(projection.state_dict(), strict=False)
    for one in (projection, plain):
        one.readouts.load_state_dict(
            {**make_readouts().state_dict(), "weights": torch.zeros(OUTPUTS, INPUTS + 5)}
        )
    with torch.no_grad():
        told, without = projection(features), plain(features)
        taught = head(features[:, :INPUTS])
        expected = projection.readouts(projection.scale_features(features), taught, head.share)
    assert torch.equal(told.readouts.readings, expected.readings)
    assert torch.equal(told.readouts.faults, expected.faults)
    assert torch.equal(told.vector, without.vector)
    assert not torch.equal(told.readouts.readings, without.readouts.readings)
    assert plain.ask_taught(features) is None


def test_a_taught_head_is_not_trained_with_the_projection():
    head = make_quality_head()
    shape = ProjectionShape(INPUTS, hidden=8, vector=4, kinds=2, faults=FAULTS)
    projection = Projection(shape, taught=head.train()).eval()
    projection(torch.from_numpy(draw(6, INPUTS))).code.sum().backward()
    assert not projection.taught.training
    assert all(value.grad is None for value in head.parameters())

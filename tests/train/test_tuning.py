"""Tuning the trunk; needs PyTorch: `make setup-train`."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.datasets.views import Views  # noqa: E402
from packshot.train.networks.distortion import (  # noqa: E402
    READING_SHARES,
    VECTOR_SHARE,
    Projection,
    ProjectionShape,
)
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.statistics import ViewNetwork  # noqa: E402
from packshot.train.recipes.readouts import LineTargets, fit_lines  # noqa: E402
from packshot.train.recipes.trunk import (  # noqa: E402
    EmbeddingMemory,
    TrainingPool,
    TrunkRecipe,
    TunedEncoder,
    tune_trunk,
)

pytestmark = pytest.mark.train

NATIVE = 1280 + 2 * 816
RECIPE = TrunkRecipe(
    crop=64, steps=6, rated_batch=3, damaged_batch=4, checkpoint_every=2, frozen_blocks=1
)


def make_views(count, damaged, seed):
    generator = np.random.default_rng(seed)
    kinds = generator.integers(0, 4, count) if damaged else np.full(count, -1)
    return Views(
        native=generator.integers(0, 256, (count, 80, 80, 3), dtype=np.uint8),
        content=generator.normal(size=(count, 5)).astype(np.float16),
        context=generator.normal(size=(count, 7)).astype(np.float16),
        scores=generator.uniform(0, 100, count).astype(np.float32),
        kinds=kinds.astype(np.int16),
        levels=np.full(count, 2 if damaged else -1, np.int8),
        groups=(np.arange(count) // (3 if damaged else 1)).astype(np.int32),
    )


@pytest.fixture
def pool():
    return TrainingPool(make_views(8, False, 0), np.array([0, 2, 3, 5, 7]), make_views(12, True, 1))


def make_encoder():
    torch.manual_seed(3)
    projection = Projection(ProjectionShape(NATIVE + 12, hidden=8, vector=6, kinds=4))
    return TunedEncoder(ViewNetwork(EfficientNetLite()), projection)


def make_unit_vectors(count, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_memory_against_a_loop():
    vectors, scores = make_unit_vectors(7), np.linspace(0, 1, 7, dtype=np.float32)
    groups, rated = np.array([0, 1, 2, 7, 7, 8, 9]), 3
    memory = EmbeddingMemory(
        *(torch.from_numpy(part) for part in (vectors, scores, groups)), rated, age=4
    )
    for _ in range(4):
        memory.write(torch.tensor([], dtype=torch.int64), torch.zeros(0, 6))
    memory.write(torch.tensor([0, 2, 3, 4, 6]), torch.from_numpy(vectors[[0, 2, 3, 4, 6]]))
    rows, total = [1, 4], 0.0
    queries = make_unit_vectors(2, seed=5)
    for row, query in zip(rows, queries, strict=True):
        serves = [
            other
            for other in range(7)
            if groups[other] != groups[row] and (row >= rated or other < rated) and other not in (1, 5)
        ]
        weights = np.exp(vectors[serves] @ query / 0.3)
        gap = abs(weights @ scores[serves] / weights.sum() - scores[row])
        total += 0.5 * gap**2 / 0.1 if gap < 0.1 else gap - 0.05
    found = memory.loss(torch.from_numpy(queries), torch.tensor(rows), 0.3)
    assert float(found) == pytest.approx(total / 2, abs=1e-5)


def test_batches_hold_both_sets_and_only_what_was_chosen(pool):
    rows = list(pool.iter_batches(RECIPE))
    assert len(rows) == RECIPE.steps
    batch = pool.make_batch(rows[0], RECIPE.crop, np.random.default_rng(0))
    assert batch.native.shape == (7, 64, 64, 3)
    assert batch.rated == 3
    assert (batch.kinds[:3] == -1).all()
    assert (batch.kinds[3:] >= 0).all()
    memory = pool.make_memory(make_unit_vectors(17), 60)
    chosen = pool.rated.scores[pool.chosen][rows[0][:3]]
    assert memory.scores[batch.rows[:3]].numpy() == pytest.approx(chosen / 100)
    assert not set(memory.groups[:5].tolist()) & set(memory.groups[5:].tolist())


def test_crops_are_pieces_of_the_photo_or_of_its_mirror_image(pool):
    batch = pool.make_batch(np.array([1]), 80, np.random.default_rng(1))
    whole = pool.rated.native[pool.chosen[1]]
    assert any(np.array_equal(batch.native[0], side) for side in (whole, whole[:, ::-1]))


def test_a_stopped_run_ends_where_an_unbroken_one_does(pool, tmp_path):
    unbroken = tune_trunk(
        pool, make_encoder(), make_unit_vectors(17), RECIPE, tmp_path / "a.pt", lambda text: None
    )
    tune_trunk(
        pool,
        make_encoder(),
        make_unit_vectors(17),
        replace(RECIPE, checkpoint_every=4),
        tmp_path / "b.pt",
        lambda _: None,
    )
    messages = []
    resumed = tune_trunk(
        pool, make_encoder(), make_unit_vectors(17), RECIPE, tmp_path / "b.pt", messages.append
    )
    assert messages[0] == "going on at step 4"
    for one, two in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-6)


def test_the_first_blocks_stay_and_the_others_move(pool, tmp_path):
    before = make_encoder()
    after = tune_trunk(
        pool, make_encoder(), make_unit_vectors(17), RECIPE, tmp_path / "a.pt", lambda text: None
    )
    moved = {
        name: not torch.equal(value, dict(before.named_parameters())[name])
        for name, value in after.named_parameters()
    }
    assert not moved["trunk.trunk._conv_stem.weight"]
    assert not moved["trunk.trunk._blocks.0._project_conv.weight"]
    assert moved["trunk.trunk._blocks.1._project_conv.weight"]
    assert moved["projection.layers.1.weight"]


def test_lines_are_ridge_regression_of_weighted_photos():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(300, 4)).astype(np.float16)
    truth = 0.5 + values.astype(float) @ [[0.05], [-0.1], [0.0], [0.08]]
    weights = generator.uniform(0.2, 1, 300)
    projection = Projection(ProjectionShape(4, hidden=8, vector=6, kinds=4)).eval()
    projection.fit_scaling(torch.from_numpy(values).float())
    fitted = fit_lines(projection, LineTargets(values, truth, np.arange(300), weights), strengths=[30.0])
    rows = projection.scale_features(torch.from_numpy(values).float()).numpy()
    mean, centre = (np.average(part, axis=0, weights=weights) for part in (rows, truth))
    centred = rows - mean
    normal = (centred.T * weights) @ centred + 30 * np.eye(4)
    expected = np.linalg.solve(normal, (centred.T * weights) @ (truth - centre))[:, 0]
    assert fitted.weights[0] == pytest.approx(expected, rel=1e-3, abs=1e-6)
    assert fitted.offsets[0] == pytest.approx(centre[0] - mean @ expected, abs=1e-5)


def test_codes_compare_vectors_and_readings():
    torch.manual_seed(0)
    projection = Projection(ProjectionShape(4, hidden=8, vector=6, kinds=4)).eval()
    projection.readouts.weights[0] = torch.tensor([0.1, 0, 0, 0])
    features = torch.tensor([[1.0, 0, 0, 0], [-2.0, 0, 0, 0], [0.0, 3, 0, 0]])
    with torch.no_grad():
        reading = projection(features)
    assert reading.code.shape == (3, 6 + 2 * len(READING_SHARES))
    assert reading.code.norm(dim=1).numpy() == pytest.approx(np.ones(3), abs=1e-5)
    apart = np.cos(np.pi * 0.3)  # Of readings .6 and .3; the others are alike.
    expected = (
        VECTOR_SHARE * float(reading.vector[0] @ reading.vector[1])
        + READING_SHARES[0] * apart
        + sum(READING_SHARES[1:])
    )
    assert float(reading.code[0] @ reading.code[1]) == pytest.approx(expected, abs=1e-5)

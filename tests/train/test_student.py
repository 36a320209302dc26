"""What a student is taught, and how; needs PyTorch: `make setup-train`."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.train.datasets.oasis import EmotionPhoto  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, ProductRating  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation  # noqa: E402
from packshot.train.networks.statistics import WholeViewNetwork  # noqa: E402
from packshot.train.recipes.student import (  # noqa: E402
    Lessons,
    StudentNetwork,
    StudentOutput,
    StudentRecipe,
    compute_rank_correlation,
    compute_student_loss,
    teach_student,
)
from packshot.train.recipes.student_targets import (  # noqa: E402
    StudentData,
    StudentTargets,
    TargetRecipe,
    compute_components,
    is_person_held_out,
    list_taught_rows,
    make_targets,
    predict_by_kernel_ridge,
)

pytestmark = pytest.mark.train

TARGETS = TargetRecipe(embedding=4, components=3, repeats=2)
RECIPE = StudentRecipe(
    targets=TARGETS,
    steps=4,
    batch=3,
    side=40,
    stored_side=48,
    margin=4,
    checkpoint_every=2,
)


@pytest.fixture
def data(tmp_path):
    """Six products, one held out; of a pool and rated by people three each, pleasant and drawn two."""
    generator = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(16)]
    for path in paths:
        cv2.imwrite(str(path), generator.integers(0, 256, (50, 40, 3), dtype=np.uint8))
    products = [
        ProductRating(
            path,
            f"shop:{number + 4}",
            "",
            "smartstore" if number == 2 else "shop",
            generator.uniform(0, 100, 3).astype(np.float32),
            generator.integers(0, 3, len(FAULTS)).astype(np.float32) / 2,
        )
        for number, path in enumerate(paths[:6])
    ]
    people = [RatedPhoto(path, 10.0 * number) for number, path in enumerate(paths[11:14])]
    pleasant = [EmotionPhoto(path, path.stem, 5.5, 1.0, 4.0) for path in paths[9:11]]
    features = generator.normal(size=(16, 12)).astype(np.float16)
    return StudentData(products, paths[6:9], people, pleasant, features, paths[14:])


def make_trunk():
    torch.manual_seed(3)
    return EfficientNetLite().eval()


def test_kernel_ridge_against_a_loop():
    generator = np.random.default_rng(1)
    known, queries = (generator.normal(size=(count, 5)).astype(np.float32) for count in (9, 4))
    targets = generator.normal(size=(9, 2))
    found = predict_by_kernel_ridge(known, targets, queries, penalty=0.1, sharpness=0.5)

    def scale(row):
        return np.clip((row - known.mean(0)) / (known.std(0) + 1e-6), -6, 6)

    def kernel(one, other):
        return np.exp(-0.5 * ((scale(one) - scale(other)) ** 2).sum() / 5)

    inner = np.array([[kernel(one, other) for other in known] for one in known]) + 0.1 * np.eye(9)
    outer = np.array([[kernel(one, other) for other in known] for one in queries])
    centred = targets - targets.mean(0)
    assert found == pytest.approx(outer @ np.linalg.inv(inner) @ centred + targets.mean(0), abs=1e-4)


def test_components_are_uncorrelated_and_the_largest_come_first():
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(300, 1))
    layers = np.concatenate(
        [shared + 0.1 * generator.normal(size=(300, 3)), generator.normal(size=(300, 2))], 1
    )
    components = compute_components(layers.astype(np.float32), 2)
    assert abs(np.corrcoef(components[:, 0], shared[:, 0])[0, 1]) > 0.98
    assert np.cov(components.T, bias=True) == pytest.approx(np.eye(2), abs=1e-3)


def test_rated_products_are_taught_mostly_by_their_labels(data):
    targets = make_targets(data, TARGETS)
    labels = make_targets(data, replace(TARGETS, label_share=1.0))
    teacher = make_targets(data, replace(TARGETS, label_share=0.0))
    truth = np.array([photo.ratings for photo in data.products]) / 100
    assert labels.ratings[:6].numpy() == pytest.approx(truth, abs=1e-6)
    mixed = 0.7 * labels.ratings + 0.3 * teacher.ratings
    assert torch.allclose(targets.ratings[:6], mixed[:6], atol=1e-6)
    assert torch.equal(targets.ratings[6:], teacher.ratings[6:])


def test_all_others_are_taught_what_the_teacher_would_rate_them(data):
    """Photos of anything too: as if they were of products."""
    targets = make_targets(data, TARGETS)
    known = [row for row, photo in enumerate(data.products) if not photo.is_held_out]
    labels = [
        np.concatenate([data.products[row].ratings / 100, data.products[row].faults]) for row in known
    ]
    features = data.features.astype(np.float32)
    said = predict_by_kernel_ridge(
        features[known], np.array(labels, float), features[6:], TARGETS.penalty, TARGETS.sharpness
    ).clip(0, 1)
    assert targets.ratings[6:].numpy() == pytest.approx(said[:, :3], abs=1e-5)
    assert targets.faults[6:14].numpy() == pytest.approx(said[:8, 3:], abs=1e-5)


def test_drawn_pictures_are_no_products_for_sure(data):
    targets = make_targets(data, TARGETS)
    fault = list(FAULTS).index("not-a-product")
    assert targets.faults[14:, fault].tolist() == [1, 1]
    assert (targets.faults[6:14, fault] < 1).all()
    others = [column for column in range(len(FAULTS)) if column != fault]
    plain = replace(data, drawn=(), pool=[*data.pool, *data.drawn])
    order = [*range(9), *range(14, 16), *range(9, 14)]
    teacher = make_targets(replace(plain, features=data.features[order]), TARGETS)
    assert torch.allclose(targets.faults[14:, others], teacher.faults[9:11, others], atol=1e-6)


def test_held_out_products_do_not_teach_the_teacher(data):
    other = replace(data.products[2], ratings=np.zeros(3, np.float32))
    products = [*data.products[:2], other, *data.products[3:]]
    changed = make_targets(replace(data, products=products), TARGETS)
    assert torch.equal(changed.ratings[6:], make_targets(data, TARGETS).ratings[6:])


def test_each_sort_of_photo_has_its_own_targets(data):
    targets = make_targets(data, TARGETS)
    assert data.counts == (6, 3, 3, 2, 2)
    assert targets.weights.tolist() == pytest.approx([1] * 6 + [0.8] * 3 + [0.3] * 5 + [0.8] * 2)
    assert targets.product.tolist() == [1] * 9 + [0] * 5 + [1] * 2
    assert torch.isnan(targets.liked).tolist() == [True] * 9 + [False] * 3 + [True] * 4
    assert targets.liked[9:12].tolist() == pytest.approx([0, 0.1, 0.2])
    assert torch.isnan(targets.pleasantness).tolist() == [True] * 12 + [False] * 2 + [True] * 2
    assert targets.pleasantness[12:14].tolist() == pytest.approx([1.0, 1.0])
    assert targets.embeddings.norm(dim=1).numpy() == pytest.approx(np.ones(16), abs=1e-5)
    assert not torch.isnan(torch.cat([targets.ratings, targets.faults], dim=1)).any()


def test_the_photos_stand_in_the_order_of_their_targets(data):
    numbers = [int(path.stem) for path in data.photos]
    assert numbers == [*range(6), *range(6, 9), *range(11, 14), *range(9, 11), *range(14, 16)]


def test_without_drawn_pictures_nothing_is_said_to_be_none(data):
    """The last rows are then photos of another sort."""
    plain = replace(data, drawn=(), features=data.features[:14])
    fault = list(FAULTS).index("not-a-product")
    assert (make_targets(plain, TARGETS).faults[9:, fault] < 1).all()


def test_an_epoch_holds_no_photo_that_is_held_out(data):
    rows = list_taught_rows(data, repeats=2).tolist()
    assert 2 not in rows
    assert [rows.count(row) for row in (0, 1, 3, 4, 5)] == [2] * 5
    assert [rows.count(row) for row in (6, 7, 8, 14, 15)] == [1] * 5
    assert [row in rows for row in (9, 10, 11)] == [True, True, False]
    assert [is_person_held_out(one) for one in data.people] == [False, False, True]


def test_batches_go_through_an_epoch_and_begin_another():
    squares, column = np.zeros((7, 48, 48, 3), np.uint8), torch.arange(7.0)
    targets = StudentTargets(
        column[:, None], column[:, None], column, *[column[:, None]] * 2, column, column, column
    )
    lessons = Lessons(squares, targets, np.arange(7), RECIPE)
    batches = [lessons.make_batch(step) for step in range(4)]
    assert [len(pixels) for pixels, _ in batches] == [3, 3, 1, 3]
    assert sorted(int(value) for _, part in batches[:3] for value in part.weights) == list(range(7))
    assert {pixels.shape[1:] for pixels, _ in batches} == {(40, 40, 3)}


def test_squares_are_mirrored_and_cut_a_little(data):
    """A slope from left to right goes either way, and its ends are cut off at most by the margin."""
    slope = np.repeat(np.arange(48, dtype=np.uint8)[None, :, None], 48, axis=0).repeat(3, axis=2)
    targets = make_targets(data, TARGETS)
    lessons = Lessons(np.stack([4 * slope] * 16), targets, np.arange(16), replace(RECIPE, batch=16))
    lines = np.concatenate([lessons.make_batch(step)[0][:, 20, :, 0] for step in range(4)]).astype(int)
    falls = lines[:, -1] < lines[:, 0]
    assert 0.25 < falls.mean() < 0.75
    ends = np.sort(lines[:, [0, -1]], axis=1)
    assert len(set(map(tuple, ends.tolist()))) > 8
    assert (ends[:, 0] <= 4 * RECIPE.margin).all()
    assert (ends[:, 1] >= 4 * (47 - RECIPE.margin)).all()


def test_the_loss_against_numpy():
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    parts = draw(3, 3), draw(3, 2), 9 * draw(3, 4), draw(3, 5)
    output = StudentOutput(*parts, draw(3), draw(3), draw(3))
    ratings = torch.rand(3, 3, generator=generator)
    liked = torch.tensor([0.2, torch.nan, 0.9])
    weights = torch.tensor([1.0, 0.6, 0.0])
    faults = torch.rand(3, 2, generator=generator)
    targets = StudentTargets(
        ratings,
        faults,
        weights,
        draw(3, 4),
        draw(3, 5),
        liked,
        torch.full((3,), torch.nan),
        torch.tensor([1.0, 1.0, 0.0]),
    )
    found = compute_student_loss(output, targets, RECIPE).item()
    gap = np.abs(1 / (1 + np.exp(-output.ratings.numpy())) - ratings.numpy())
    smooth = np.where(gap < 0.05, gap**2 / 0.1, gap - 0.025)
    chance = 1 / (1 + np.exp(-output.faults.numpy()))
    entropy = -(faults.numpy() * np.log(chance) + (1 - faults.numpy()) * np.log(1 - chance))
    weighted = [(weights.numpy()[:, None] * part).mean() for part in (smooth, entropy)]
    high, low = (0, 1) if ratings[0, 0] > ratings[1, 0] else (1, 0)
    assert ratings[high, 0] - ratings[low, 0] > 0.05
    order = np.log1p(np.exp(-2 * float(output.ratings[high, 0] - output.ratings[low, 0])))
    errors = np.clip((output.components - targets.components).numpy(), -6, 6) ** 2
    alike = torch.cosine_similarity(output.embedding, targets.embeddings).numpy()
    said = 1 / (1 + np.exp(-output.liked.numpy()[[0, 2]]))
    disliked = ((said - np.array([0.2, 0.9])) ** 2).mean()
    sure = 1 / (1 + np.exp(-output.product.numpy()))
    kind = -np.log([sure[0], sure[1], 1 - sure[2]]).mean()
    parts = [weighted[0], order, weighted[1], errors.mean(), (1 - alike).mean(), disliked, kind]
    assert found == pytest.approx(np.dot([6, 0.3, 2, 0.25, 0.5, 4, 0.3], parts), rel=1e-4)


def test_a_stopped_run_ends_where_an_unbroken_one_does(data, tmp_path):
    messages = []
    unbroken = teach_student(data, make_trunk(), RECIPE, tmp_path / "a", lambda text: None)
    with pytest.raises(KeyboardInterrupt):
        teach_student(data, make_trunk(), replace(RECIPE, check_every=3), tmp_path / "b", interrupt)
    resumed = teach_student(data, make_trunk(), RECIPE, tmp_path / "b", messages.append)
    assert "going on at step 2" in messages
    for one, two in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        assert one.isfinite().all()
        assert torch.equal(one, two)


def interrupt(message):
    """Stop at the first look at held-out products: after the third step."""
    if "held-out" in message:
        raise KeyboardInterrupt


def test_the_trunk_learns_but_for_its_first_blocks(data, tmp_path):
    trunk = make_trunk()
    taught = teach_student(data, trunk, RECIPE, tmp_path, lambda text: None)
    untaught = teach_student(data, trunk, replace(RECIPE, steps=0), tmp_path / "b", lambda text: None)
    assert isinstance(taught.view, WholeViewNetwork)
    assert not taught.training
    assert all(value.isfinite().all() for value in taught.parameters())
    before = dict(untaught.named_parameters())
    moved = {name: not torch.equal(value, before[name]) for name, value in taught.named_parameters()}
    assert not moved["view.trunk._conv_stem.weight"]
    assert not moved["view.trunk._blocks.2._project_conv.weight"]
    assert moved["view.trunk._blocks.3._project_conv.weight"]
    assert moved["view.trunk._blocks.3._depthwise_conv.weight"]
    assert moved["view.trunk._conv_head.weight"]
    assert all(moved[name] for name in moved if not name.startswith("view."))


def test_a_network_taught_further_is_the_mean_of_before_and_after(data, tmp_path):
    trunk, share = make_trunk(), 0.25
    taught, averaged = (
        teach_student(data, trunk, replace(RECIPE, **changes), tmp_path / name, lambda text: None)
        for name, changes in (("a", {}), ("b", {"start_share": share, "settling_steps": 3}))
    )
    start = fold_normalisation(trunk)
    parts = (dict(one.named_parameters()) for one in (start, taught.view.trunk, averaged.view.trunk))
    before, after, mean = parts
    for name, value in mean.items():
        torch.testing.assert_close(value, share * before[name] + (1 - share) * after[name])
    assert not torch.equal(mean["_conv_head.weight"], after["_conv_head.weight"])
    assert not torch.equal(averaged.quality.lines.weight, taught.quality.lines.weight)
    assert not averaged.training


def test_the_student_says_what_its_quality_head_does():
    torch.manual_seed(0)
    network = StudentNetwork(make_trunk(), components=6, embedding=4).eval()
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        output = network(pixels)
        told = network.quality(torch.cat(network.view(pixels), dim=1))
    assert told.shape == (2, 4 + len(FAULTS) + 1)
    assert torch.equal(output.ratings, told[:, :3])
    assert torch.equal(output.liked, told[:, 3])
    assert torch.equal(output.faults, told[:, 4:-1])
    assert torch.equal(output.product, told[:, -1])


def find_rate(largest, step, recipe):
    """The rate after some steps of one cycle: half a cosine up, half a cosine down."""
    last, peak = recipe.steps, recipe.warm_up * (recipe.steps + 1) - 1
    first, end = largest / recipe.start_divisor, largest / recipe.start_divisor / 1e4
    if step <= peak:
        return first + (largest - first) * (1 - np.cos(np.pi * step / peak)) / 2
    return largest + (end - largest) * (1 - np.cos(np.pi * (step - peak) / (last - peak))) / 2


def read_rates(folder):
    saved = torch.load(folder / "student.pt", weights_only=True)
    return saved["step"], [group["lr"] for group in saved["optimiser"]["param_groups"]]


def test_rates_rise_and_fall_once(data, tmp_path):
    recipe = replace(RECIPE, steps=9, warm_up=0.4, checkpoint_every=2)
    for stop in (3, 5):
        changed = replace(recipe, check_every=stop)
        with pytest.raises(KeyboardInterrupt):
            teach_student(data, make_trunk(), changed, tmp_path, interrupt)
        step, rates = read_rates(tmp_path)
        assert step == stop - 1
        assert rates == pytest.approx([find_rate(rate, step, recipe) for rate in (4e-4, 1e-3)])
    teach_student(data, make_trunk(), recipe, tmp_path, lambda text: None)
    step, rates = read_rates(tmp_path)
    assert step == 9
    assert rates == pytest.approx([4e-4 / 20 / 1e4, 1e-3 / 20 / 1e4])


def test_rank_correlation_is_that_of_ranks():
    assert compute_rank_correlation(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])) == pytest.approx(
        0.8
    )

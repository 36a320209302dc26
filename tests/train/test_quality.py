"""From features to readings and chances, with a taught head and without; needs PyTorch."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating  # noqa: E402
from packshot.train.networks.distortion import (  # noqa: E402
    Projection,
    ProjectionShape,
)
from packshot.train.networks.quality_head import READINGS, QualityHead  # noqa: E402
from packshot.train.recipes import quality  # noqa: E402
from packshot.train.recipes.calibration import fit_fault_limit  # noqa: E402
from packshot.train.recipes.distortion import ProjectionRecipe  # noqa: E402
from packshot.train.recipes.quality import (  # noqa: E402
    DamagedProducts,
    QualityData,
    RatedByPeople,
    RatedProducts,
    encode_features,
    make_atlas_examples,
    match_scales,
    read_chances,
    train_quality,
)
from packshot.train.recipes.readouts import LineTargets, fit_lines  # noqa: E402

pytestmark = pytest.mark.train

CONTENT, WHOLE, SIZE = 6, 10, 16
"""Numbers of the content vector, of the whole view, and of all that is read of a photo."""

RECIPE = ProjectionRecipe(hidden=8, vector=4, steps=3, rated_batch=8, damaged_batch=8)
COMMON, RARE = 0, 3
"""Faults: one of half of the photos, and one of few."""


def squash(values):
    return 1 / (1 + np.exp(-values))


def make_data(seed, count=40):
    """Rated photos whose overall rating and common fault a line reads off the first numbers."""
    generator = np.random.default_rng(seed)

    def make_values(rows):
        return generator.normal(size=(rows, SIZE)).astype(np.float16)

    values = make_values(count)
    ratings = generator.uniform(20, 80, (count, 3)).astype(np.float32)
    ratings[:, 0] = np.clip(50 + 15 * values[:, 0], 0, 100)
    faults = np.zeros((count, len(FAULTS)), np.float32)
    faults[:, COMMON] = values[:, 1] > 0
    faults[:2, RARE] = 0.5
    products = [
        ProductRating(Path(f"{seed}-{row}.jpg"), f"{seed}:{row}", "", "shop", ratings[row], faults[row])
        for row in range(count)
    ]
    people = [RatedPhoto(Path(f"{seed}-p{row}.jpg"), float(row)) for row in range(20)]
    return QualityData(
        RatedProducts(products, values),
        RatedByPeople(people, make_values(20) + 1, np.arange(20), [Part.TRAINING] * 20),
        DamagedProducts(
            [f"{row}" for row in range(12)],
            [f"{seed}:{row // 3}" for row in range(12)],
            make_values(12),
            generator.uniform(0, 100, (12, 3)),
            np.arange(12) % 3,
            np.where(np.arange(12) % 3, 4, 0),
        ),
    )


def make_head():
    torch.manual_seed(5)
    head = QualityHead(WHOLE, len(FAULTS)).eval()
    torch.nn.init.normal_(head.lines.bias)
    return head


@pytest.fixture(scope="module")
def data():
    return make_data(0), make_data(1)


@pytest.fixture(scope="module")
def models(data):
    """Trained without a head, and with one; few photos take a smaller penalty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "fit_lines", partial(fit_lines, strengths=[1.0]))
        return [
            train_quality(*data, RECIPE, lambda text: None, head, content_size=CONTENT)
            for head in (None, make_head())
        ]


def read_lines(projection, features):
    """What lines alone say: readings and values of chances."""
    scaled = projection.scale_features(torch.from_numpy(features).float()).numpy()
    lines = scaled @ projection.readouts.weights.numpy().T + projection.readouts.offsets.numpy()
    return lines[:, : len(READINGS)], lines[:, len(READINGS) :]


def test_the_head_changes_no_line_and_no_vector(data, models):
    plain, taught = (model.projection for model in models)
    assert plain.taught is None
    assert taught.taught is not None
    assert plain.shape.content == taught.shape.content == CONTENT
    features = data[1].products.features
    for one, other in zip(read_lines(plain, features), read_lines(taught, features), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    rows = torch.from_numpy(features).float()
    with torch.no_grad():
        torch.testing.assert_close(plain(rows).vector, taught(rows).vector)


def test_curves_share_their_log_odds_with_the_head(models):
    plain, taught = (model.projection.readouts for model in models)
    assert plain.taught_slopes.eq(0).all()
    assert taught.taught_slopes.eq(QualityHead.share).all()
    for name in ("slopes", "intercepts"):
        expected = (1 - QualityHead.share) * getattr(plain, name)
        torch.testing.assert_close(getattr(taught, name), expected)


@pytest.mark.parametrize("number", [0, 1])
def test_readings_and_chances_against_numpy(data, models, number):
    projection, features = models[number].projection, data[1].products.features
    readings, odds = read_lines(projection, features)
    odds = odds * projection.readouts.slopes.numpy() + projection.readouts.intercepts.numpy()
    if number:
        with torch.no_grad():
            told = make_head()(torch.from_numpy(features[:, :WHOLE]).float()).numpy()
        share = QualityHead.share
        readings = (1 - share) * readings + share * squash(told[:, : len(READINGS)])
        odds = odds + share * told[:, len(READINGS) :]
    encodings = encode_features(projection, features)
    found = np.array([one.readings for one in encodings])
    assert found == pytest.approx(100 * readings.clip(-0.1, 1.1), abs=0.01)
    chances = read_chances(projection, features)
    assert chances == pytest.approx(squash(odds)[:, :-1], abs=1e-4)
    assert [one.product for one in encodings] == pytest.approx(squash(odds)[:, -1], abs=1e-4)
    assert [one.content.shape for one in encodings] == [(CONTENT,)] * len(features)


def test_chances_of_many_photos_are_read_in_parts(models, monkeypatch):
    features = make_data(3).products.features
    whole = read_chances(models[1].projection, features)
    monkeypatch.setattr(quality, "_BATCH", 7)
    assert read_chances(models[1].projection, features) == pytest.approx(whole, abs=1e-6)


def test_limits_with_a_head_are_those_of_photos_it_was_not_taught(data, models):
    """A head says nothing of how often it is wrong about other photos where it knows them already."""
    calibration = data[1].products
    chances = read_chances(models[1].projection, calibration.features)[:, COMMON]
    expected = fit_fault_limit(chances, calibration.faults[:, COMMON])
    assert models[1].faults[COMMON].limit == pytest.approx(expected, abs=1e-4)


def test_limits_without_a_head_are_the_mean_of_both_parts(data, models):
    """Of photos that are trained on, lines that were fitted without the photo say what the chance is."""
    known, other = (part.products for part in data)
    projection = models[0].projection
    groups = np.unique([photo.group for photo in known.photos], return_inverse=True)[1]
    rows = LineTargets(known.features, known.faults, groups, np.ones(len(groups)))
    odds = fit_lines(projection, rows, [1.0]).predictions * projection.readouts.slopes.numpy()[:-1]
    told = squash(odds + projection.readouts.intercepts.numpy()[:-1])
    parts = (told, known.faults), (read_chances(projection, other.features), other.faults)
    limits = [fit_fault_limit(chances[:, COMMON], named[:, COMMON]) for chances, named in parts]
    assert abs(limits[0] - limits[1]) > 1e-3
    assert models[0].faults[COMMON].limit == pytest.approx(np.mean(limits), abs=2e-4)


def test_a_rare_fault_is_told_where_it_is_sure(data, models):
    chances = read_chances(models[1].projection, data[1].products.features)[:, RARE]
    named = data[1].products.faults[:, RARE] > 0
    assert (chances[~named] >= models[1].faults[RARE].limit).mean() <= 1 / (~named).sum()


def test_faults_are_told_apart_and_cost_something(data, models):
    for model in models:
        assert [fault.code for fault in model.faults] == list(FAULTS.values())
        assert all(0 <= fault.limit <= 0.5 and fault.cost >= 0 for fault in model.faults)
        part = data[1].products
        chances, named = read_chances(model.projection, part.features)[:, COMMON], part.faults[:, COMMON]
        assert chances[named == 1].mean() > chances[named == 0].mean() + 0.2


def test_examples_read_what_lines_fitted_without_them_do(data, models):
    """Not what a head says that was taught them."""
    known, model = data[0], models[1]
    examples = make_atlas_examples(known, model)
    count = len(known.products.photos)
    damaged = int((known.damaged.levels > 0).sum())
    assert len(examples) == count + damaged + len(known.people.photos)
    found = np.array([one.readings for one in examples[:count]])
    assert found == pytest.approx(100 * model.readings[0].clip(-0.1, 1.1), abs=0.01)
    assert all(one.content.shape == (CONTENT,) for one in examples)


def test_a_head_of_other_faults_is_refused(data):
    head = QualityHead(WHOLE, faults=2).eval()
    with pytest.raises(RuntimeError):
        train_quality(*data, RECIPE, lambda text: None, head, content_size=CONTENT)


def test_chances_need_features_of_their_length():
    projection = Projection(ProjectionShape(SIZE, 8, 4, 2, faults=1)).eval()
    with pytest.raises(RuntimeError):
        read_chances(projection, np.zeros((2, SIZE + 1), np.float16))


def test_scales_are_matched_by_mean_and_deviation():
    generator = np.random.default_rng(0)
    scores, points = generator.uniform(0, 100, 200), generator.normal(50, 8, 200)
    found = match_scales(scores, points)
    assert (found.mean(), found.std()) == (pytest.approx(points.mean()), pytest.approx(points.std()))
    assert np.array_equal(np.argsort(found), np.argsort(scores))
    assert match_scales(scores, 10 * points).max() == 100
    assert match_scales(scores, points, scores[3:5]) == pytest.approx(found[3:5])
    assert match_scales(np.full(3, 7.0), np.array([1.0, 2.0, 3.0])) == pytest.approx(np.full(3, 2.0))

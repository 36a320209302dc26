"""Everything here needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.networks.distortion import Projection, ProjectionShape  # noqa: E402
from packshot.train.recipes.calibration import (  # noqa: E402
    MAX_FALSE_ALARMS,
    fit_costs,
    fit_fault_limit,
    fit_logistic_line,
)
from packshot.train.recipes.readouts import FOLDS, LineTargets, assign_folds, fit_lines  # noqa: E402

pytestmark = pytest.mark.train


def make_rows(count=60, inputs=8, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(count, inputs)).astype(np.float16)
    targets = np.stack([features[:, 0] * 0.2 + 0.5, generator.random(count)], axis=1).astype(float)
    return LineTargets(
        features, targets, generator.integers(0, 20, count), generator.uniform(0.2, 2, count)
    )


@pytest.fixture
def projection():
    return Projection(ProjectionShape(inputs=8, hidden=4, vector=4, kinds=2)).eval()


def solve_directly(projection, rows, strength):
    """Weighted least squares with a penalty, by the normal equations."""
    scaled = projection.scale_features(torch.from_numpy(rows.features).float()).numpy().astype(float)
    weights = rows.weights / rows.weights.sum()
    mean, target = weights @ scaled, weights @ rows.targets
    centred, wanted = scaled - mean, rows.targets - target
    products = (centred * rows.weights[:, None]).T @ centred + strength * np.eye(scaled.shape[1])
    lines = np.linalg.solve(products, (centred * rows.weights[:, None]).T @ wanted)
    return lines.T, target - lines.T @ mean


@pytest.mark.parametrize("strength", [0.1, 30.0])
def test_lines_are_those_of_the_normal_equations(projection, strength):
    rows = make_rows()
    lines = fit_lines(projection, rows, [strength])
    weights, offsets = solve_directly(projection, rows, strength)
    assert lines.weights == pytest.approx(weights, abs=1e-4)
    assert lines.offsets == pytest.approx(offsets, abs=1e-4)


def test_predictions_are_of_lines_that_did_not_see_the_group(projection):
    rows = make_rows()
    lines = fit_lines(projection, rows, [1.0])
    folds = assign_folds(rows.groups)
    scaled = projection.scale_features(torch.from_numpy(rows.features).float()).numpy()
    for number in range(FOLDS):
        known = folds != number
        weights, offsets = solve_directly(projection, rows.select(known), 1.0)
        expected = scaled[~known] @ weights.T + offsets
        assert lines.predictions[~known] == pytest.approx(expected, abs=1e-3)


def test_the_penalty_that_errs_least_is_taken(projection):
    rows = make_rows(count=30)
    errors = {
        strength: float(
            rows.weights
            @ ((fit_lines(projection, rows, [strength]).predictions - rows.targets) ** 2).sum(axis=1)
        )
        for strength in (0.01, 1.0, 1e4)
    }
    assert fit_lines(projection, rows, list(errors)).strength == min(errors, key=errors.get)


def test_a_limit_lets_few_through_of_those_that_nobody_names():
    generator = np.random.default_rng(1)
    named = (generator.random(2000) < 0.1).astype(float)
    chances = np.clip(0.3 * named + 0.2 * generator.random(2000), 0, 1)
    limit = fit_fault_limit(chances, named)
    assert (chances[named == 0] >= limit).mean() == pytest.approx(MAX_FALSE_ALARMS, abs=0.005)
    assert (chances[named == 1] >= limit).all()


def test_costs_are_never_below_nought():
    generator = np.random.default_rng(2)
    chances = generator.random((500, 3))
    costs = fit_costs(chances, 10 + 40 * chances[:, 0] - 20 * chances[:, 1])
    assert costs[0] == pytest.approx(40, abs=8)
    assert (costs >= 0).all()


def test_a_logistic_line_tells_the_share():
    generator = np.random.default_rng(3)
    line = generator.normal(size=4000)
    truth = (generator.random(4000) < 1 / (1 + np.exp(-(2 * line - 1)))).astype(float)
    slope, intercept = fit_logistic_line(line, truth)
    assert (slope, intercept) == (pytest.approx(2, abs=0.2), pytest.approx(-1, abs=0.2))

"""Scene statistics against plain loops, and fits against distributions whose shape is known."""

import math

import cv2
import numpy as np
import pytest

from packshot.measure.natural.scene_statistics import (
    fit_asymmetric,
    fit_symmetric,
    grey_levels,
    halve,
    neighbour_products,
    normalise,
)
from tests.measure.natural.photos import TEXTURED


def naive_normalise(plane: np.ndarray, row: int, column: int) -> tuple[float, float]:
    """Value and deviation of one pixel whose window lies inside."""
    weights = [math.exp(-(k * k) / (2 * (7 / 6) ** 2)) for k in range(-3, 4)]
    window = np.outer(weights, weights) / sum(weights) ** 2
    patch = plane[row - 3 : row + 4, column - 3 : column + 4]
    mean = (window * patch).sum()
    deviation = math.sqrt((window * (patch - mean) ** 2).sum())
    return (plane[row, column] - mean) / (deviation + 1), deviation


@pytest.mark.parametrize("border", [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE])
def test_normalised_as_defined(border: int) -> None:
    plane = grey_levels(TEXTURED["noise"])
    values, deviation = normalise(plane, border)
    for row, column in ((3, 3), (50, 120), (296, 276), (150, 140)):
        wanted = naive_normalise(plane, row, column)
        assert (values[row, column], deviation[row, column]) == pytest.approx(wanted, abs=1e-9)


def test_outside_is_black_or_the_edge_repeated() -> None:
    plane = np.full((20, 20), 80.0)
    assert (normalise(plane, cv2.BORDER_REPLICATE).values == 0).all()
    assert (normalise(plane, cv2.BORDER_CONSTANT).values[0] > 0).all()


def test_flat_ground_is_nought_and_one_grey_level_is_not() -> None:
    plane = np.full((30, 30), 254.0)
    plane[15, 15] = 255
    values = normalise(plane, cv2.BORDER_REPLICATE).values
    assert np.count_nonzero(values) == 49
    assert np.count_nonzero(normalise(halve(plane), cv2.BORDER_REPLICATE).values) >= 49


def naive_cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def naive_halve(line: np.ndarray) -> list[float]:
    """MATLAB's imresize of one line: kernel stretched twofold, edges mirrored."""
    count = len(line)
    mirrored = np.concatenate((line[::-1], line, line[::-1]))
    result = []
    for position in range(math.ceil(count / 2)):
        centre = 2 * position + 0.5
        taps = range(math.floor(centre) - 4, math.floor(centre) + 6)
        weights = [naive_cubic((tap - centre) / 2) for tap in taps]
        values = [mirrored[count + tap] for tap in taps]
        result.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return result


@pytest.mark.parametrize("shape", [(12, 16), (13, 11)], ids=str)
def test_halved_as_defined(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).uniform(0, 255, shape)
    rows = np.array([naive_halve(row) for row in plane])
    wanted = np.array([naive_halve(column) for column in rows.T]).T
    assert halve(plane) == pytest.approx(wanted, abs=1e-9)


def test_neighbours_lie_in_four_directions_and_blocks_are_closed() -> None:
    blocks = np.random.default_rng(2).normal(size=(3, 5, 6))
    steps = ((0, 1), (1, 0), (1, 1), (1, -1))
    for products, (down, right) in zip(neighbour_products(blocks), steps, strict=True):
        for block, product in zip(blocks, products, strict=True):
            for row in range(5):
                for column in range(6):
                    other = block[(row - down) % 5, (column - right) % 6]
                    assert product[row, column] == block[row, column] * other


def draw_sample(shape: float, left: float, right: float, size: int) -> np.ndarray:
    """A sample of the asymmetric generalised Gaussian with these scale parameters."""
    generator = np.random.default_rng(3)
    size_of = generator.gamma(1 / shape, size=size) ** (1 / shape)
    negative = generator.random(size) < left / (left + right)
    return np.where(negative, -left * size_of, right * size_of)


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (0.5, 2.0)])
def test_a_known_distribution_is_found(shape: float, left: float, right: float) -> None:
    sample = draw_sample(shape, left, right, 400_000).reshape(1, 400, 1000)
    fit = fit_asymmetric(sample)
    assert fit.shape[0] == pytest.approx(shape, rel=0.03)
    assert (fit.left * fit.width)[0] == pytest.approx(left, rel=0.03)
    assert (fit.right * fit.width)[0] == pytest.approx(right, rel=0.03)
    assert fit.mean[0] == pytest.approx(sample.mean(), abs=0.05)


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.0, 5.0])
def test_a_known_symmetric_distribution_is_found(shape: float) -> None:
    sample = draw_sample(shape, 1.5, 1.5, 400_000).reshape(1, 400, 1000)
    found, variance = fit_symmetric(sample)
    assert found[0] == pytest.approx(shape, rel=0.03)
    assert variance[0] == pytest.approx((sample**2).mean())


def test_each_block_is_fitted_by_itself() -> None:
    blocks = np.random.default_rng(4).normal(size=(4, 30, 30)) ** 3
    together = fit_asymmetric(blocks)
    for number in range(4):
        alone = fit_asymmetric(blocks[number : number + 1])
        assert (together.shape[number], together.left[number]) == (alone.shape[0], alone.left[0])


def test_one_sided_and_empty_blocks_have_no_fit() -> None:
    ones = np.ones((1, 8, 8))
    for blocks in (ones, -ones, 0 * ones):
        fit = fit_asymmetric(blocks)
        assert np.isnan(fit.shape).all()
        assert np.isnan(fit.mean).all()
    assert np.isnan(fit_symmetric(0 * ones)[0]).all()

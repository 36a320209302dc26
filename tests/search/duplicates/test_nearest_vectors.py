import numpy as np
import pytest

from packshot.search.duplicates import nearest_vectors as module
from packshot.search.duplicates.nearest_vectors import find_nearest_vectors
from tests.search.duplicates.signatures import normalise


def make_clustered_vectors(count, dimensions=300, seed=1):
    """Vectors that differ mostly in 40 directions, as those of photos differ mostly in few."""
    generator = np.random.default_rng(seed)
    basis = generator.normal(size=(40, dimensions))
    centres = generator.normal(size=(count // 20, 40))
    places = centres[generator.integers(len(centres), size=count)]
    spread = places + 0.5 * generator.normal(size=(count, 40))
    return normalise(spread @ basis + 0.3 * generator.normal(size=(count, dimensions)))


def compute_recall(found, exact):
    return np.mean([len({*a} & {*b}) / len(b) for a, b in zip(found, exact, strict=True)])


def test_a_few_are_ranked_naively():
    vectors = normalise(np.random.default_rng(0).normal(size=(700, 24)))
    numbers, cosines = find_nearest_vectors(vectors, vectors[:600], 5)
    exact = vectors[:600] @ vectors.T
    assert np.array_equal(numbers, np.argsort(-exact, axis=1)[:, :5])
    assert cosines == pytest.approx(-np.sort(-exact, axis=1)[:, :5], abs=1e-6)


def test_of_equal_ones_the_lower_number_comes_first():
    vectors = normalise(np.array([[1, 0], [0, 1], [1, 0], [1, 0]]))
    numbers, _ = find_nearest_vectors(vectors, vectors[3:], 3)
    assert numbers.tolist() == [[0, 2, 3]]


@pytest.mark.parametrize("indexed", [False, True])
def test_many_are_found_through_shortlists(monkeypatch, indexed):
    if indexed:
        monkeypatch.setattr(module, "MIN_VECTORS_TO_INDEX", 0)
    vectors = make_clustered_vectors(5000)
    numbers, cosines = find_nearest_vectors(vectors, vectors, 13)
    exact = vectors @ vectors.T
    assert compute_recall(numbers, np.argpartition(-exact, 13, axis=1)[:, :13]) > 0.99
    assert np.array_equal(numbers[:, 0], np.arange(5000))
    assert cosines == pytest.approx(np.take_along_axis(exact, numbers, axis=1), abs=1e-5)


def test_fewer_vectors_than_wanted():
    vectors = normalise(np.eye(3))
    numbers, _ = find_nearest_vectors(vectors, vectors, 9)
    assert numbers.shape == (3, 3)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.assess.retrieval import (
    Aggregation,
    Distance,
    RetrievalOptions,
    best_similarities,
    evidence_weights,
    find_best_versions,
    find_largest,
    normalise_rows,
    similarity,
)
from packshot.errors import InvalidInput


def make_random_rows(count, size, seed=0):
    return normalise_rows(np.random.default_rng(seed).normal(size=(count, size)))


def test_cosine_is_equation_1():
    rows = np.array([[3.0, 4.0], [1.0, 0.0], [-3.0, -4.0]])
    query = np.array([6.0, 8.0])
    expected = [row @ query / np.linalg.norm(row) / np.linalg.norm(query) for row in rows]
    found = similarity(normalise_rows(query), normalise_rows(rows), Distance.COSINE)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("distance", "order"), [(Distance.EUCLIDEAN, 2), (Distance.MANHATTAN, 1)])
def test_other_distances_against_a_loop(distance, order):
    rows, query = make_random_rows(20, 7), make_random_rows(1, 7, seed=1)[0]
    expected = [1 / (1 + np.linalg.norm(row - query, ord=order)) for row in rows]
    assert similarity(query, rows, distance) == pytest.approx(expected, abs=1e-5)


def test_cosine_and_euclidean_rank_unit_vectors_alike():
    rows, query = make_random_rows(200, 16), make_random_rows(1, 16, seed=5)[0]
    by_angle = np.argsort(-similarity(query, rows, Distance.COSINE))
    by_length = np.argsort(-similarity(query, rows, Distance.EUCLIDEAN))
    assert np.array_equal(by_angle, by_length)


def test_unit_rows_leave_zeros():
    assert np.array_equal(normalise_rows(np.zeros((2, 3))), np.zeros((2, 3)))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40), st.integers(1, 50))
def test_largest_against_sorting(values, count):
    array = np.array(values, np.float32)
    found = [values[i] for i in find_largest(array, count)]
    assert found == sorted(values, reverse=True)[:count]


def test_of_equal_ones_the_first_are_kept_on_any_processor():
    values = np.random.default_rng(0).integers(0, 40, 2000).astype(np.float32)
    by_sorting = sorted(range(2000), key=lambda i: (-values[i], i))
    for count in (1, 7, 800, 1999, 2000):
        assert find_largest(values, count).tolist() == by_sorting[:count]


@settings(max_examples=60)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(0, 10**6))
def test_best_versions_against_a_loop(sizes, seed):
    generator = np.random.default_rng(seed)
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    values = generator.normal(size=len(group_of)).astype(np.float32)
    groups = generator.permutation(len(sizes))[: max(1, len(sizes) // 2)]
    expected = []
    for group in groups:
        members = [i for i in range(len(group_of)) if group_of[i] == group]
        expected.append(max(members, key=lambda i: values[i]))
    assert find_best_versions(values, group_of, groups).tolist() == expected


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 10**6))
def test_best_similarities_against_a_loop(sizes, seed):
    values = np.random.default_rng(seed).normal(size=sum(sizes)).astype(np.float32)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    expected = [
        max(values[start : start + size], default=-np.inf)
        for start, size in zip(starts, sizes, strict=False)
    ]
    assert best_similarities(values, starts).tolist() == [float(value) for value in expected]


def test_weights_are_equations_6_and_7():
    content = np.array([0.9, 0.6, 0.3], np.float32)
    near = np.array([0.2, 0.8, 0.5], np.float32)
    simple = evidence_weights(content, near, RetrievalOptions(aggregation=Aggregation.SIMPLE))
    assert simple == pytest.approx([1 / 3] * 3)
    weighted = evidence_weights(content, near, RetrievalOptions(aggregation=Aggregation.WEIGHTED))
    assert weighted == pytest.approx(content / content.sum(), abs=1e-6)
    kernel = evidence_weights(content, near, RetrievalOptions(temperature=0.1))
    expected = np.exp(near / 0.1) / np.exp(near / 0.1).sum()
    assert kernel == pytest.approx(expected, abs=1e-6)


def test_negative_similarity_never_weighs_negatively():
    content = np.array([-0.5, 0.5], np.float32)
    found = evidence_weights(content, content, RetrievalOptions(aggregation=Aggregation.WEIGHTED))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("bad", [{"pool": 0}, {"neighbours": 0}, {"temperature": 0.0}])
def test_options_refuse_nonsense(bad):
    with pytest.raises(InvalidInput):
        RetrievalOptions(**bad)

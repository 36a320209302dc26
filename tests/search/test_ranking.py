import numpy as np
import pytest

from packshot.search import Distance
from packshot.search.ranking import exact_distances, scan, to_unit_vectors
from tests.search.vectors import make_clustered_vectors

VECTORS = make_clustered_vectors(500, 16)


@pytest.mark.parametrize("distance", list(Distance))
def test_distances_are_those_of_the_formulas(distance):
    query, others = VECTORS[0], VECTORS[1:]
    for apart, other in zip(exact_distances(query, others, distance), others, strict=True):
        cosine = np.dot(query, other) / np.linalg.norm(query) / np.linalg.norm(other)
        expected = np.linalg.norm(query - other) if distance is Distance.EUCLIDEAN else 1 - cosine
        assert apart == pytest.approx(expected, rel=1e-5)


def test_cosine_knows_no_length_and_keeps_its_digits():
    apart = exact_distances(VECTORS[0], 7 * VECTORS[:2], Distance.COSINE)
    assert apart[0] == pytest.approx(0, abs=1e-13)
    np.testing.assert_allclose(
        apart, exact_distances(VECTORS[0], VECTORS[:2], Distance.COSINE), atol=1e-12
    )
    opposite = exact_distances(VECTORS[0], -VECTORS[:1], Distance.COSINE)
    assert opposite[0] == pytest.approx(2)


@pytest.mark.parametrize("distance", list(Distance))
@pytest.mark.parametrize("block", [7, 100, 500])
def test_a_scan_holds_the_nearest_however_it_is_cut(distance, block):
    blocks = ((np.arange(n, min(n + block, 500)), VECTORS[n : n + block]) for n in range(0, 500, block))
    for query, rows in zip(VECTORS[:4], scan(VECTORS[:4], blocks, 10, distance), strict=True):
        true = np.argsort(exact_distances(query, VECTORS, distance), kind="stable")[:10]
        assert set(true) <= set(rows)
        assert len(rows) < 100


def test_tiny_vectors_have_a_direction_too():
    np.testing.assert_allclose(
        np.linalg.norm(to_unit_vectors(np.float32([[3e-30, 4e-30]]), Distance.COSINE), axis=1), 1
    )

import numpy as np
import pytest

from packshot.search.duplicates.candidate_pairs import find_candidate_pairs
from tests.search.duplicates.signatures import make_signature, normalise


def test_pairs_come_by_content_or_by_hash_but_not_for_blank_photos():
    east, north, west = normalise(np.array([[1, 0], [0, 1], [-1, 0.001]]))
    far = 0xFFFF_0F0F_3355_AA00
    photos = [
        make_signature(0, east, (2, 2)),
        make_signature(1, normalise(east + 0.1 * north), (far, far)),
        make_signature(2, west, (2, far ^ 0xFFFF_FFFF_FFFF_FFFE)),
        make_signature(3, east, (2, 2), blank=True),
    ]
    pairs = {(pair.first, pair.second): pair.similarity for pair in find_candidate_pairs(photos)}
    assert set(pairs) == {(0, 1), (0, 2)}
    assert pairs[0, 1] == pytest.approx(1 / np.sqrt(1.01), abs=1e-3)


def test_only_partners_of_queries_are_sought():
    vectors = normalise(np.random.default_rng(2).normal(size=(6, 8)) + 3)
    photos = [make_signature(n, vector, (n << 20, n << 40)) for n, vector in enumerate(vectors)]
    pairs = find_candidate_pairs(photos, [4], neighbours=6)
    assert {number for pair in pairs for number in (pair.first, pair.second)} == set(range(6))
    assert all(4 in (pair.first, pair.second) for pair in pairs)
    assert find_candidate_pairs(photos[:1]) == []
    assert find_candidate_pairs(photos, []) == []

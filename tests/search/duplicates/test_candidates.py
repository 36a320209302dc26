import numpy as np
import pytest

from packshot.search.duplicates.candidates import candidates
from tests.search.duplicates.signatures import made, unit


def test_pairs_come_by_content_or_by_hash_but_not_for_blank_photos():
    east, north, west = unit(np.array([[1, 0], [0, 1], [-1, 0.001]]))
    far = 0xFFFF_0F0F_3355_AA00
    photos = [
        made(0, east, (2, 2)),
        made(1, unit(east + 0.1 * north), (far, far)),
        made(2, west, (2, far ^ 0xFFFF_FFFF_FFFF_FFFE)),
        made(3, east, (2, 2), blank=True),
    ]
    pairs = {(pair.first, pair.second): pair.similarity for pair in candidates(photos)}
    assert set(pairs) == {(0, 1), (0, 2)}
    assert pairs[0, 1] == pytest.approx(1 / np.sqrt(1.01), abs=1e-3)


def test_only_partners_of_queries_are_sought():
    vectors = unit(np.random.default_rng(2).normal(size=(6, 8)) + 3)
    photos = [made(n, vector, (n << 20, n << 40)) for n, vector in enumerate(vectors)]
    pairs = candidates(photos, [4], neighbours=6)
    assert {number for pair in pairs for number in (pair.first, pair.second)} == set(range(6))
    assert all(4 in (pair.first, pair.second) for pair in pairs)
    assert candidates(photos[:1]) == []
    assert candidates(photos, []) == []

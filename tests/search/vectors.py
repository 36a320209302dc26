"""Vectors and items for tests, and the slow and simple index that others are held to."""

import json

import numpy as np

from packshot.search import Distance, IndexSettings, Item

TYPES = ("mug", "chair", "coat")


def make_clustered_vectors(number, dimensions=32, seed=0):
    """Vectors in clusters, as photos' are: (number, dimensions) float32."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(20, dimensions))
    picked = centres[generator.integers(0, 20, number)]
    return (picked + 0.4 * generator.normal(size=(number, dimensions))).astype(np.float32)


def make_items(vectors, start=0):
    return [
        Item(f"p{n}.jpg", vector, {"type": TYPES[n % 3], "seller": n % 5, "sale": n % 2 == 0})
        for n, vector in enumerate(vectors, start)
    ]


def make_settings(**changed):
    return IndexSettings(**({"dimensions": 32, "model": "tested"} | changed))


class NaiveIndex:
    """An index that does what every index must, written so that it is plainly right."""

    def __init__(self, distance=Distance.COSINE):
        self.distance = distance
        self.items = {}

    def put(self, items):
        for item in items:
            vector = self.items[item.id].vector if item.vector is None else item.vector
            self.items[item.id] = Item(item.id, vector, item.metadata)

    add = update = put

    def delete(self, ids):
        return sum(self.items.pop(name, None) is not None for name in set(ids))

    def get(self, ids):
        return [self.items.get(name) for name in ids]

    def count(self, where=None):
        return len(self._find_matching(where))

    def query(self, vectors, k=10, where=None):
        return [self._find_nearest(query, self._find_matching(where), k) for query in vectors]

    def _find_nearest(self, query, items, k):
        distances = [(self._compute_distance(query, item.vector), item.id) for item in items]
        return sorted(distances)[:k]

    def _compute_distance(self, one, other):
        one, other = one.astype(float), other.astype(float)
        if self.distance is Distance.EUCLIDEAN:
            return float(sum((one - other) ** 2) ** 0.5)
        return float(1 - one @ other / (one @ one) ** 0.5 / (other @ other) ** 0.5)

    def _find_matching(self, where):
        return [item for item in self.items.values() if _is_match(item.metadata, where or {})]


def _is_match(metadata, where):
    for key, wanted in where.items():
        allowed_values = wanted if isinstance(wanted, list | tuple) else [wanted]
        if key not in metadata or json.dumps(metadata[key]) not in map(json.dumps, allowed_values):
            return False
    return True


def assert_same_answers(index, naive, queries, k=10, where=None):
    """Distances are compared, not ids: vectors that lie equally far may come in any order."""
    for hits, expected in zip(
        index.query(queries, k, where), naive.query(queries, k, where), strict=True
    ):
        assert len(hits) == len(expected)
        np.testing.assert_allclose(
            [hit.distance for hit in hits], [distance for distance, _ in expected], rtol=1e-5, atol=1e-6
        )
        for hit in hits:
            item = naive.items[hit.id]
            assert dict(hit.metadata) == dict(item.metadata)
            assert _is_match(item.metadata, where or {})

"""Every operation on both engines, with the very same calls: their answers must agree."""

import numpy as np
import pytest

from packshot.errors import InvalidInput, VectorIndexError, WrongModel
from packshot.search import Distance, Item, create_index, open_index
from packshot.search.places import exists
from tests.search.vectors import (
    NaiveIndex,
    assert_same_answers,
    make_clustered_vectors,
    make_items,
    make_settings,
)

VECTORS, QUERIES = np.split(make_clustered_vectors(3_005), [3_000])


@pytest.fixture(params=["embedded", pytest.param("milvus", marks=pytest.mark.dev_all)])
def place(request, tmp_path):
    if request.param == "embedded":
        return str(tmp_path / "index")
    pytest.importorskip("pymilvus", reason="needs pymilvus: make setup-train")
    pytest.importorskip("milvus_lite", reason="needs milvus-lite: make setup-train")
    return f"milvus:{tmp_path / 'lite.db'}#photos"


@pytest.mark.parametrize("distance", list(Distance))
def test_a_life_of_changes_and_questions(place, distance):
    naive = NaiveIndex(distance)
    with create_index(place, make_settings(kind="exact", distance=distance)) as index:
        for one in (index, naive):
            one.add(make_items(VECTORS[:120]))
            one.put(make_items(VECTORS[100:150] + 0.5, start=110))
            one.update([Item("p3.jpg", None, {"type": "plate", "näme": 'a "quoted" \\ word'})])
        some = ["p1.jpg", "p115.jpg", "none.jpg"]
        assert index.delete(some) == naive.delete(some)
        assert index.delete(some) == 0
        index.flush()
        assert sorted(index.iter_ids()) == sorted(naive.items)
        for where in (
            None,
            {"type": "mug"},
            {"type": ["mug", "coat"], "seller": 2},
            {"sale": True},
            {"seller": [0, 1, 4], "sale": False},
            {"näme": 'a "quoted" \\ word'},
            {"nothing": "there"},
            {"seller": "2"},
        ):
            assert index.count(where) == naive.count(where), where
            assert_same_answers(index, naive, QUERIES, 7, where)
        names = ["p3.jpg", "none.jpg", "p112.jpg"]
        for got, true in zip(index.get(names), naive.get(names), strict=True):
            assert (got is None) == (true is None)
            if got is not None:
                assert (got.id, dict(got.metadata)) == (true.id, true.metadata)
                np.testing.assert_array_equal(got.vector, true.vector)


def test_what_was_acknowledged_is_there_when_opened_again(place):
    with create_index(place, make_settings(kind="exact")) as index:
        assert list(index.ingest([make_items(VECTORS[:40]), make_items(VECTORS[40:50], start=40)])) == [
            40,
            50,
        ]
    assert exists(place)
    with open_index(place, writable=True, model="tested") as index:
        assert index.settings == make_settings(kind="exact")
        assert index.count() == 50
        assert index.query(VECTORS[44:45], 1)[0][0].id == "p44.jpg"
    with pytest.raises(WrongModel):
        open_index(place, model="other")


def test_mistakes_are_refused_alike(place):
    with create_index(place, make_settings()) as index:
        index.add(make_items(VECTORS[:3]))
        for call, reason in (
            (lambda: index.add(make_items(VECTORS[3:9], start=2)), "is there already"),
            (lambda: index.update(make_items(VECTORS[:2], start=2)), "is not there"),
            (lambda: index.put([Item("a", None)]), "only update"),
            (lambda: index.put([Item("a", np.zeros(32))]), "zeros"),
            (lambda: index.put([Item("a", np.ones(3))]), "32 numbers"),
            (lambda: index.put([Item("a", VECTORS[0], {"b": object()})]), "JSON"),
            (lambda: index.put([Item("a", VECTORS[0]), Item("a", VECTORS[1])]), "twice"),
            (lambda: index.query(QUERIES, 0), "ask for at least 1"),
            (lambda: index.query(QUERIES, 1, {"a": 0.5}), "whole numbers"),
        ):
            with pytest.raises(InvalidInput, match=reason):
                call()
        assert index.count() == 3
        np.testing.assert_array_equal(index.get(["p2.jpg"])[0].vector, VECTORS[2])


def test_nothing_in_it_and_no_index_at_all(place):
    with pytest.raises(VectorIndexError, match="no index there"):
        open_index(place)
    assert not exists(place)
    with create_index(place, make_settings()) as index:
        assert index.query(QUERIES, 3) == [[]] * 5
        assert index.query(np.empty((0, 32)), 3) == []
        assert (index.count(), index.get(["a"]), list(index.iter_ids())) == (0, [None], [])
        index.flush()
    with pytest.raises(VectorIndexError, match="an index already"):
        create_index(place, make_settings())


@pytest.mark.parametrize("kind", ["pq", "ivf-pq"])
def test_the_structure_is_built_said_and_finds_nearly_all(place, kind):
    naive = NaiveIndex()
    naive.add(make_items(VECTORS))
    with create_index(place, make_settings(kind=kind)) as index:
        for start in range(0, 3_000, 500):
            index.add(make_items(VECTORS[start : start + 500], start))
        index.flush()
        assert ("IVF_SQ8" if place.startswith("milvus") else "PCAR32") in index.describe()
        found = index.query(QUERIES, 10)
        true = naive.query(QUERIES, 10)
        right = [
            len({h.id for h in a} & {name for _, name in b}) for a, b in zip(found, true, strict=True)
        ]
        assert np.mean(right) >= 9
        by_name = dict(zip(naive.items, VECTORS, strict=True))
        for query, hits in zip(QUERIES, found, strict=True):
            for hit in hits:
                assert hit.distance == pytest.approx(
                    naive._compute_distance(query, by_name[hit.id]), abs=1e-6
                )
        index.compact()
        assert index.count() == 3_000


@pytest.mark.dev_all
def test_places_in_milvus_name_an_address_and_a_collection():
    pytest.importorskip("pymilvus", reason="needs pymilvus: make setup-train")
    with pytest.raises(InvalidInput, match="ADDRESS#COLLECTION"):
        open_index("milvus:somewhere.db")
    with pytest.raises(InvalidInput, match="Milvus takes exact, pq, ivf-pq"):
        create_index("milvus:somewhere.db#photos", make_settings(kind="IVF8,Flat"))

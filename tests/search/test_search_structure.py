import shutil

import numpy as np
import pytest

from packshot.errors import IndexDamaged, InvalidInput
from packshot.search import Distance, create_index, open_index
from packshot.search.planning import plan_structure
from tests.search.vectors import (
    NaiveIndex,
    assert_same_answers,
    make_clustered_vectors,
    make_items,
    make_settings,
)

VECTORS, QUERIES = np.split(make_clustered_vectors(6_020), [6_000])
KINDS = ("pq", "ivf-pq", "HNSW32", "PCA16,SQ8")


def compute_recall(index, exact_index, where=None, k=10):
    """Share of the true nearest that were found."""
    pairs = zip(index.query(QUERIES, k, where), exact_index.query(QUERIES, k, where), strict=True)
    return np.mean([len({h.id for h in got} & {h.id for h in true}) / k for got, true in pairs])


@pytest.fixture(scope="module")
def exact_index(tmp_path_factory):
    with create_index(tmp_path_factory.mktemp("exact") / "i", make_settings(kind="exact")) as index:
        index.add(make_items(VECTORS))
        yield index


@pytest.fixture(scope="module", params=KINDS)
def index_folder(request, tmp_path_factory):
    """The folder of an index whose structure is in force for all 6 000 vectors."""
    folder = tmp_path_factory.mktemp("trained") / "i"
    with create_index(folder, make_settings(kind=request.param)) as index:
        index.add(make_items(VECTORS))
        assert "exact" in index.describe().split(",")[1]
        index.flush()
        assert "over 6000 vectors" in index.describe()
    return folder


@pytest.fixture
def index_copy(index_folder, tmp_path):
    """A copy of the trained index that a test may change."""
    shutil.copytree(index_folder, tmp_path / "i")
    with open_index(tmp_path / "i", writable=True) as index:
        yield index


@pytest.mark.parametrize("where", [None, {"type": ["mug", "chair"]}])
def test_nearly_all_of_the_nearest_are_found(index_copy, exact_index, where):
    assert compute_recall(index_copy, exact_index, where) >= 0.95


def test_the_structure_is_asked_and_not_all_vectors(index_copy, monkeypatch):
    """Otherwise recall would say nothing: candidates are fewer than what lives."""
    monkeypatch.setattr(type(index_copy), "_scan_rows", None)
    assert len(index_copy.query(QUERIES, 10)[0]) == 10


def test_few_that_meet_the_conditions_are_all_looked_at(index_copy, exact_index):
    where = {"seller": 2, "type": "coat", "sale": True}
    assert exact_index.count(where) == 200
    assert compute_recall(index_copy, exact_index, where) == 1


def test_what_is_newer_than_the_structure_is_found_too(index_copy):
    fresh = make_clustered_vectors(30, seed=77)
    index_copy.put(make_items(fresh, start=6_000))
    index_copy.update(make_items(fresh[:1] + 1, start=17))
    index_copy.delete(["p6005.jpg", "p40.jpg"])
    assert "31 newer ones exact" in index_copy.describe()
    for number in (3, 29):
        assert index_copy.query(fresh[number : number + 1], 1)[0][0].id == f"p{6000 + number}.jpg"
    assert index_copy.query(fresh[:1] + 1, 1)[0][0].id == "p17.jpg"
    for vector, name in ((fresh[5:6], "p6005.jpg"), (VECTORS[40:41], "p40.jpg")):
        assert name not in {hit.id for hit in index_copy.query(vector, 50)[0]}


def test_another_process_answers_alike(index_copy, tmp_path):
    with open_index(tmp_path / "i") as reader:
        assert reader.query(QUERIES, 7) == index_copy.query(QUERIES, 7)


def test_damage_to_the_structure_is_said_and_compacting_mends_it(index_copy, tmp_path):
    (file,) = (tmp_path / "i").glob("structure-*")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with (
        open_index(tmp_path / "i") as reader,
        pytest.raises(IndexDamaged, match="rebuild it with --compact"),
    ):
        reader.query(QUERIES)
    index_copy.compact()
    with open_index(tmp_path / "i") as reader:
        assert len(reader.query(QUERIES)) == len(QUERIES)


def test_compacting_leaves_one_structure_over_what_lives(index_copy, tmp_path, exact_index):
    index_copy.delete([f"p{n}.jpg" for n in range(0, 3_000)])
    index_copy.compact()
    assert "over 3000 vectors" in index_copy.describe()
    assert len(list((tmp_path / "i").glob("structure-*"))) == 1
    assert index_copy.query(VECTORS[4_000:4_001], 1)[0][0].id == "p4000.jpg"


@pytest.mark.parametrize("kind", ["pq", "ivf-pq", None])
@pytest.mark.parametrize("distance", list(Distance))
def test_too_few_to_train_are_searched_exactly(tmp_path, kind, distance):
    naive = NaiveIndex(distance)
    with create_index(tmp_path / "i", make_settings(kind=kind, distance=distance)) as index:
        for one in (index, naive):
            one.add(make_items(VECTORS[:200]))
        index.flush()
        assert_same_answers(index, naive, QUERIES[:3])


def test_a_sentence_that_cannot_be_trained_is_said(tmp_path):
    with create_index(tmp_path / "i", make_settings(kind="IVF256,Flat")) as index:
        index.add(make_items(VECTORS[:100]))
        with pytest.raises(InvalidInput, match="IVF256"):
            index.flush()
        assert len(index.query(QUERIES[:1], 5)[0]) == 5


def test_growth_is_put_in_and_then_trained_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.search.structure_manager._MIN_NEW_ROWS", 500)
    with create_index(tmp_path / "i", make_settings(kind="ivf-pq")) as index:
        index.add(make_items(VECTORS[:1_200]))
        index.flush()
        first = index.describe().split(" over ")[0]
        index.add(make_items(VECTORS[1_200:1_900], start=1_200))
        index.flush()
        assert index.describe().startswith(f"{first} over 1900 vectors")
        index.add(make_items(VECTORS[1_900:], start=1_900))
        index.flush()
        assert "over 6000 vectors" in index.describe()
        assert index.describe().split(" over ")[0] != first


@pytest.mark.parametrize(
    ("vectors", "dimensions", "sentence"),
    [
        (1_000_000, 1280, "PCAR256,IVF2048,PQ256x4fs"),
        (100_000, 1280, "PCAR256,IVF1024,PQ256x4fs"),
        (60_000, 100, "PCAR100,IVF512,PQ100x4fs"),
        (60_000, 6, "IVF512,SQ8"),
    ],
)
def test_cells_and_codes_follow_from_the_number(vectors, dimensions, sentence):
    structure_plan = plan_structure(None, vectors, dimensions)
    assert structure_plan.factory_string == sentence
    assert structure_plan.training_vectors >= 39 * int(sentence.split("IVF")[1].split(",")[0])


@pytest.mark.parametrize("kind", ["pq", "ivf-pq"])
def test_every_plan_can_be_built(kind):
    import faiss

    for vectors in (1_000, 5_000, 3_000_000):
        for dimensions in (1, 5, 8, 9, 31, 130, 700):
            faiss.index_factory(dimensions, plan_structure(kind, vectors, dimensions).factory_string)
    assert plan_structure(kind, 999, 64) is None
    assert plan_structure("exact", 10**7, 64) is None
    assert plan_structure(None, 50_000, 64) is None

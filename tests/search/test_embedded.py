import shutil
import sqlite3
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from packshot.errors import (
    IndexDamaged,
    IndexLocked,
    InvalidInput,
    VectorIndexError,
    WrongModel,
)
from packshot.search import Distance, Item, create_index, open_index
from tests.search.vectors import (
    NaiveIndex,
    assert_same_answers,
    make_clustered_vectors,
    make_items,
    make_settings,
)

VECTORS = make_clustered_vectors(400)
QUERIES = make_clustered_vectors(5, seed=9)


@pytest.fixture
def index(tmp_path):
    with create_index(tmp_path / "index", make_settings()) as index:
        yield index


@pytest.mark.parametrize("distance", list(Distance))
@pytest.mark.parametrize("where", [None, {"type": "mug"}, {"type": ["mug", "coat"], "sale": True}])
def test_answers_are_those_of_a_naive_search(tmp_path, distance, where):
    naive = NaiveIndex(distance)
    with create_index(tmp_path / "i", make_settings(distance=distance)) as index:
        for one in (index, naive):
            one.add(make_items(VECTORS[:300]))
            one.update(make_items(VECTORS[350:360]))
            one.delete([f"p{n}.jpg" for n in range(100, 150)])
            one.put(make_items(VECTORS[300:400], start=280))
        assert index.count(where) == naive.count(where)
        assert_same_answers(index, naive, QUERIES, 10, where)


VALUES = st.integers(-3, 3).map(float)
NAMES = st.sampled_from(["a", "b", "ä 'quoted\"", "d.e[0]"])
ENTRIES = st.lists(
    st.builds(
        lambda name, vector, kind: Item(name, np.array([*vector, 1], np.float32), {"kind": kind}),
        NAMES,
        st.tuples(VALUES, VALUES),
        st.sampled_from(["x", "y", 1, True]),
    ),
    max_size=4,
    unique_by=lambda item: item.id,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), ENTRIES),
        st.tuples(st.just("delete"), st.lists(NAMES, max_size=3)),
        st.tuples(st.sampled_from(["compact", "flush", "reopen"]), st.none()),
    ),
    max_size=12,
)


@examples(max_examples=25, deadline=None)
@given(steps=STEPS, distance=st.sampled_from(list(Distance)))
def test_any_history_leaves_what_a_naive_index_holds(steps, distance):
    folder = Path(tempfile.mkdtemp())
    naive = NaiveIndex(distance)
    index = create_index(folder / "i", make_settings(dimensions=3, distance=distance))
    try:
        for step, argument in steps:
            if step == "reopen":
                index.close()
                index = open_index(folder / "i", writable=True)
            elif argument is None:
                getattr(index, step)()
            else:
                assert getattr(index, step)(argument) == getattr(naive, step)(argument)
        assert sorted(index.iter_ids()) == sorted(naive.items)
        for kind in ("x", 1, True):
            assert index.count({"kind": kind}) == naive.count({"kind": kind})
        for found, expected in zip(index.get(list(naive.items)), naive.items.values(), strict=True):
            assert found.id == expected.id
            assert found.metadata == expected.metadata
            np.testing.assert_array_equal(found.vector, expected.vector)
        assert_same_answers(index, naive, np.array([[1, 0, 0.5]], np.float32), 3)
    finally:
        index.close()
        shutil.rmtree(folder)


def test_what_was_added_comes_back_bit_for_bit(index):
    index.add(make_items(VECTORS[:7]))
    missing, third = index.get(["none.jpg", "p3.jpg"])
    assert missing is None
    np.testing.assert_array_equal(third.vector, VECTORS[3])
    assert third.metadata == {"type": "mug", "seller": 3, "sale": False}


def test_half_precision_takes_half_the_disk_and_keeps_three_digits(tmp_path):
    with create_index(tmp_path / "i", make_settings(precision="float16")) as index:
        index.add(make_items(VECTORS[:10]))
        np.testing.assert_allclose(index.get(["p4.jpg"])[0].vector, VECTORS[4], rtol=1e-3)
        (file,) = (tmp_path / "i").glob("vectors-*")
        assert file.stat().st_size == 10 * 32 * 2


def test_metadata_alone_is_updated_and_the_vector_stays(index):
    index.add(make_items(VECTORS[:3]))
    index.update([Item("p1.jpg", None, {"type": "plate"})])
    (changed,) = index.get(["p1.jpg"])
    assert changed.metadata == {"type": "plate"}
    np.testing.assert_array_equal(changed.vector, VECTORS[1])
    assert index.count({"type": "plate"}) == 1
    assert index.query(VECTORS[1:2], 1, {"type": "plate"})[0][0].id == "p1.jpg"


def test_a_batch_is_taken_whole_or_not_at_all(index):
    index.add(make_items(VECTORS[:3]))
    with pytest.raises(InvalidInput, match=r"'p2\.jpg' is there already"):
        index.add(make_items(VECTORS[3:9], start=2))
    with pytest.raises(InvalidInput, match=r"'p3\.jpg' is not there"):
        index.update(make_items(VECTORS[:2], start=2))
    with pytest.raises(InvalidInput, match="only update"):
        index.put([Item("new", None)])
    assert index.count() == 3
    np.testing.assert_array_equal(index.get(["p2.jpg"])[0].vector, VECTORS[2])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Item("a", np.zeros(32, np.float32)), "zeros"),
        (Item("a", np.full(32, np.nan, np.float32)), "finite"),
        (Item("a", np.full(32, 1e20, np.float32)), "no more than"),
        (Item("a", np.ones(31, np.float32)), "32 numbers"),
        (Item("", VECTORS[0]), "an id is text"),
        (Item("x" * 1025, VECTORS[0]), "an id is text"),
        (Item("\ud800", VECTORS[0]), "Unicode"),
        (Item("a", VECTORS[0], {"when": {1, 2}}), "JSON cannot hold"),
        (Item("a", VECTORS[0], {"price": float("nan")}), "JSON cannot hold"),
    ],
)
def test_what_cannot_be_an_item_is_refused(index, item, reason):
    with pytest.raises(InvalidInput, match=reason):
        index.add([item])
    assert index.count() == 0


def test_one_id_twice_in_a_batch_is_refused(index):
    with pytest.raises(InvalidInput, match="twice"):
        index.put([*make_items(VECTORS[:2]), *make_items(VECTORS[2:3])])


def test_questions_that_make_no_sense_are_refused(index):
    with pytest.raises(InvalidInput, match="ask for at least 1"):
        index.query(QUERIES, 0)
    with pytest.raises(InvalidInput, match="32 numbers"):
        index.query(QUERIES[0])
    with pytest.raises(InvalidInput, match="whole numbers"):
        index.query(QUERIES, 1, {"price": 0.5})


def test_an_empty_index_answers_nothing(index):
    assert index.query(QUERIES, 3) == [[]] * 5
    assert index.query(np.empty((0, 32)), 3) == []
    assert index.count() == 0
    assert index.get(["a"]) == [None]
    assert index.delete(["a"]) == 0


def test_streams_are_acknowledged_batch_by_batch(index):
    batches = (make_items(VECTORS[start : start + 50], start) for start in range(0, 200, 50))
    counts = [(taken, index.count()) for taken in index.ingest(batches)]
    assert counts == [(50, 50), (100, 100), (150, 150), (200, 200)]


def test_a_reader_sees_each_change_and_cannot_write(index, tmp_path):
    with open_index(tmp_path / "index") as reader:
        index.add(make_items(VECTORS[:20]))
        assert reader.query(VECTORS[3:4], 1)[0][0].id == "p3.jpg"
        index.delete(["p3.jpg"])
        assert reader.query(VECTORS[3:4], 1)[0][0].id != "p3.jpg"
        index.compact()
        assert reader.count() == 19
        assert reader.query(VECTORS[4:5], 1)[0][0].id == "p4.jpg"
        with pytest.raises(VectorIndexError, match="opened for reading"):
            reader.delete(["p4.jpg"])


def test_a_second_writer_is_told_who_writes(index, tmp_path):
    import os

    with pytest.raises(IndexLocked, match=f"by process {os.getpid()}"):
        open_index(tmp_path / "index", writable=True)
    index.close()
    open_index(tmp_path / "index", writable=True).close()


def test_another_models_vectors_are_refused(index, tmp_path):
    with pytest.raises(WrongModel, match="tested, not of other"):
        open_index(tmp_path / "index", model="other")
    open_index(tmp_path / "index", model="tested").close()


def test_compacting_gives_back_the_room(index, tmp_path):
    index.add(make_items(VECTORS[:100]))
    index.delete([f"p{n}.jpg" for n in range(90)])
    index.compact()
    (file,) = (tmp_path / "index").glob("vectors-*")
    assert file.stat().st_size == 10 * 32 * 4
    np.testing.assert_array_equal(index.get(["p95.jpg"])[0].vector, VECTORS[95])
    index.verify()


def test_no_index_and_an_index_already(index, tmp_path):
    with pytest.raises(VectorIndexError, match="no index there"):
        open_index(tmp_path / "nowhere")
    with pytest.raises(IndexLocked):
        create_index(tmp_path / "index", make_settings())
    index.close()
    with pytest.raises(VectorIndexError, match="an index already"):
        create_index(tmp_path / "index", make_settings())


def test_damage_is_found_and_said(index, tmp_path):
    index.add(make_items(VECTORS[:20]))
    index.close()
    (file,) = (tmp_path / "index").glob("vectors-*")
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    with pytest.raises(IndexDamaged, match="cut short"):
        open_index(tmp_path / "index")
    file.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    with pytest.raises(IndexDamaged, match="vectors 0 to 19 are not what was written"):
        open_index(tmp_path / "index")
    file.write_bytes(whole)
    open_index(tmp_path / "index").close()
    (tmp_path / "index" / "index.db").write_bytes(b"not a database" * 100)
    with pytest.raises(IndexDamaged):
        open_index(tmp_path / "index")


def overwrite_vectors(index, folder, vectors):
    """An index whose vectors are others, with the checksum of these: as of a writer gone wrong."""
    index.add(make_items(VECTORS[:20]))
    index.close()
    (file,) = folder.glob("vectors-*")
    file.write_bytes(vectors.astype(index.settings.precision.value).tobytes())
    database = sqlite3.connect(folder / "index.db")
    with database:
        database.execute("UPDATE appends SET checksum = ?", (zlib.crc32(file.read_bytes()),))
    database.close()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_no_numbers_are_damage(index, tmp_path, value):
    vectors = VECTORS[:20].copy()
    vectors[7, 3] = value
    overwrite_vectors(index, tmp_path / "index", vectors)
    with open_index(tmp_path / "index") as reader:
        with pytest.raises(IndexDamaged, match="not numbers"):
            reader.query(VECTORS[:1])
        with pytest.raises(InvalidInput):
            reader.query(vectors[7:8])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE state SET settings = '{}'",
        "UPDATE state SET settings = 'no words'",
        "UPDATE state SET rows = 'many'",
        "UPDATE state SET rows = -3",
        "UPDATE state SET rows = 1000000000000000",
        "DELETE FROM items WHERE row = 3",
        "UPDATE items SET metadata = '{broken' WHERE row = 3",
        "UPDATE items SET died = 1, row = 900000 WHERE row = 3",
        "UPDATE appends SET checksum = 'none'",
        "DELETE FROM state",
        "DROP TABLE items",
    ],
)
def test_a_book_that_makes_no_sense_is_damage(index, tmp_path, change):
    index.add(make_items(VECTORS[:20]))
    index.close()
    database = sqlite3.connect(tmp_path / "index" / "index.db")
    with database:
        database.execute(change)
    database.close()
    with pytest.raises(VectorIndexError), open_index(tmp_path / "index") as reader:
        reader.query(VECTORS[3:4], k=20)


def test_what_an_interrupted_write_left_is_dropped_and_said(index, tmp_path):
    index.add(make_items(VECTORS[:20]))
    index.close()
    (file,) = (tmp_path / "index").glob("vectors-*")
    with file.open("ab") as stream:
        stream.write(b"half a vector")
    with open_index(tmp_path / "index") as reader:
        assert reader.count() == 20
    with open_index(tmp_path / "index", writable=True) as writer:
        assert "13 bytes" in writer.notes[0]
        writer.add(make_items(VECTORS[20:30], start=20))
        np.testing.assert_array_equal(writer.get(["p25.jpg"])[0].vector, VECTORS[25])
        writer.verify()


def test_an_index_whose_making_was_interrupted_is_no_index(tmp_path):
    import sqlite3

    (tmp_path / "i").mkdir()
    connection = sqlite3.connect(tmp_path / "i" / "index.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with pytest.raises(IndexDamaged, match="never finished"):
        open_index(tmp_path / "i")

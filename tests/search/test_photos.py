import os
import shutil

import numpy as np
import pytest

from packshot.encode import ContentEncoder
from packshot.errors import InvalidInput, SourceError, WrongModel
from packshot.report import Status
from packshot.search import Distance, IndexSettings, create_index
from packshot.search import photos as photos_module
from packshot.search.parquet_file import export_parquet, read_parquet
from packshot.search.photos import IndexingOutcome, find_missing_ids, index_photos, query_photos
from packshot.sources import expand_with_names
from tests.conftest import ROOT
from tests.search.vectors import make_clustered_vectors, make_items, make_settings

NAMES = ("bowl-small-off-centre.jpg", "clay-bowl.jpg", "cream-jar.jpg")


@pytest.fixture(scope="module")
def encoder():
    return ContentEncoder.load_shipped()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop").mkdir()
    for name in NAMES:
        shutil.copy(ROOT / "examples" / "photos" / name, tmp_path / "shop")
    (tmp_path / "shop" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return tmp_path / "shop"


@pytest.fixture
def index(tmp_path, encoder):
    index_settings = IndexSettings(dimensions=encoder.dimensions, model=encoder.fingerprint)
    with create_index(tmp_path / "index", index_settings) as index:
        yield index


def run_indexing(index, folder, **options):
    results = index_photos(index, expand_with_names([folder]), workers=0, **options)
    return {result.path.name: result.outcome for result in results}


def test_photos_are_encoded_once_and_again_when_they_change(index, folder, encoder, monkeypatch):
    assert run_indexing(index, folder) == dict.fromkeys(NAMES, IndexingOutcome.ADDED) | {
        "torn.jpg": IndexingOutcome.UNREADABLE
    }
    (kept,) = index.get([NAMES[1]])
    np.testing.assert_array_equal(kept.vector, encoder.encode_file(folder / NAMES[1]))
    assert kept.metadata["path"] == str(folder / NAMES[1])

    opened = []
    real = photos_module._encode_file
    monkeypatch.setattr(
        photos_module, "_encode_file", lambda e, path: opened.append(path.name) or real(e, path)
    )
    shutil.copy(folder / NAMES[0], folder / NAMES[1])
    os.utime(folder / NAMES[1], (1, 1))
    again = run_indexing(index, folder)
    assert opened == [NAMES[1], "torn.jpg"]
    assert again[NAMES[1]] is IndexingOutcome.UPDATED
    assert again[NAMES[0]] is IndexingOutcome.UNCHANGED
    np.testing.assert_array_equal(
        index.get([NAMES[1]])[0].vector, encoder.encode_file(folder / NAMES[0])
    )


def test_metadata_of_a_table_are_renewed_without_encoding(index, folder, monkeypatch):
    run_indexing(index, folder, columns={NAMES[0]: {"type": "bowl"}})
    assert index.count({"type": "bowl"}) == 1
    (folder / "torn.jpg").unlink()
    monkeypatch.setattr(photos_module, "_encode_file", None)
    run_indexing(index, folder, columns={NAMES[0]: {"type": "dish"}})
    assert index.count({"type": "bowl"}) == 0
    assert index.count({"type": "dish"}) == 1


def test_batches_are_durable_one_by_one(index, folder, monkeypatch):
    monkeypatch.setattr(photos_module, "BATCH_SIZE", 1)
    stream = index_photos(index, expand_with_names([folder]), workers=0)
    next(stream)
    assert index.count() == 1
    stream.close()
    assert list(run_indexing(index, folder).values()).count(IndexingOutcome.UNCHANGED) == 1
    assert index.count() == 3


def test_photos_that_are_gone_are_named(index, folder):
    run_indexing(index, folder)
    (folder / NAMES[2]).unlink()
    assert find_missing_ids(index, expand_with_names([folder])) == [NAMES[2]]


def test_a_photo_asked_about_is_like_itself(index, folder):
    run_indexing(index, folder)
    known, torn = query_photos(index, [folder / NAMES[1], folder / "torn.jpg"], k=2)
    assert [hit.id for hit in known.hits] == [NAMES[1], NAMES[0]]
    assert known.hits[0].likeness == pytest.approx(1)
    assert known.hits[1].likeness == 1 - known.hits[1].distance
    assert known.hits[0].metadata == {}
    assert (torn.status, torn.hits) == (Status.UNREADABLE, ())


def test_an_index_of_another_model_is_refused(tmp_path, folder):
    with create_index(tmp_path / "other", make_settings(dimensions=1280, model="other")) as index:
        with pytest.raises(WrongModel):
            run_indexing(index, folder)
        with pytest.raises(WrongModel):
            next(query_photos(index, [folder / NAMES[0]]))


def test_a_table_holds_all_and_gives_all_back(tmp_path):
    vectors = make_clustered_vectors(2_500)
    with create_index(tmp_path / "a", make_settings()) as index:
        index.add(make_items(vectors))
        assert export_parquet(index, tmp_path / "all.parquet") == 2_500
    with create_index(tmp_path / "b", make_settings(distance=Distance.EUCLIDEAN)) as other:
        *_, taken = other.ingest(read_parquet(tmp_path / "all.parquet", "tested"))
        assert taken == other.count() == 2_500
        (one,) = other.get(["p2400.jpg"])
        np.testing.assert_array_equal(one.vector, vectors[2400])
        assert one.metadata == {"type": "mug", "seller": 0, "sale": True}
    with pytest.raises(InvalidInput, match="of the model tested, the index those of new"):
        list(read_parquet(tmp_path / "all.parquet", "new"))


def test_tables_of_others_bring_their_columns_as_metadata(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow")
    from pyarrow import parquet

    columns = {"id": ["a", "b"], "vector": [[1.0, 2.0], [3.0, 4.0]], "seller": [7, 8]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "theirs.parquet")
    ((first, second),) = read_parquet(tmp_path / "theirs.parquet", "tested")
    assert (first.id, first.metadata) == ("a", {"seller": 7})
    np.testing.assert_array_equal(second.vector, [3, 4])
    parquet.write_table(pyarrow.table({"id": ["a"]}), tmp_path / "short.parquet")
    with pytest.raises(SourceError, match="no column vector"):
        list(read_parquet(tmp_path / "short.parquet", "tested"))
    (tmp_path / "no.parquet").write_text("no")
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        list(read_parquet(tmp_path / "no.parquet", "tested"))

import io
import sys

import pyarrow
import pytest
from pyarrow import parquet as writer

from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats import parquet


def write_table(table, **options):
    file = io.BytesIO()
    writer.write_table(table, file, **options)
    file.seek(0)
    return file


def test_rows_of_several_batches():
    count = 5000
    table = pyarrow.table(
        {"sku": list(range(count)), "path": [f"{number}.jpg" for number in range(count)]}
    )
    found = list(parquet.read_records(write_table(table, row_group_size=700), "feed.parquet"))
    assert [(record.line, record.cells) for record in found] == [
        (number + 1, {"sku": number, "path": f"{number}.jpg"}) for number in range(count)
    ]


def test_only_plain_columns_are_read():
    table = pyarrow.table(
        {
            "path": pyarrow.array(["a.jpg", None]),
            "category": pyarrow.array(["shoes", "hats"]).dictionary_encode(),
            "images": [["b.jpg"], []],
            "vector": [[0.5, 1.0], None],
            "bytes": [b"x", b"y"],
            "struct": [{"path": "c.jpg"}, None],
            "main": [True, False],
            "price": [1.5, None],
        }
    )
    found = [record.cells for record in parquet.read_records(write_table(table), "feed.parquet")]
    assert found == [
        {"path": "a.jpg", "category": "shoes", "images": ["b.jpg"], "main": True, "price": 1.5},
        {"path": None, "category": "hats", "images": [], "main": False, "price": None},
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"path\na.jpg\n" * 100])
def test_no_parquet(content):
    with pytest.raises(SourceError, match=r"feed\.parquet: cannot be read as Parquet"):
        list(parquet.read_records(io.BytesIO(content), "feed.parquet"))


def test_cut_short():
    content = write_table(pyarrow.table({"path": ["a.jpg"] * 9})).getvalue()
    damaged = content[:4] + bytes(20) + content[24:]
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        list(parquet.read_records(io.BytesIO(damaged), "feed.parquet"))


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInput, match=r"pip install 'pyarrow>=[\d.]+'$"):
        list(parquet.read_records(io.BytesIO(b""), "feed.parquet"))


def read(file):
    return [record.cells for record in parquet.read_records(file, "feed.parquet")]


WORD = "x" * 2**20


@pytest.mark.parametrize(
    ("columns", "options", "reason"),
    [
        (
            lambda: {"path": pyarrow.array([WORD]).take(pyarrow.array([0] * 500)).dictionary_encode()},
            {},
            "group of rows 1 unpacks to more than is safe to read, long texts",
        ),
        (lambda: {"path": pyarrow.nulls(200_000, pyarrow.string())}, {}, "no table of photos"),
        (lambda: {"path": ["y" * 20_000_000]}, {"use_dictionary": False}, "a page of 20,000,0"),
        (
            lambda: {"path": [WORD] * 500},
            {"use_dictionary": False, "column_encoding": {"path": "DELTA_BYTE_ARRAY"}},
            "long texts",
        ),
        (lambda: {"at": pyarrow.array([[1]])}, {}, "no column of texts or numbers"),
    ],
)
def test_bombs_are_refused(columns, options, reason):
    file = write_table(pyarrow.table(columns()), compression="zstd", write_statistics=False, **options)
    assert len(file.getvalue()) < 10_000
    with pytest.raises(SourceError, match=reason):
        read(file)


def test_lists_without_end():
    listed = pyarrow.ListArray.from_arrays([0, 2**24 + 1], pyarrow.nulls(2**24 + 1, pyarrow.string()))
    with pytest.raises(SourceError, match="lists of 16,777,217 entries"):
        read(write_table(pyarrow.table({"images": listed}), compression="zstd"))


def test_names_that_are_no_text_stay_what_they_are():
    binary = pyarrow.array([b"caf\xe9.jpg", b"ok.jpg", None])
    table = pyarrow.table(
        {
            "path": binary.view(pyarrow.string()),
            "images": pyarrow.ListArray.from_arrays([0, 1, 2, 3], binary.view(pyarrow.string())),
        }
    )
    assert read(write_table(table)) == [
        {"path": "caf\udce9.jpg", "images": ["caf\udce9.jpg"]},
        {"path": "ok.jpg", "images": ["ok.jpg"]},
        {"path": None, "images": [None]},
    ]


@pytest.mark.parametrize("kind", [pyarrow.large_string(), pyarrow.string_view()])
def test_texts_of_every_kind(kind):
    assert read(write_table(pyarrow.table({"path": pyarrow.array(["a.jpg", None], kind)}))) == [
        {"path": "a.jpg"},
        {"path": None},
    ]


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
def test_encodings(encoding):
    names = [f"{number}.jpg" for number in range(3000)]
    file = write_table(
        pyarrow.table({"path": names}), use_dictionary=False, column_encoding={"path": encoding}
    )
    assert [cells["path"] for cells in read(file)] == names


def test_damage_names_the_group(tmp_path):
    names = [f"{number}.jpg" for number in range(2000)]
    content = bytearray(write_table(pyarrow.table({"path": names}), row_group_size=1000).getvalue())
    start = len(content) // 2
    content[start - 2000 : start] = bytes(2000)
    with pytest.raises(SourceError, match=r"group of rows \d"):
        read(io.BytesIO(bytes(content)))

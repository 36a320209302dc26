import io
import sys

import pyarrow
import pytest
from pyarrow import parquet as writer

from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats import parquet


def written(table, **options):
    file = io.BytesIO()
    writer.write_table(table, file, **options)
    file.seek(0)
    return file


def test_rows_of_several_batches():
    count = 5000
    table = pyarrow.table(
        {"sku": list(range(count)), "path": [f"{number}.jpg" for number in range(count)]}
    )
    found = list(parquet.read(written(table, row_group_size=700), "feed.parquet"))
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
    found = [record.cells for record in parquet.read(written(table), "feed.parquet")]
    assert found == [
        {"path": "a.jpg", "category": "shoes", "images": ["b.jpg"], "main": True, "price": 1.5},
        {"path": None, "category": "hats", "images": [], "main": False, "price": None},
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"path\na.jpg\n" * 100])
def test_no_parquet(content):
    with pytest.raises(SourceError, match=r"feed\.parquet: cannot be read as Parquet"):
        list(parquet.read(io.BytesIO(content), "feed.parquet"))


def test_cut_short():
    content = written(pyarrow.table({"path": ["a.jpg"] * 9})).getvalue()
    damaged = content[:4] + bytes(20) + content[24:]
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        list(parquet.read(io.BytesIO(damaged), "feed.parquet"))


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInput, match=r"pip install 'pyarrow>=[\d.]+'$"):
        list(parquet.read(io.BytesIO(b""), "feed.parquet"))

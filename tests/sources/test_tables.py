import pytest

from packshot.errors import SourceError
from packshot.sources import read_rows


def test_rows_by_column_whatever_wrote_them(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes('\ufefffile,note\r\n"a,1.jpg",好\r\nb.jpg\r\n'.encode())
    assert read_rows(table) == [{"file": "a,1.jpg", "note": "好"}, {"file": "b.jpg", "note": ""}]


def test_what_is_no_table_is_named(tmp_path):
    (tmp_path / "photo.csv").write_bytes(b"\xff\xd8\xff\xe0")
    for name in ("photo.csv", "none.csv", "."):
        with pytest.raises(SourceError, match="cannot be read as CSV"):
            read_rows(tmp_path / name)

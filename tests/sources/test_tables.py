import os

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


def test_what_cannot_be_decoded_names_its_line(tmp_path):
    (tmp_path / "table.csv").write_bytes(b"file\na.jpg\ncaf\xe9.jpg\n")
    with pytest.raises(SourceError, match="line 3 is not UTF-8"):
        read_rows(tmp_path / "table.csv")


def test_what_has_no_end(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(SourceError, match="a pipe or a device"):
            read_rows(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a" + b",a" * 20_000 + b"\n1\n", "more than 16,384 columns"),
        (b"a" + b",a" * 10_000 + b"\n1" * 2000, "more than 10,000,000 cells"),
        (b"a\n" + b"x" * 200_000, "after line 1: field larger"),
    ],
)
def test_bombs(tmp_path, content, reason):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        read_rows(tmp_path / "table.csv")

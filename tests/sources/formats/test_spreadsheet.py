import io
import sys
import zipfile
from datetime import date

import openpyxl
import pytest

from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats import spreadsheet


def written(*rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.create_sheet("Other").append(["path", "not this one"])
    book.save(file)
    file.seek(0)
    return file


def read(file):
    return [(record.line, record.cells) for record in spreadsheet.read(file, "feed.xlsx")]


def test_rows():
    file = written([], ["SKU", " Image ", "Image"], [1, "a.jpg"], [], ["x2", None, "c"], [3.5, "图.jpg"])
    assert read(file) == [
        (3, {"SKU": 1, "Image": "a.jpg"}),
        (5, {"SKU": "x2", "Image": None, "Image_2": "c"}),
        (6, {"SKU": 3.5, "Image": "图.jpg"}),
    ]


def test_dates_are_texts_to_a_feed():
    [(_, cells)] = read(written(["day", "path"], [date(2026, 11, 21), "a.jpg"]))
    assert spreadsheet.as_text(cells["day"]) == "2026-11-21 00:00:00"


def test_sizes_that_the_file_claims_are_not_believed():
    parts, changed = zipfile.ZipFile(written(["path"], ["a.jpg"], ["b.jpg"])), io.BytesIO()
    with zipfile.ZipFile(changed, "w") as file:
        for name in parts.namelist():
            file.writestr(
                name, parts.read(name).replace(b'<dimension ref="A1:A3"', b'<dimension ref="A1:A2"')
            )
    assert [line for line, _ in read(changed)] == [2, 3]


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_a_bomb_is_refused(part):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts, parts.open(part, "w") as content:
        for _ in range(40):
            content.write(b"x" * 2**20)
    assert len(file.getvalue()) < 2**20
    with pytest.raises(SourceError, match="unpacks to more than is safe"):
        read(file)


def test_long_repetitive_tables_are_no_bombs():
    """The most compressible table there is in earnest: the same row again and again."""
    file = written(["path"], *([["a.jpg"]] * 20_000))
    with zipfile.ZipFile(file) as parts:
        [sheet] = [part for part in parts.infolist() if part.filename.endswith("sheet1.xml")]
    assert sheet.file_size / sheet.compress_size < 100
    assert len(read(file)) == 20_000


def test_entities_are_refused():
    parts, changed = zipfile.ZipFile(written(["path"], ["a.jpg"])), io.BytesIO()
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(changed, "w") as file:
        for name in parts.namelist():
            content = parts.read(name)
            file.writestr(name, laughs + content if name.endswith("sheet1.xml") else content)
    with pytest.raises(SourceError, match="cannot be read as XLSX"):
        read(changed)


@pytest.mark.parametrize("content", [b"", b"path\na.jpg\n", b"PK\x03\x04" + bytes(200)])
def test_no_workbook(content):
    with pytest.raises(SourceError, match=r"feed\.xlsx: cannot be read as XLSX"):
        read(io.BytesIO(content))


def test_another_archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("a.txt", "x")
    with pytest.raises(SourceError, match="cannot be read as XLSX"):
        read(file)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InvalidInput, match=r"pip install 'openpyxl>=[\d.]+' 'defusedxml>=[\d.]+'$"):
        read(io.BytesIO(b""))

import io
import sys
import zipfile
from datetime import date

import openpyxl
import pytest

from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats import spreadsheet
from packshot.sources.notices import forget


def write_workbook(*rows):
    workbook, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        workbook.active.append(row)
    workbook.create_sheet("Other").append(["path", "not this one"])
    workbook.save(file)
    file.seek(0)
    return file


def read(file):
    return [(record.line, record.cells) for record in spreadsheet.read_records(file, "feed.xlsx")]


def test_rows():
    file = write_workbook(
        [], ["SKU", " Image ", "Image"], [1, "a.jpg"], [], ["x2", None, "c"], [3.5, "图.jpg"]
    )
    assert read(file) == [
        (3, {"SKU": 1, "Image": "a.jpg"}),
        (5, {"SKU": "x2", "Image": None, "Image_2": "c"}),
        (6, {"SKU": 3.5, "Image": "图.jpg"}),
    ]


def test_dates_are_texts_to_a_feed():
    [(_, cells)] = read(write_workbook(["day", "path"], [date(2026, 11, 21), "a.jpg"]))
    assert spreadsheet.cell_to_text(cells["day"]) == "2026-11-21 00:00:00"


def test_sizes_that_the_file_claims_are_not_believed():
    parts, changed = zipfile.ZipFile(write_workbook(["path"], ["a.jpg"], ["b.jpg"])), io.BytesIO()
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
    file = write_workbook(["path"], *([["a.jpg"]] * 20_000))
    with zipfile.ZipFile(file) as parts:
        [sheet] = [part for part in parts.infolist() if part.filename.endswith("sheet1.xml")]
    assert sheet.file_size / sheet.compress_size < 100
    assert len(read(file)) == 20_000


def test_entities_are_refused():
    parts, changed = zipfile.ZipFile(write_workbook(["path"], ["a.jpg"])), io.BytesIO()
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
    with pytest.raises(InvalidInput, match=r"pip install 'defusedxml>=[\d.]+' 'openpyxl>=[\d.]+'$"):
        read(io.BytesIO(b""))


SHEET = "<worksheet><sheetData>{}</sheetData></worksheet>"
CELL = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
TEXTS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


def make_workbook(rows, **more):
    """A workbook of one sheet with such rows, and other parts by their names."""
    parts, output = zipfile.ZipFile(write_workbook(["path"])), io.BytesIO()
    changed = {f"xl/{name}.xml": content for name, content in more.items()}
    changed["xl/worksheets/sheet1.xml"] = SHEET.format(rows)
    relations = parts.read("xl/_rels/workbook.xml.rels").decode()
    if "sharedStrings" not in relations:
        relationship = (
            f'<Relationship Id="t" Type="{TEXTS}" Target="sharedStrings.xml"/></Relationships>'
        )
        changed["xl/_rels/workbook.xml.rels"] = relations.replace("</Relationships>", relationship)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name in {**dict.fromkeys(parts.namelist()), **changed}:
            file.writestr(name, changed[name] if name in changed else parts.read(name))
    output.seek(0)
    return output


def make_row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def test_gaps_cost_nothing():
    rows = make_row(1, CELL.format("XFD1", "path")) + make_row(
        1_048_576, CELL.format("XFD1048576", "a.jpg")
    )
    assert read(make_workbook(rows)) == [(1_048_576, {"path": "a.jpg"})]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (make_row(2_000_000_000), "a row of the number 2000000000"),
        (make_row("9" * 5000), "is no number"),
        (make_row("-1"), "is no number"),
        (make_row(0), "a row of the number 0"),
        (make_row(1, CELL.format("XFE1", "path")), "more than 16,384 columns"),
        (make_row(1, "<c/>" * 16_385), "more than 16,384 columns"),
        (make_row(1, CELL.format("\u0661", "path")), "a cell of the name"),
        (make_row(1, '<c t="s"><v>7</v></c>'), "no text of the number 7"),
        (make_row(1, "<c>" * 200), "nested more than 100 deep"),
    ],
)
def test_numbers_beyond_those_of_excel(rows, reason):
    with pytest.raises(SourceError, match=rf"feed\.xlsx: cannot be read as XLSX: .*{reason}"):
        read(make_workbook(rows))


def test_shared_texts_in_pieces():
    texts = (
        "<sst><si><t>path</t></si><si><r><t>a</t></r><rPh><t>A</t></rPh><r><t>.jpg</t></r></si></sst>"
    )
    rows = make_row(1, '<c t="s"><v>0</v></c>') + make_row(2, '<c t="s"><v>1</v></c>')
    assert read(make_workbook(rows, sharedStrings=texts)) == [(2, {"path": "a.jpg"})]


def test_values_of_every_kind():
    cells = '<c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="str"><v>x</v></c>'
    cells += "<c><v>1e999</v></c><c><v>?</v></c>"
    names = "".join(CELL.format(f"{letter}1", letter) for letter in "ABCDE")
    assert read(make_workbook(make_row(1, names) + make_row(2, cells))) == [
        (2, {"A": True, "B": "#N/A", "C": "x", "D": float("inf"), "E": "?"})
    ]


def test_more_styles_than_excel_has():
    styles = f"<styleSheet><cellXfs>{'<xf/>' * 70_000}</cellXfs></styleSheet>"
    with pytest.raises(SourceError, match="more than 65,490 formats"):
        read(make_workbook("", styles=styles))


@pytest.mark.parametrize(("at", "size"), [(20, 2**27), (24, 100)])
def test_sizes_in_the_directory_are_not_believed(at, size):
    """The compressed one at 20, the other at 24."""
    made = bytearray(make_workbook("x" * 40_000_000).getvalue())
    found = made.rindex(b"xl/worksheets/sheet1.xml") - 46 + at
    made[found : found + 4] = size.to_bytes(4, "little")
    with pytest.raises(SourceError, match=r"unpacks to more|cannot be unpacked|not well-formed"):
        read(io.BytesIO(made))


def test_archives_that_are_no_workbooks():
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as parts:
        for number in range(60_000):
            parts.writestr(f"{number:040d}", b"")
    with pytest.raises(SourceError, match="its directory is larger"):
        read(many)
    with pytest.raises(SourceError, match="protected by a password"):
        read(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)))


def test_unusual_compression():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("xl/workbook.xml", b"<workbook/>")
    with pytest.raises(SourceError, match="compressed in an unusual way"):
        read(made)


def is_header(cells):
    return "photo" in cells


def read_known(workbook):
    file = io.BytesIO()
    workbook.save(file)
    file.seek(0)
    return [
        (record.table, record.line, dict(record.cells))
        for record in spreadsheet.read_records(file, "feed.xlsx", is_header)
    ]


@pytest.fixture(autouse=True)
def forget_notices():
    forget()


def test_a_title_above_the_names(caplog):
    workbook = openpyxl.Workbook()
    for row in (["Our feed of May"], [], ["sku", "photo"], ["M1", "mug.jpg"]):
        workbook.active.append(row)
    assert read_known(workbook) == [(0, 4, {"sku": "M1", "photo": "mug.jpg"})]
    assert (
        "feed.xlsx, sheet Sheet: the names of columns stand in line 3; lines 1 to 2 are not read"
        in caplog.text
    )


def test_every_sheet_with_photos_is_read_and_the_others_are_told(caplog):
    workbook = openpyxl.Workbook()
    workbook.active.title = "Instructions"
    workbook.active.append(["Fill in the second sheet"])
    for name, rows in (
        ("Mugs", [["sku", "photo"], ["M1", "mug.jpg"]]),
        ("Prices", [["sku", "price"], ["M1", 9]]),
        ("Bowls", [["photo", "sku"], ["bowl.jpg", "B1"]]),
    ):
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    hidden = workbook.create_sheet("Old")
    hidden.append(["photo"])
    hidden.append(["old.jpg"])
    hidden.sheet_state = "hidden"
    assert read_known(workbook) == [
        (1, 2, {"sku": "M1", "photo": "mug.jpg"}),
        (3, 2, {"photo": "bowl.jpg", "sku": "B1"}),
    ]
    assert (
        "photos were read from the sheets Mugs, Bowls; not read: Instructions, Prices, Old"
        in caplog.text
    )


def test_links_lead_to_their_addresses():
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (
        ["sku", "photo"],
        ["M1", "front"],
        ["M2", "plain.jpg"],
        ["M3", '=HYPERLINK("https://shop.example/3.jpg","3")'],
    ):
        sheet.append(row)
    sheet.append(["M4", '=_xlfn.IMAGE("https://shop.example/4.jpg")'])
    sheet["B2"].hyperlink = "https://shop.example/front.jpg?w=1"
    sheet["A3"].hyperlink = "https://shop.example/product/M2"
    cells = [cells["photo"] for _, _, cells in read_known(workbook)]
    assert [str(cell) for cell in cells[:2]] == ["front", "plain.jpg"]
    assert [getattr(cell, "target", None) for cell in cells] == [
        "https://shop.example/front.jpg?w=1",
        None,
        "https://shop.example/3.jpg",
        "https://shop.example/4.jpg",
    ]


def test_formulas_that_were_never_calculated_are_told(caplog):
    workbook = openpyxl.Workbook()
    for row in (["sku", "photo"], ["M1", '="https://shop.example/"&A2'], ["M2", "=A3"], ["M3", "c.jpg"]):
        workbook.active.append(row)
    assert [cells["photo"] for _, _, cells in read_known(workbook)] == [None, None, "c.jpg"]
    told = "feed.xlsx, sheet Sheet: B2 and 1 more hold a formula that was never calculated"
    assert told in caplog.text


def test_pictures_in_the_workbook_are_told(caplog):
    changed = io.BytesIO(write_workbook(["path"], ["a.jpg"]).getvalue())
    with zipfile.ZipFile(changed, "a") as parts:
        parts.writestr("xl/media/image1.png", b"x")
    changed.seek(0)
    assert len(read(changed)) == 1
    assert "pictures in the workbook itself are not read (1)" in caplog.text


def test_a_sheet_without_names():
    workbook = openpyxl.Workbook()
    workbook.active.append(["M1", "mug.jpg", None])
    workbook.active.append(["M2", "bowl.jpg"])
    assert [cells for _, _, cells in read_known(workbook)] == [
        {"column_1": "M1", "location": "mug.jpg"},
        {"column_1": "M2", "location": "bowl.jpg"},
    ]

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import SourceError
from packshot.sources.formats import delimited


def read_rows(content):
    return [dict(record.cells) for record in delimited.read_records(io.BytesIO(content), "feed.csv")]


TEXT = "sku,path,note\n1,tasse.jpg,für Tee\n2,b.jpg,naïve café\n"
EXPECTED = [
    {"sku": "1", "path": "tasse.jpg", "note": "für Tee"},
    {"sku": "2", "path": "b.jpg", "note": "naïve café"},
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    assert read_rows(TEXT.encode(encoding)) == EXPECTED


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_with_and_without_a_mark(order):
    plain = TEXT.encode(f"utf-16-{order}")
    assert read_rows(plain) == EXPECTED
    assert read_rows("\ufeff".encode(f"utf-16-{order}") + plain) == EXPECTED


def test_chinese_as_excel_saves_it():
    text = "商品编码,图片,类目\n1,茶杯.jpg,厨房用品\n2,b.jpg,茶具\n"
    expected = [
        {"商品编码": "1", "图片": "茶杯.jpg", "类目": "厨房用品"},
        {"商品编码": "2", "图片": "b.jpg", "类目": "茶具"},
    ]
    for encoding in ("gb18030", "utf-8", "utf-16"):
        assert read_rows(text.encode(encoding)) == expected


def test_a_letter_beyond_ascii_late_in_the_file():
    text = "path,note\n" + "a.jpg,plain\n" * 200_000
    assert read_rows((text + "b.jpg,café\n").encode("cp1252"))[-1] == {"path": "b.jpg", "note": "café"}
    assert read_rows((text + "b.jpg,café\n").encode())[-1] == {"path": "b.jpg", "note": "café"}


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_delimiters(delimiter):
    cells = [
        ["id", "image", "title"],
        ["1", "a.jpg", "cups, saucers; 1|2"],
        ["2", "b.jpg", 'the "best"'],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(cells)
    assert read_rows(text.getvalue().encode()) == [
        dict(zip(cells[0], row, strict=True)) for row in cells[1:]
    ]


def test_one_column():
    assert read_rows(b"path\na.jpg\nb.jpg\n") == [{"path": "a.jpg"}, {"path": "b.jpg"}]


def test_the_hint_of_excel():
    found = list(delimited.read_records(io.BytesIO(b"sep=;\r\nid;path\r\n1;a,b.jpg\r\n"), "feed.csv"))
    assert [(record.line, record.cells) for record in found] == [(3, {"id": "1", "path": "a,b.jpg"})]


def test_without_a_header():
    assert read_rows(b"a.jpg,1\n,2\n") == [
        {"location": "a.jpg", "column_2": "1"},
        {"location": "", "column_2": "2"},
    ]
    assert read_rows(b"https://shop.example/x\n") == [{"location": "https://shop.example/x"}]


def test_lines_are_where_rows_begin():
    content = b'path,note\n\na.jpg,"two\nlines"\n \n b.jpg ,\n'
    found = list(delimited.read_records(io.BytesIO(content), "feed.csv"))
    assert [record.line for record in found] == [3, 6]


def test_short_long_and_repeated():
    assert read_rows(b"path,more,more\na.jpg\nb.jpg,1,2,3\n") == [
        {"path": "a.jpg"},
        {"path": "b.jpg", "more": "1", "more_2": "2"},
    ]


def test_nothing():
    assert read_rows(b"") == read_rows(b"\n\n") == read_rows(b"sku,path\n") == []


def test_broken_quotation_marks_name_the_row():
    with pytest.raises(SourceError, match=r"feed\.csv, line 3: cannot be read as CSV.*quotation marks"):
        read_rows(b'sku,path\n1,a.jpg\n2,"b.jpg\n3,c.jpg\n4,d.jpg\n')
    with pytest.raises(SourceError, match=r"line 2: .*field larger"):
        read_rows(b'sku,path\n1,"' + b"x\n" * 100_000)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0\0\x10JFIF\0" * 300,
        b"\xff\xfe\0path",
        bytes(5000),
        b"path\n\xe9.jpg\n\x81.jpg\n",
    ],
)
def test_what_is_no_text(content):
    with pytest.raises(SourceError, match=r"feed\.csv: cannot be read as CSV"):
        read_rows(content)


def test_a_long_cell_concerns_its_row():
    long = "x" * 200_000
    for cell in (long, f'"{long}"', f'"{long}\n""{long}"""'):
        assert [
            row["path"] for row in read_rows(f"sku,note,path\n1,{cell},a.jpg\n2,,b.jpg\n".encode())
        ] == [
            "a.jpg",
            "b.jpg",
        ]
    assert csv.field_size_limit() == 131_072


@pytest.mark.parametrize("end", [b"", b"\n", b",", b'"'])
def test_a_row_without_end_is_cut_off(end):
    start = b'path\n"' if end == b'"' else b"path\n"
    with pytest.raises(SourceError, match=r"line 2: .*(4,194,304 letters|not closed)"):
        read_rows(start + b"x" * 5_000_000 + end)


def test_more_columns_than_any_sheet_has():
    with pytest.raises(SourceError, match="more than 16,384 columns"):
        read_rows(b"path" + b",b" * 20_000 + b"\na.jpg\n")


def test_lines_in_another_encoding_stay_what_they_are(caplog):
    content = "path\ncafé.jpg\nnaïve.jpg\n".encode() + b"caf\xe9.jpg\nd.jpg\n"
    assert [row["path"] for row in read_rows(content)] == [
        "café.jpg",
        "naïve.jpg",
        "caf\udce9.jpg",
        "d.jpg",
    ]
    assert "feed.csv, line 4" in caplog.text
    assert read_rows(b"\xef\xbb\xbfpath\ncaf\xe9.jpg\n") == [{"path": "caf\udce9.jpg"}]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"path\na.jpg\n\x81.jpg\n", 3),
        ("path\na.jpg\n".encode("utf-16") + b"x", 3),
        (("path\n" + "a.jpg\n" * 9).encode("utf-16-le") + b"\0\xd8\0\xd8\n\0", 11),
    ],
)
def test_what_cannot_be_decoded_is_named(content, line):
    with pytest.raises(SourceError, match=f"line {line} is not"):
        read_rows(content)


@pytest.mark.parametrize(
    "content",
    [
        b"path\ra.jpg\rb.jpg\r",
        b"path\r\r\na.jpg\r\r\nb.jpg\r\r\n",
        "path\na.jpg\nb.jpg\n".encode("utf-32"),
    ],
)
def test_odd_ends_of_lines_and_marks(content):
    assert read_rows(content) == [{"path": "a.jpg"}, {"path": "b.jpg"}]


def test_a_null_character_is_part_of_its_cell():
    for times in (10, 1000):
        assert read_rows(b"path\n" + b"a.jpg\n" * times + b"\0.jpg\n")[-1] == {"path": "\0.jpg"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"))), max_size=8
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_a_writer_wrote_is_read(notes, encoding, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["sku", "path", "note"])
    writer.writerows([str(number), f"{number}.jpg", note] for number, (note,) in enumerate(notes))
    expected = [
        {"sku": str(number), "path": f"{number}.jpg", "note": note}
        for number, (note,) in enumerate(notes)
    ]
    assert read_rows(text.getvalue().encode(encoding)) == expected

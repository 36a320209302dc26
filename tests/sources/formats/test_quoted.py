import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.sources.formats import quoted


def read_with_csv(lines):
    """The first row as `csv` reads it; None where it finds a fault."""
    try:
        return next(csv.reader(lines, strict=True), []) or [""]
    except csv.Error:
        return None


@given(st.text('ab",;\r\n', min_size=1, max_size=20))
def test_rows_are_those_of_the_standard_library(text):
    lines = io.StringIO(text, newline="").readlines()
    try:
        ours = quoted.parse_row(lines, ",")
    except ValueError:
        ours = None
    assert ours == read_with_csv(lines)


def test_cells_beyond_the_limit_of_the_standard_library():
    limit = csv.field_size_limit()
    long = 'x""\n,' * limit
    assert quoted.parse_row(io.StringIO(f'1,"{long}",a.jpg\n2,'), ",") == [
        "1",
        long.replace('""', '"'),
        "a.jpg",
    ]
    assert csv.field_size_limit() == limit


def test_no_more_lines_are_taken_than_a_row_has():
    lines = iter(['1,"a\n', 'b",2\n', "3\n"])
    assert quoted.parse_row(lines, ",") == ["1", "a\nb", "2"]
    assert list(lines) == ["3\n"]


def test_a_mark_that_nothing_closes():
    with pytest.raises(quoted.UnclosedQuoteError):
        quoted.parse_row(['1,"a\n', "b\n"], ",")

import csv
import io

import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import Neighbour, SearchResult, Status
from tests.conftest import ROOT

PHOTO = str(ROOT / "examples" / "photos" / "clay-bowl.jpg")
HITS = (
    Neighbour(id="a<b>.jpg", path=PHOTO, distance=0.25, likeness=0.75, metadata={"seller": 7}),
    Neighbour(id="=1+1", path="/gone.jpg", distance=0.5, likeness=None),
)
RESULT = SearchResult(
    path=PHOTO, status=Status.OK, distance="cosine", hits=HITS, models={"content": "1"}
)
EMPTY_RESULT = SearchResult(path=PHOTO, status=Status.OK, distance="cosine")
UNREADABLE = SearchResult(path="torn.jpg", status=Status.UNREADABLE, error="cut short")


def render(name, *results, language="en"):
    stream = io.StringIO()
    with renderer_for(SearchResult, name, stream, RenderOptions(language)) as renderer:
        for result in results:
            renderer.add(result)
    return stream.getvalue()


def test_lines_come_back_as_they_were():
    lines = render("jsonl", RESULT, UNREADABLE).splitlines()
    assert [SearchResult.model_validate_json(line) for line in lines] == [RESULT, UNREADABLE]


def test_a_row_for_each_hit_and_one_for_none():
    rows = list(csv.DictReader(io.StringIO(render("csv", RESULT, EMPTY_RESULT, UNREADABLE))))
    assert [row["rank"] for row in rows] == ["1", "2", "", ""]
    assert rows[0]["metadata"] == "seller: 7"
    assert rows[1]["id"] == "'=1+1"
    assert rows[3]["error"] == "cut short"


def test_the_table_names_the_photo_once_and_tells_likeness_or_distance():
    table = render("table", RESULT, UNREADABLE)
    assert table.count("clay-bowl.jpg") == 1
    assert "75.0 %" in table
    assert "0.5" in table
    assert "cut short" in table


def test_the_page_shows_what_is_there_and_escapes_names():
    page = render("html", RESULT, EMPTY_RESULT, UNREADABLE)
    assert page.count("data:image/jpeg;base64,") == 3
    assert "a&lt;b&gt;.jpg" in page
    assert "<b>.jpg" not in page
    assert "The file is no longer there" in page
    assert "Nothing in the index" in page
    assert "cut short" in page
    assert "相似图片" in render("html", RESULT, language="zh")


def test_unknown_formats_are_refused():
    with pytest.raises(InvalidInput, match="xml"):
        renderer_for(SearchResult, "xml", io.StringIO())

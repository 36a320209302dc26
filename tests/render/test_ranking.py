import csv
import io
import json

import jsonschema
import pytest

from packshot.catalog.rank import CopyPair, rank_candidates
from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import Ranking
from tests.catalog.rank.builders import make_candidate, make_unreadable_candidate
from tests.conftest import ROOT

MUG = str(ROOT / "examples" / "photos" / "mug.jpg")
HOSTILE = "<b>&.jpg"


@pytest.fixture(scope="module")
def rankings():
    settled = rank_candidates("=settled", [make_candidate("c.jpg", 50, is_current=True)])
    failing_fields = {"decision": "fail", "failures": ("White background",), "is_current": True}
    swapped = rank_candidates(
        "mug",
        [
            make_candidate(MUG, 90, log_odds=2.0, decision="pass"),
            make_candidate(HOSTILE, 30, **failing_fields),
            make_candidate("copy.jpg", 80, log_odds=0.0, decision="pass"),
            make_unreadable_candidate("broken.jpg"),
        ],
        [CopyPair(MUG, "copy.jpg")],
        policy="amazon-main",
    )
    return [
        settled,
        swapped,
        rank_candidates("lost", [make_unreadable_candidate("gone.jpg", is_current=True)]),
    ]


def render(name, rankings, language="en"):
    stream = io.StringIO()
    with renderer_for(Ranking, name, stream, RenderOptions(language)) as writer:
        for ranking in rankings:
            writer.add(ranking)
    return stream.getvalue()


def test_lines_follow_the_published_schema(rankings):
    schema = json.loads((ROOT / "docs" / "ranking.schema.json").read_text())
    assert schema == Ranking.model_json_schema()
    lines = [json.loads(line) for line in render("jsonl", rankings).splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["swap"] for line in lines] == [False, True, False]
    assert lines[1]["order"][0]["path"] == MUG


def test_a_row_for_each_photo_defused(rankings):
    rows = list(csv.DictReader(io.StringIO(render("csv", rankings))))
    assert [row["sku"] for row in rows] == ["'=settled", *["mug"] * 4, "lost"]
    assert [row["rank"] for row in rows[1:5]] == ["1", "2", "", ""]
    assert rows[3]["duplicate_of"] == MUG


def test_a_product_without_photos_has_a_row_too():
    (row,) = csv.DictReader(io.StringIO(render("csv", [rank_candidates("empty", [])])))
    assert (row["sku"], row["path"], row["reason"]) == ("empty", "", "It has no photo.")


@pytest.mark.parametrize(("language", "word"), [("en", "fails"), ("zh", "不通过")])
def test_the_table_shows_swaps_first(rankings, language, word):
    table = render("table", rankings, language)
    assert table.index("mug") < table.index("=settled")
    assert word in table
    assert "broken.jpg" in table


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_a_strip_for_each_product_and_escapes_names(rankings, language):
    page = render("html", rankings, language)
    assert page.count("<article") == 2
    assert page.index('data-name="mug') < page.index('data-name="=settled')
    assert page.count("data:image/jpeg;base64,") == 1
    assert HOSTILE not in page
    assert "&lt;b&gt;&amp;.jpg" in page
    assert "lost" in page
    assert "http" not in page.replace("http-equiv", "")


def test_nothing_to_show_is_said_and_unknown_formats_are_refused():
    assert "No product" in render("table", [])
    assert "No product" in render("html", [])
    with pytest.raises(InvalidInput, match="xml"):
        renderer_for(Ranking, "xml", io.StringIO())

import csv
import io
import json

import jsonschema
import pytest

from packshot.render import RenderOptions, renderer_for
from packshot.report import Problem, Proposal, Remedy
from tests.catalog.clean.builders import make_proposal
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"
HOSTILE = "<b>&.jpg"


@pytest.fixture(scope="module")
def proposals():
    mug = str(SAMPLES / "mug.jpg")
    return [
        make_proposal(mug, measurement="sharpness", value=3.2, limit=2.2, label="mug"),
        make_proposal(HOSTILE, Problem.WRONG_LABEL, Remedy.RELABEL, 0.97, label="=cup", proposed="bowl"),
        make_proposal(mug, Problem.DUPLICATE, Remedy.KEEP_ONE, other=str(SAMPLES / "clay-bowl.jpg")),
        make_proposal("broken.jpg", Problem.UNREADABLE, Remedy.DROP, 1.0),
    ]


def render(name, proposals, language="en"):
    stream = io.StringIO()
    with renderer_for(Proposal, name, stream, RenderOptions(language)) as writer:
        for one in proposals:
            writer.add(one)
    return stream.getvalue()


def test_lines_follow_the_published_schema(proposals):
    schema = json.loads((ROOT / "docs" / "proposal.schema.json").read_text())
    assert schema == Proposal.model_json_schema()
    lines = [json.loads(line) for line in render("jsonl", proposals).splitlines()]
    for line in lines:
        jsonschema.validate(line | {"status": "ok"}, schema)
    assert [line["action"] for line in lines] == ["drop", "relabel", "keep-one-of", "drop"]


def test_rows_are_defused(proposals):
    rows = list(csv.DictReader(io.StringIO(render("csv", proposals))))
    assert [row["problem"] for row in rows] == ["blurred", "wrong-label", "duplicate", "unreadable"]
    assert rows[1]["label"] == "'=cup"
    assert (rows[0]["value"], rows[0]["limit"]) == ("3.2", "2.2")


@pytest.mark.parametrize(("language", "word"), [("en", "relabel: bowl"), ("zh", "改标签: bowl")])
def test_the_table_says_what_is_proposed(proposals, language, word):
    assert word in render("table", proposals, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_a_contact_sheet_in_the_order_of_problems(proposals, language):
    page = render("html", proposals, language)
    names = ["unreadable", "blurred", "duplicate", "wrong-label"]
    positions = [page.index(f'class="card {name}"') for name in names]
    assert positions == sorted(positions)
    assert page.count("data:image/jpeg;base64,") == 3
    assert HOSTILE not in page
    assert "http" not in page.replace("http-equiv", "")


def test_nothing_to_change_is_said():
    assert "Nothing to change" in render("table", [])
    assert "Nothing to change" in render("html", [])

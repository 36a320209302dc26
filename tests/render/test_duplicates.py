import csv
import io
import json

import jsonschema
import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import Change, Duplicate, DuplicateGroup, DuplicateKind, Status
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"
HOSTILE = "<b>&.jpg"


def make_photo(path, kind=None, **facts):
    defaults = {"likeness": 1.0, "width": 400, "height": 300, "byte_size": 20_000, "score": 81.0}
    return Duplicate(path=str(path), kind=kind, **{**defaults, **facts})


@pytest.fixture(scope="module")
def copy_group():
    change = Change(kind=DuplicateKind.CROPPED, amount=0.7)
    return DuplicateGroup(
        group=1,
        kind=DuplicateKind.CROPPED,
        paths=(str(SAMPLES / "mug.jpg"), HOSTILE),
        keep=str(SAMPLES / "mug.jpg"),
        reason="<b>&.jpg: cropped to 70 % of the area. Kept: mug.jpg, the best score (81).",
        photos=(
            make_photo(SAMPLES / "mug.jpg"),
            make_photo(HOSTILE, DuplicateKind.CROPPED, changes=(change,), likeness=0.93, owner="=cmd"),
        ),
    )


@pytest.fixture(scope="module")
def unreadable_group():
    return DuplicateGroup(
        group=None,
        kind=None,
        paths=("bad.jpg",),
        keep=None,
        reason="the file is empty",
        status=Status.UNREADABLE,
        error="the file is empty",
    )


def render(name, groups, language="en"):
    stream = io.StringIO()
    with renderer_for(DuplicateGroup, name, stream, RenderOptions(language)) as writer:
        for group in groups:
            writer.add(group)
    return stream.getvalue()


def test_lines_follow_the_published_schema(copy_group, unreadable_group):
    schema = json.loads((ROOT / "docs" / "duplicates.schema.json").read_text())
    assert schema == DuplicateGroup.model_json_schema()
    lines = [json.loads(line) for line in render("jsonl", [copy_group, unreadable_group]).splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert list(lines[0])[:5] == ["group", "kind", "paths", "keep", "reason"]
    assert lines[1]["status"] == "unreadable"


def test_rows_hold_what_is_told_of_each_photo(copy_group, unreadable_group):
    first, second = csv.DictReader(io.StringIO(render("csv", [copy_group, unreadable_group])))
    assert first["kind"] == "cropped"
    assert first["paths"].split("; ") == list(copy_group.paths)
    assert first["likeness"] == "1.0; 0.93"
    assert first["owners"] == "; =cmd"
    assert second["kind"] == "unreadable"
    assert second["reason"] == "the file is empty"


@pytest.mark.parametrize(("language", "word"), [("en", "cropped"), ("zh", "裁剪")])
def test_the_table_names_the_kind_and_lists_paths(copy_group, unreadable_group, language, word):
    table = render("table", [copy_group, unreadable_group], language)
    assert word in table
    assert HOSTILE in table
    assert "the file is empty" in table


@pytest.mark.parametrize(("language", "word"), [("en", "No duplicates"), ("zh", "没有重复")])
def test_nothing_found_is_said(language, word):
    assert word in render("table", [], language)
    assert word in render("html", [], language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_photos_side_by_side_and_escapes_names(copy_group, unreadable_group, language):
    page = render("html", [copy_group, unreadable_group], language)
    assert page.count("data:image/jpeg;base64,") == 1
    assert "<b>&.jpg" not in page
    assert "&lt;b&gt;&amp;.jpg" in page
    assert "the file is empty" in page
    assert page.count('class="keeper"') == 1
    assert "http" not in page.replace("http-equiv", "")


def test_an_unknown_format_is_refused():
    with pytest.raises(InvalidInput, match="xml"):
        renderer_for(DuplicateGroup, "xml", io.StringIO())

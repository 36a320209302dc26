import csv
import io
import json
from datetime import date

import jsonschema
import pytest

from packshot.errors import InvalidInput
from packshot.policy import load_policy, screen
from packshot.policy.wording import summarise_policy
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment, Status, Verdict
from tests.conftest import ROOT
from tests.policy.assessments import assess_pixels, draw_square_product
from tests.render.markup import HOSTILE, PageParser

TODAY, LATER = date(2026, 11, 21), date(2027, 2, 1)
POLICIES = [load_policy("amazon-main"), load_policy("google-merchant")]
UNREADABLE = Assessment(path="torn.jpg", status=Status.UNREADABLE, error="cut short")


@pytest.fixture(scope="module")
def photos():
    mug = str(ROOT / "examples" / "photos" / "mug.jpg")
    good = assess_pixels(draw_square_product(90), "PNG").model_copy(update={"path": mug})
    grey = assess_pixels(draw_square_product(40, background=(200, 210, 205)), "WEBP")
    return [good, grey.model_copy(update={"path": f"={HOSTILE}.webp"}), UNREADABLE]


def render(name, photos, policies=POLICIES, language="en", on=TODAY, since=None):
    stream = io.StringIO()
    with renderer_for(
        Verdict,
        name,
        stream,
        RenderOptions(
            language,
            policies=tuple(summarise_policy(policy, language) for policy in policies),
            on=on,
            since=since,
        ),
    ) as renderer:
        for photo in photos:
            for policy in policies:
                renderer.add(screen(photo, policy, on=on, language=language, compared_with=since))
    return stream.getvalue()


def test_lines_follow_the_published_schema(photos):
    schema = json.loads((ROOT / "docs" / "verdict.schema.json").read_text())
    assert schema == Verdict.model_json_schema()
    lines = render("jsonl", photos).splitlines()
    assert len(lines) == 6
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert Verdict.model_validate_json(lines[0]) == screen(photos[0], POLICIES[0], on=TODAY)


def test_a_row_for_each_rule_and_one_for_what_has_none(photos):
    rows = list(csv.DictReader(io.StringIO(render("csv", photos))))
    assert len(rows) == 2 + sum(len(screen(p, q, on=TODAY).outcomes) for p in photos for q in POLICIES)
    formats = [row for row in rows if row["rule"] == "format" and row["policy"] == "amazon-main"]
    assert [row["rule_decision"] for row in formats] == ["pass", "fail"]
    assert formats[1]["limit"] == "JPEG; TIFF; PNG; GIF"
    assert {row["value"] for row in rows if row["rule"] == "animated"} == {"false"}
    assert {row["path"][0] for row in rows} == {"/", "'", "t"}
    assert [row["status"] for row in rows[-2:]] == ["unreadable"] * 2
    assert rows[-1]["error"] == "cut short"


def test_the_table_of_one_policy_says_what_to_do(photos):
    table = " ".join(render("table", photos, POLICIES[:1]).split())
    assert "File format: WEBP; one of JPEG, TIFF, PNG, GIF is required. Export the photo again" in table
    assert table.count("Added logo") == 1
    told, _, checks = table.partition("For a person to look at")
    assert "could not be measured here (" in told
    assert "amazon-main: Out of its packaging: Is the product shown out of its packaging?" in checks
    assert "cut short" in table
    assert "at least 1600 px" not in table  # The same metric has failed a graver rule.


def test_the_table_of_several_is_a_matrix(photos):
    table = render("table", photos)
    assert table.splitlines()[0].split() == ["Photo", "amazon-main", "google-merchant"]
    assert table.count("Unreadable") == 2
    assert "Fail: format" in table


def test_nothing_to_tell_is_told():
    assert "No photos to show" in render("table", [])
    assert "No photos to show" in render("table", [], POLICIES[:1])
    assert "No photos to show" in render("html", [])


def test_the_page_is_a_matrix_worst_first(photos):
    page = render("html", photos)
    tags = PageParser(page)
    rows = tags.find_all("article")
    assert [row["data-decision"] for row in rows] == ["fail", "manual", "manual", "manual"]
    ranks = [float(row["data-rank"]) for row in rows]
    assert ranks == sorted(ranks)
    columns = {attrs["class"] for attrs in tags.find_all("b") if attrs.get("class", "").startswith("c")}
    cells = tags.find_all("div", class_="cell")
    assert len(cells) == len(rows) * len(columns)
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("cut short") == 1


def test_cells_hold_the_value_against_the_limit(photos):
    page = " ".join(render("html", photos).split())
    assert "<b>90 %</b><span>at least 85 %</span>" in page
    assert "<b>WEBP</b><span>one of JPEG, TIFF, PNG, GIF</span>" in page


def test_columns_that_tell_no_photo_from_another_are_folded(photos):
    policy = load_policy("otto")
    rules = [rule.id for rule in policy.rules]
    page = render("html", photos, [policy])
    style = page.split("display:none }")[1].split("{")[0]
    assert f".c{rules.index('format')}" in style
    assert f".c{rules.index('transparency')}" not in style


def test_names_cannot_break_the_page(photos):
    page = render("html", photos)
    assert HOSTILE not in page
    tags = PageParser(page)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert {attrs["src"][:5] for attrs in tags.find_all("img")} == {"data:"}


def test_links_go_to_the_source_only(photos):
    tags = PageParser(render("html", photos))
    links = {attrs["href"] for attrs in tags.find_all("a")}
    assert links == {"https://support.google.com/merchants/answer/6324350", "examples/photos/mug.jpg"}
    sources = [attrs for attrs in tags.find_all("a") if attrs.get("class") != "zoom"]
    assert all(attrs["rel"] == "noopener noreferrer" for attrs in sources)


def test_a_comparison_tells_both_days(photos):
    small = assess_pixels(draw_square_product(80, side=300), "PNG")
    page = render("html", [small], POLICIES[1:], on=LATER, since=TODAY)
    assert "2026-11-21" in page
    assert "2027-02-01" in page
    assert "Pass → Fail" in page


def test_chinese(photos):
    page = render("html", photos, language="zh")
    assert "不通过" in page
    assert "需人工查看" in render("table", photos[:1], POLICIES[:1], language="zh")


def test_unknown_formats_are_refused():
    with pytest.raises(InvalidInput, match="jsonl"):
        renderer_for(
            Verdict,
            "xml",
            io.StringIO(),
            RenderOptions(
                "en", policies=tuple(summarise_policy(policy, "en") for policy in POLICIES), on=TODAY
            ),
        )


def test_a_photo_whose_file_is_gone_keeps_its_row(photos):
    gone = photos[0].model_copy(update={"path": "/gone.jpg"})
    page = render("html", [gone], POLICIES[:1])
    assert "The file is no longer there" in page

import csv
import io
import json

import jsonschema
import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.report import (
    Abstention,
    Action,
    Enhancement,
    PolicyChange,
    PolicySummary,
    RuleChange,
    RuleSummary,
)
from tests.conftest import ROOT
from tests.render.enhancement_records import (
    REMEDIES,
    make_enhancement,
    make_unchanged_enhancement,
    make_unreadable_enhancement,
    write_picture,
)
from tests.render.markup import HOSTILE

SHORT = {
    *(
        "path",
        "output",
        "status",
        "error",
        "action",
        "reason",
        "score_before",
        "score_after",
        "expected",
        "steps",
    ),
    *("abstentions", "policy"),
}


@pytest.fixture
def photo(tmp_path):
    return make_enhancement(
        write_picture(tmp_path / "box.png"), write_picture(tmp_path / "out" / "box.png")
    )


def render(name, items, language="en", explain=False):
    stream = io.StringIO()
    with renderer_for(Enhancement, name, stream, RenderOptions(language, explain)) as writer:
        for item in items:
            writer.add(item)
    return stream.getvalue()


def test_lines_are_short_unless_explained(photo):
    (line,) = render("jsonl", [photo]).splitlines()
    assert set(json.loads(line)) == SHORT | {"listing"}
    (line,) = render("jsonl", [photo], explain=True).splitlines()
    assert Enhancement.model_validate_json(line) == photo


def test_lines_follow_the_published_schema(photo):
    schema = json.loads((ROOT / "docs" / "enhancement.schema.json").read_text())
    assert schema == Enhancement.model_json_schema()
    items = [
        photo,
        make_unreadable_enhancement("bad.jpg"),
        make_unchanged_enhancement(HOSTILE, Action.RESHOOT),
    ]
    for explain in (False, True):
        for line in render("jsonl", items, explain=explain).splitlines():
            jsonschema.validate(json.loads(line), schema)


def test_lines_are_written_at_once(photo):
    stream = io.StringIO()
    with renderer_for(Enhancement, "jsonl", stream) as writer:
        writer.add(photo)
        assert json.loads(stream.getvalue())["steps"] == ["white-balance"]


def test_csv_tells_what_changed(photo):
    (row,) = csv.DictReader(io.StringIO(render("csv", [photo])))
    assert None not in row
    assert (row["action"], row["gain"], row["steps"]) == ("enhanced", "21.2", "white-balance")
    assert (row["grade_before"], row["grade_after"]) == ("fair", "good")
    assert (row["repaired"], row["remaining"]) == ("colour-cast", "blurred; location-data")
    assert row["trials"] == "1 white-balance kept; 2 sharpen structure"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_defuses_formulas_and_keeps_numbers(start):
    item = make_unchanged_enhancement(f"{start}x.jpg", output=f"{start}y.jpg", reason=f"{start}cmd")
    (row,) = csv.DictReader(io.StringIO(render("csv", [item]), newline=""))
    assert [row[name] for name in ("path", "output", "reason")] == [
        f"'{start}x.jpg",
        f"'{start}y.jpg",
        f"'{start}cmd",
    ]
    assert float(row["score_after"]) == 88


def test_csv_leaves_cells_of_unreadable_photos_empty():
    (row,) = csv.DictReader(io.StringIO(render("csv", [make_unreadable_enhancement("bad.jpg")])))
    assert row["error"] == "why & how"
    assert row["action"] == row["gain"] == row["grade_before"] == ""


def test_a_table_says_what_was_done_or_why_not(photo):
    reshoot = make_unchanged_enhancement("soft.png", Action.RESHOOT, 12.0, ("blurred",))
    table = render(
        "table",
        [
            photo,
            reshoot,
            make_unchanged_enhancement("good.png"),
            make_unreadable_enhancement("[red]bad.jpg"),
        ],
    )
    for text in ("40.0 → 61.2", "Enhanced", "white balance", "88.0", "Left as it was"):
        assert text in table
    for text in ("12.0", "Take it again", REMEDIES["blurred"], "[red]bad.jpg", "why & how"):
        assert text in table
    assert "Verdict" not in table


def test_a_table_explains_with_the_trace_under_each_photo(photo):
    table = render("table", [photo, make_unchanged_enhancement("good.png")], explain=True)
    order = (
        "40.0 → 61.2",
        "Repaired",
        "Still to improve",
        "Verdict",
        "sharpening",
        "Rejected",
        "good.png",
    )
    positions = [table.index(text) for text in order]
    assert positions == sorted(positions)
    assert table.count("Verdict") == 1


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["html", "table"])
def test_every_word_of_a_report_is_in_its_language(photo, name, language, explain):
    page = render(name, [photo, make_unchanged_enhancement("a.png", Action.RESHOOT)], language, explain)
    assert any("\u4e00" <= character <= "\u9fff" for character in page) == (language == "zh")


@pytest.mark.parametrize("name", ["jsonl", "csv", "table", "html"])
def test_names_of_all_scripts_are_written(name, tmp_path):
    path = write_picture(tmp_path / "杯子 «ё» 🫖.png")
    assert ("🫖" in render(name, [make_unchanged_enhancement(path)])) or name == "jsonl"


@pytest.mark.parametrize("name", ["jsonl", "table"])
def test_a_run_without_photos_writes_nothing(name):
    assert render(name, []) == ""


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="unknown format"):
        renderer_for(Enhancement, "pdf", io.StringIO())
    with pytest.raises(InvalidInput, match="no texts"):
        renderer_for(Enhancement, "csv", io.StringIO(), RenderOptions("xx"))


@pytest.fixture
def presented(photo):
    """The photo with a rule that is met now, and a change that was not made."""
    fill = RuleChange(
        rule="fill",
        title="Product's share of the side",
        asked="at least 85 %",
        unit="%",
        before="fail",
        after="pass",
        value_before=42.0,
        value_after=86.1,
    )
    change = PolicyChange(
        policy="amazon-main",
        on="2026-05-01",
        before="fail",
        after="pass",
        manual_checks=["props"],
        rules=[fill],
    )
    missed = Abstention(step="whiten-background", reason="not-plain")
    return photo.model_copy(update={"policy": change, "abstentions": (missed,)})


def test_a_table_tells_rules_and_what_was_not_done(presented):
    short, explained = (
        " ".join(render("table", [presented], explain=explain).split()) for explain in (False, True)
    )
    for text in (short, explained):
        assert "amazon-main, 2026-05-01: Fail, now" in text
        assert "Not done: white background: the background is not plain" in text
    assert "Fail (42 %)" in explained
    assert "Pass (86.1 %)" in explained


def test_a_csv_has_columns_of_rules_and_of_what_was_not_done(presented):
    [row] = csv.DictReader(render("csv", [presented]).splitlines())
    assert row["not_done"] == "whiten-background not-plain"
    assert (row["policy"], row["policy_before"], row["policy_after"]) == (
        "amazon-main",
        "fail",
        "pass",
    )
    assert (row["rules_fixed"], row["rules_open"]) == ("fill", "")
    assert row["manual_checks"] == "props"


def test_what_only_a_person_can_judge_is_asked_once_for_all_photos(presented):
    rule = RuleSummary(
        rule="props",
        title="Props",
        level="error",
        asked="Is anything else to be seen?",
        is_manual_check=True,
        categories=(),
        effective_from=None,
        effective_until=None,
        source="Guide",
        source_url=None,
        source_kind="official",
        verified_on=None,
    )
    options = RenderOptions(policies=(PolicySummary(name="amazon-main", rules=(rule,)),))
    for name in ("table", "html"):
        stream = io.StringIO()
        with renderer_for(Enhancement, name, stream, options) as renderer:
            renderer.add(presented)
            renderer.add(presented)
        assert stream.getvalue().count("Is anything else to be seen?") == 1

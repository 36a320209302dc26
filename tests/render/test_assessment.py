import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import cv2
import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.render.assessment_page import AssessmentPage, build_marks
from packshot.report import (
    AspectScore,
    Assessment,
    Cause,
    Distortion,
    Evidence,
    Facts,
    Finding,
    Grade,
    Measurement,
    Region,
    Severity,
    Status,
)
from packshot.texts import load_texts
from tests.conftest import make_packshot
from tests.render.markup import HOSTILE, PageParser


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "box.png"
    cv2.imwrite(str(path), make_packshot()[..., ::-1])
    return path


def make_assessment(path, score=42.0):
    remedy = "Move <closer> & crop."
    finding = Finding(
        code="off-centre",
        severity=Severity.WARNING,
        reason="It is <b>off</b>.",
        remedy=remedy,
        region=Region(x=0.1, y=0.2, width=0.3, height=0.4),
    )
    return Assessment(
        path=str(path),
        status=Status.OK,
        score=score,
        grade=Grade.FAIR,
        percentile=33.0,
        reference="a set",
        confidence=0.7,
        measurements={"noise": Measurement(value=-1.5, unit="grey levels", score=80)},
        damage_map=((0.0, 1.0), (0.5, 0.0)),
        findings=(finding,),
    )


def render(name, items, **options):
    stream = io.StringIO()
    with renderer_for(Assessment, name, stream, RenderOptions("en", **options)) as writer:
        for item in items:
            writer.add(item)
    return stream.getvalue()


def test_json_lines_come_back_as_they_were(photo):
    item = make_assessment(photo)
    assert [Assessment.model_validate_json(line) for line in render("jsonl", [item]).splitlines()] == [
        item
    ]


def test_json_lines_are_written_at_once(photo):
    stream = io.StringIO()
    with renderer_for(Assessment, "jsonl", stream) as writer:
        writer.add(make_assessment(photo))
        assert json.loads(stream.getvalue())["score"] == 42


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_csv_defuses_formulas_and_keeps_numbers(start):
    (row,) = csv.DictReader(io.StringIO(render("csv", [make_assessment(f"{start}x.jpg")])))
    assert row["path"] == f"'{start}x.jpg"
    assert float(row["noise"]) == -1.5
    assert row["findings"] == "off-centre"


def test_html_escapes_sorts_and_draws(photo):
    items = [make_assessment(photo, 80), make_assessment(photo, 10)]
    items.append(Assessment(path="<bad>.jpg", status=Status.UNREADABLE, error="why & how"))
    page = render("html", items)
    assert page.index('data-score="10.0"') < page.index('data-score="80.0"')
    assert "Move &lt;closer&gt; &amp; crop." in page
    assert "<b>off</b>" not in page
    assert "&lt;bad&gt;.jpg" in page
    assert page.count('class="heat"') == 2
    assert page.count('class="place warning"') == 2
    assert ">45.0<" in page


def make_hostile_assessment(path):
    facts = Facts(
        format="JPEG",
        byte_size=1_234_567,
        width=10,
        height=20,
        bit_depth=8,
        colour_mode="RGB",
        icc_profile=HOSTILE,
        has_alpha=False,
        frames=1,
        jpeg_quality=90,
        exif={"Model": HOSTILE, HOSTILE: "x"},
        had_location=False,
        extension_matches=True,
        sha256="0" * 64,
    )
    changes = {"facts": facts, "reference": HOSTILE, "models": {HOSTILE: HOSTILE}}
    return make_assessment(path).model_copy(update=changes)


def test_html_takes_nothing_from_a_file_for_markup(photo):
    tags = PageParser(render("html", [make_hostile_assessment(photo)]))
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert tags.tag_names.count("script") == 1
    sources = [value for name, value in tags.attributes if name == "src"]
    assert sources
    assert all(value.startswith("data:image/") for value in sources)
    (link,) = tags.find_all("a")
    assert (Path.cwd() / unquote(link["href"])).samefile(photo)


def test_html_names_every_picture_for_those_who_cannot_see_it(photo):
    pictures = PageParser(render("html", [make_assessment(photo)])).find_all("img")
    assert pictures
    assert all(picture["alt"] for picture in pictures)


def test_html_keeps_cards_out_of_memory(photo):
    with AssessmentPage(io.StringIO(), RenderOptions()) as report:
        for score in (30, 20):
            report.add(make_assessment(photo, score))
        assert not any(isinstance(value, str) and len(value) > 100 for value in vars(report).values())
        assert all(size < 1000 for size in map(len, map(repr, report._cards)))


def test_a_low_score_is_never_called_fine(photo):
    likely = Distortion(kind="jpeg", probability=0.8, level=4)
    bare = make_assessment(photo, 30).model_copy(update={"findings": (), "grade": Grade.POOR})
    for name in ("html", "table"):
        good_text = render(name, [bare.model_copy(update={"grade": Grade.GOOD})])
        assert "Nothing to improve" in good_text
        assert "Nothing to improve" not in render(name, [bare])
        likely_text = render(name, [bare.model_copy(update={"distortions": (likely,)})])
        assert "Most likely JPEG blocks" in likely_text


def test_findings_at_one_place_share_a_mark():
    box, corner = (Region(x=x, y=0, width=0.5, height=0.5) for x in (0.2, 0.5))
    texts = {"reason": "r", "remedy": "m"}
    findings = (
        Finding(code="blurred", severity=Severity.ERROR, **texts),
        Finding(code="off-centre", severity=Severity.WARNING, region=box, **texts),
        Finding(code="border", severity=Severity.INFO, region=corner, **texts),
        Finding(code="product-too-small", severity=Severity.ERROR, region=box, **texts),
    )
    assert [(m.region, m.severity, m.numbers) for m in build_marks(findings)] == [
        (box, Severity.ERROR, (2, 4)),
        (corner, Severity.INFO, (3,)),
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["html", "table"])
def test_every_word_of_a_report_is_in_its_language(photo, name, language):
    stream = io.StringIO()
    with renderer_for(Assessment, name, stream, RenderOptions(language, explain=True)) as writer:
        writer.add(make_hostile_assessment(photo))
    chinese = any("\u4e00" <= character <= "\u9fff" for character in stream.getvalue())
    assert chinese == (language == "zh")


def test_csv_holds_facts_places_and_scores(photo):
    item = make_hostile_assessment(photo).model_copy(
        update={"product": Region(x=0.25, y=0, width=1, height=1)}
    )
    (row,) = csv.DictReader(io.StringIO(render("csv", [item])))
    assert row["product_x"] == "0.25"
    assert row["byte_size"] == "1234567"
    assert (row["warnings"], row["errors"]) == ("1", "0")
    assert row["noise_score"] == "80.0"
    assert None not in row


def test_html_without_photos_is_a_page():
    assert "</html>" in render("html", [])


def test_a_failed_run_writes_no_page(photo):
    stream = io.StringIO()
    with pytest.raises(RuntimeError), renderer_for(Assessment, "html", stream):
        raise RuntimeError
    assert stream.getvalue() == ""


def test_table_shows_unreadable_files(photo):
    bad = Assessment(path="bad.jpg", status=Status.UNREADABLE, error="the file is empty")
    text = render("table", [make_assessment(photo), bad])
    assert "42.0" in text
    assert "unreadable" in text


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="unknown format"):
        renderer_for(Assessment, "pdf", io.StringIO())
    with pytest.raises(InvalidInput, match="no texts"):
        renderer_for(Assessment, "csv", io.StringIO(), RenderOptions("xx"))


CAUSES = (
    Cause(code="off-centre", points=31.26),
    Cause(code=HOSTILE, points=14.5),
    Cause(code=Cause.RATED_LOW, points=12.24),
)


def make_explained_assessment(path, probability=0.81):
    evidence = Evidence(
        example="jug",
        group="jug",
        origin="a set",
        score=44.0,
        technical=51.0,
        presentation=37.5,
        kind=None,
        level=None,
        content_similarity=0.9,
        distortion_similarity=0.8,
        weight=0.5,
    )
    plain = make_assessment(path)
    finding = plain.findings[0].model_copy(update={"probability": probability})
    changes = {
        "technical": AspectScore(score=61.25, confidence=0.6),
        "presentation": AspectScore(score=23.75, confidence=0.7),
        "causes": CAUSES,
        "findings": (finding,),
        "evidence": (evidence, evidence.model_copy(update={"technical": None, "presentation": None})),
    }
    return plain.model_copy(update=changes)


def test_csv_holds_both_aspects_and_the_causes(photo):
    old = make_assessment(photo)
    gone = Assessment(path="gone.jpg", status=Status.UNREADABLE, error="no such file")
    rows = list(
        csv.DictReader(io.StringIO(render("csv", [make_explained_assessment(photo), old, gone])))
    )
    assert (rows[0]["technical"], rows[0]["presentation"]) == ("61.25", "23.75")
    assert rows[0]["causes"] == f"off-centre:31.26; {HOSTILE}:14.5; rated-low:12.24"
    assert rows[0]["evidence"] == (
        "jug = 44.0 (50%), technical 51.0, presentation 37.5; jug = 44.0 (50%)"
    )
    for row in rows[1:]:
        assert (row["technical"], row["presentation"], row["causes"]) == ("", "", "")


@pytest.mark.parametrize("width", ["", "60", "100"])
def test_the_table_tells_aspects_and_points_and_cuts_nothing(photo, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    lines = render(
        "table", [make_explained_assessment("a-folder-of-photos/" * 5 + "x.jpg")]
    ).splitlines()
    start = lines[0].index("What to do")
    text = " ".join("".join(line[start:].strip() + " " for line in lines[1:]).split())
    assert "Technical quality 61.2 / Presentation 23.8" in text
    assert "████████AAAAABBBCC" in text, "the bar is in one piece"
    assert "A The product is off centre: 31.3 points lost. Move <closer> & crop." in text
    assert "C No single fault (similar photos are rated no higher): 12.2 points lost." in text


def test_a_table_for_a_terminal_without_blocks_has_none(photo):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with renderer_for(Assessment, "table", stream) as writer:
        writer.add(make_explained_assessment(photo))
    stream.flush()
    assert b"########AAAAABBBCC" in stream.buffer.getvalue()


def test_an_explained_table_tells_how_sure_each_number_is(photo):
    text = render("table", [make_explained_assessment(photo)], explain=True)
    assert "Technical quality 61.2 (Confidence 60 %)" in text
    assert "It is <b>off</b>. (81 % likely) Move <closer>" in text
    assert "likely" not in render("table", [make_explained_assessment(photo, None)], explain=True)
    assert "It is <b>off</b>. (not certain) Move <closer>" in " ".join(
        render("table", [make_explained_assessment(photo, 0.03)], explain=True).split()
    )
    assert "jug, rated 44.0, Technical quality 51.0, Presentation 37.5, 50 %" in text


def test_a_table_of_old_records_is_as_it_was(photo):
    text = render("table", [make_assessment(photo)])
    assert "█" not in text
    assert "points" not in text
    assert "Technical" not in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_html_draws_and_says_what_the_points_are_lost_by(photo, language):
    stream = io.StringIO()
    with renderer_for(Assessment, "html", stream, RenderOptions(language)) as writer:
        writer.add(make_explained_assessment(photo))
    page, words = stream.getvalue(), load_texts(language)
    (bar,) = PageParser(page).find_all("div", class_="points")
    assert bar["role"] == "img"
    titles = [words.cause(cause.code) for cause in CAUSES]
    titles[1] = words.label("perhaps", title=titles[1])  # The one that is no finding.
    for title, points in zip(titles, ("31.3", "14.5", "12.2"), strict=True):
        assert f"{title}: {words.label('lost', value=points)}" in bar["aria-label"]
        assert f"<b>−{points}</b>" in page
    grown = [float(number) for number in re.findall(r"flex-grow:([\d.]+)", page)]
    assert sum(grown) == pytest.approx(100)
    assert words.labels["technical"] in page
    assert words.labels["presentation"] in page
    assert words.label("likely", value="81") in page


def test_a_cause_of_any_name_is_no_markup(photo):
    tags = PageParser(render("html", [make_explained_assessment(photo)]))
    assert tags.tag_names.count("script") == 1
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


def test_a_page_of_old_records_has_neither_bar_nor_aspects(photo):
    page = render("html", [make_assessment(photo)])
    assert 'class="points"' not in page
    assert 'class="aspects"' not in page

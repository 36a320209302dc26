import csv
import io
import json

import cv2
import pytest

from packshot.catalog import renderer
from packshot.catalog.html import histogram, thumbnail
from packshot.errors import InvalidInput
from packshot.report import Assessment, Finding, Grade, Measurement, Severity, Status
from tests.conftest import make_packshot


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "box.png"
    cv2.imwrite(str(path), make_packshot()[..., ::-1])
    return path


def assessment(path, score=42.0):
    remedy = "Move <closer> & crop."
    found = Finding(
        code="off-centre", severity=Severity.WARNING, reason="It is <b>off</b>.", remedy=remedy
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
        findings=(found,),
    )


def rendered(name, items, **options):
    stream = io.StringIO()
    with renderer(name, stream, "en", **options) as writer:
        for item in items:
            writer.add(item)
    return stream.getvalue()


def test_json_lines_come_back_as_they_were(photo):
    item = assessment(photo)
    assert [Assessment.model_validate_json(line) for line in rendered("jsonl", [item]).splitlines()] == [
        item
    ]


def test_json_lines_are_written_at_once(photo):
    stream = io.StringIO()
    with renderer("jsonl", stream, "en") as writer:
        writer.add(assessment(photo))
        assert json.loads(stream.getvalue())["score"] == 42


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_csv_defuses_formulas_and_keeps_numbers(start):
    (row,) = csv.DictReader(io.StringIO(rendered("csv", [assessment(f"{start}x.jpg")])))
    assert row["path"] == f"'{start}x.jpg"
    assert float(row["noise"]) == -1.5
    assert row["findings"] == "off-centre"


def test_html_escapes_sorts_and_draws(photo):
    items = [assessment(photo, 80), assessment(photo, 10)]
    items.append(Assessment(path="<bad>.jpg", status=Status.UNREADABLE, error="why & how"))
    page = rendered("html", items)
    assert page.index('data-score="10.0"') < page.index('data-score="80.0"')
    assert "Move &lt;closer&gt; &amp; crop." in page
    assert "<b>off</b>" not in page
    assert "&lt;bad&gt;.jpg" in page
    assert page.count('class="heat"') == 2
    assert ">45.0<" in page


def test_html_without_photos_is_a_page():
    assert "</html>" in rendered("html", [])


def test_a_failed_run_writes_no_page(photo):
    stream = io.StringIO()
    with pytest.raises(RuntimeError), renderer("html", stream, "en"):
        raise RuntimeError
    assert stream.getvalue() == ""


def test_thumbnail_of_a_vanished_photo(tmp_path, photo):
    assert thumbnail(str(tmp_path / "gone.jpg")) is None
    assert thumbnail(str(photo)).startswith("data:image/jpeg;base64,")


def test_histogram_counts_every_score():
    bars = histogram([0, 5, 10, 99, 100])
    assert [count for count, _ in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert max(height for _, height in bars) == 1


def test_table_shows_unreadable_files(photo):
    bad = Assessment(path="bad.jpg", status=Status.UNREADABLE, error="the file is empty")
    text = rendered("table", [assessment(photo), bad])
    assert "42.0" in text
    assert "unreadable" in text


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="unknown format"):
        renderer("pdf", io.StringIO(), "en")
    with pytest.raises(InvalidInput, match="no texts"):
        renderer("csv", io.StringIO(), "xx")

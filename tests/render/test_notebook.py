import base64
import re
import shutil

import pytest

import packshot
from packshot.errors import InvalidInput
from packshot.render import data_frames
from packshot.report import Assessment, Emotion, Enhancement, Finding, Listing
from tests.conftest import ROOT

MUG = ROOT / "examples" / "photos" / "mug.jpg"
FINDING = Finding(code="blurred", severity="warning", reason="<i>soft</i>", remedy="Use a tripod.")


def make_assessment(path, **fields):
    return Assessment(path=str(path), status="ok", score=71.25, grade="fair", **fields)


def test_a_result_shows_photo_score_and_findings_escaped_and_small(tmp_path):
    path = tmp_path / "<script>'\"& x.jpg"
    shutil.copy(MUG, path)
    html = make_assessment(path, findings=(FINDING,) * 20)._repr_html_()
    assert "71.2" in html
    assert "&lt;i&gt;soft&lt;/i&gt; Use a tripod." in html
    assert "<script>" not in html
    assert "<i>" not in html
    assert html.count("<li>") == 6
    (data,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert base64.b64decode(data).startswith(b"\xff\xd8")
    assert len(html) < 20_000


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (Assessment(path="gone.jpg", status="unreadable", error="empty"), ["unreadable", "empty"]),
        (make_assessment("gone.jpg"), ["71.2"]),
        (Emotion(path="gone.jpg", status="ok", polarity="mixed"), ["mixed"]),
        (
            Enhancement(path="a.jpg", status="ok", action="enhanced", score_before=50, score_after=60.0),
            ["50.0 to 60.0"],
        ),
    ],
)
def test_results_without_a_file_have_no_picture(record, words):
    html = record._repr_html_()
    assert "<img" not in html
    assert all(word in html for word in words)


def test_a_record_without_a_form_of_its_own_stays_text():
    assert Listing()._repr_html_() is None


RESULTS = [make_assessment("=a.jpg"), Assessment(path="b.jpg", status="unreadable", error="empty")]


def test_a_list_becomes_a_table_of_arrow():
    table = packshot.to_arrow(RESULTS)
    assert table["path"].to_pylist() == ["=a.jpg", "b.jpg"]
    assert table["score"].to_pylist() == [71.25, None]
    assert packshot.to_arrow(RESULTS[1:])["score"].to_pylist() == [None]


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_list_becomes_a_data_frame(package):
    pytest.importorskip(package)
    frame = getattr(packshot, f"to_{package}")(iter(RESULTS))
    assert list(frame["path"]) == ["=a.jpg", "b.jpg"]
    assert frame["score"].mean() == 71.25
    assert len(getattr(packshot, f"to_{package}")([])) == 0


@pytest.mark.parametrize("package", ["pandas", "polars", "arrow"])
def test_what_is_not_installed_is_named(package, monkeypatch):
    monkeypatch.setattr(data_frames, "find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match=f"{package}.*pip install"):
        getattr(packshot, f"to_{package}")(RESULTS)


def test_results_of_several_kinds_are_no_table():
    with pytest.raises(InvalidInput, match="Assessment, Emotion"):
        packshot.to_arrow([*RESULTS, Emotion(path="a.jpg", status="ok")])

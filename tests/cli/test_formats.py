import csv
import json
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from packshot.cli.application import application
from packshot.cli.formats import OutputFormat, choose_format
from packshot.errors import InvalidInput
from packshot.render import renderer_for, table_files
from packshot.report import Emotion
from tests.cli.command import run_packshot
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("a.jsonl", OutputFormat.JSONL),
        ("a.NDJSON", OutputFormat.JSONL),
        ("a.csv", OutputFormat.CSV),
        ("a.b.html", OutputFormat.HTML),
        ("a.json", OutputFormat.JSON),
        ("a.parquet", OutputFormat.PARQUET),
        ("a.XLSX", OutputFormat.XLSX),
        ("a.txt", OutputFormat.TABLE),
        ("/dev/null", OutputFormat.TABLE),
    ],
)
def test_the_extension_chooses(name, chosen):
    assert choose_format(Path(name)) is chosen


@pytest.mark.parametrize("name", ["a.docx", "a.xls", "a.xyz", "a"])
def test_an_extension_that_names_no_format_is_refused(name):
    with pytest.raises(
        InvalidInput, match=r"\.jsonl, \.json, \.csv, \.parquet, \.xlsx, \.html or \.txt"
    ):
        choose_format(Path(name))


PHOTOS = ROOT / "examples" / "photos"


def test_nothing_is_written_under_a_name_that_says_something_else(tmp_path):
    result = run_packshot("assess", PHOTOS / "mug.jpg", "-o", "mug.docx", cwd=tmp_path, check=2)
    assert "mug.docx" in result.stderr
    assert not list(tmp_path.iterdir())
    run_packshot("emotion", PHOTOS / "mug.jpg", "-o", "a.docx", "-f", "jsonl", cwd=tmp_path, check=0)
    assert (tmp_path / "a.docx").read_text().startswith("{")


def test_a_report_is_what_its_name_says(tmp_path):
    arguments = ("enhance", PHOTOS / "mug.jpg", "-o", "new.jpg", "--report", "report.docx")
    assert "report.docx" in run_packshot(*arguments, cwd=tmp_path, check=2).stderr
    assert not list(tmp_path.iterdir())


def test_every_kind_of_table_holds_the_same(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no photo")
    for name in ("a.jsonl", "a.json", "a.csv", "a.parquet", "a.xlsx"):
        run_packshot("assess", PHOTOS / "mug.jpg", broken, "-o", name, cwd=tmp_path, check=0)
    objects = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert json.loads((tmp_path / "a.json").read_text()) == objects
    rows = list(csv.reader((tmp_path / "a.csv").read_text().splitlines()))
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == rows[0]
    assert table.column("score").to_pylist() == [objects[0]["score"], None]
    assert [str(table.schema.field(name).type) for name in ("path", "score", "width")] == [
        "string",
        "double",
        "int64",
    ]
    sheet = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.values)
    assert list(sheet[0]) == rows[0]
    assert sheet[1][rows[0].index("score")] == objects[0]["score"]
    assert sheet[2][:3] == tuple(rows[2][:3])


@pytest.mark.parametrize("name", ["parquet", "xlsx"])
def test_bytes_are_not_for_standard_output(name):
    assert "add -o" in run_packshot("emotion", PHOTOS / "mug.jpg", "-f", name, check=2).stderr


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_a_package_that_is_absent_is_named_at_once(name, package, tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "find_spec", lambda _: None)
    output = tmp_path / f"a.{name}"
    result = CliRunner().invoke(application, ["emotion", str(PHOTOS), "-o", str(output)])
    assert isinstance(result.exception, InvalidInput)
    assert f"needs {package}: pip install" in str(result.exception)
    assert not output.exists()


def test_no_results_are_an_empty_table(tmp_path):
    for name in ("parquet", "xlsx"):
        with (tmp_path / f"a.{name}").open("wb") as stream, renderer_for(Emotion, name, stream):
            pass
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0
    assert len(list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.values)) == 1


def test_a_long_table_is_packed_in_parts_whose_types_agree(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_BATCH_ROWS", 2)
    emotions = [Emotion(path=f"{n}.jpg", status="ok", valence=n or None) for n in range(5)]
    with (tmp_path / "a").open("wb") as stream, renderer_for(Emotion, "parquet", stream) as renderer:
        for emotion in emotions:
            renderer.add(emotion)
    assert pq.read_table(tmp_path / "a")["valence"].to_pylist() == [None, 1, 2, 3, 4]

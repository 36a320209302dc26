from pathlib import Path

import pytest

from packshot.cli.formats import OutputFormat, choose_format
from packshot.errors import InvalidInput
from tests.cli.command import run_packshot
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("a.jsonl", OutputFormat.JSONL),
        ("a.NDJSON", OutputFormat.JSONL),
        ("a.csv", OutputFormat.CSV),
        ("a.b.html", OutputFormat.HTML),
        ("a.txt", OutputFormat.TABLE),
        ("/dev/null", OutputFormat.TABLE),
    ],
)
def test_the_extension_chooses(name, chosen):
    assert choose_format(Path(name)) is chosen


@pytest.mark.parametrize("name", ["a.json", "a.xlsx", "a.parquet", "a.xyz", "a"])
def test_an_extension_that_names_no_format_is_refused(name):
    with pytest.raises(InvalidInput, match=r"\.jsonl, \.csv, \.html or \.txt"):
        choose_format(Path(name))


def test_nothing_is_written_under_a_name_that_says_something_else(tmp_path):
    photo = ROOT / "examples" / "photos" / "mug.jpg"
    result = run_packshot("assess", photo, "-o", "mug.json", cwd=tmp_path, check=2)
    assert "mug.json" in result.stderr
    assert not list(tmp_path.iterdir())
    run_packshot("assess", photo, "-o", "mug.json", "--format", "jsonl", cwd=tmp_path, check=0)
    assert (tmp_path / "mug.json").read_text().startswith("{")

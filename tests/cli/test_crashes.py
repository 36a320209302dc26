"""Photos that crash a decoder, hang it, or meet a fault of ours: a row each, and the run goes on."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.cli.command import COMMAND
from tests.conftest import ROOT, make_packshot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

CRASHING_FOLDER = Path(__file__).with_name("crashing")
TIME_LIMIT_S = "20"
"""Seconds; a sound photo takes a tenth of one, on a busy machine a few."""

REASONS = {
    "deadly": "the process was ended by SIGSEGV",
    "endless": f"took longer than {TIME_LIMIT_S} seconds",
    "faulty": "TypeError: a fault of ours",
}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a", "deadly", "faulty", "z")):
        pixels = make_packshot((40 + 20 * number, 60, 200, 120), (320, 240))
        cv2.imwrite(str(folder / f"{name}.jpg"), pixels[..., ::-1])
    return folder


def run_command(*arguments, status=0, traceback=False):
    path = os.pathsep.join([str(CRASHING_FOLDER), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "160"},
    )
    assert result.returncode == status, result.stderr
    assert ("Traceback" in result.stderr) is traceback
    return result


def parse_lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def assert_accounted_for(rows, *crashed):
    """Each photo has a row, those that crashed with the reason; returns nothing."""
    rows_by_name = {Path(row["path"]).stem: row for row in rows}
    assert {name: row["status"] for name, row in rows_by_name.items()} == {
        "a": "ok",
        **dict.fromkeys(crashed, "crashed"),
        "z": "ok",
    }
    for name in crashed:
        assert rows_by_name[name]["error"].startswith(REASONS[name])


@pytest.mark.parametrize(
    "command",
    [
        ["assess"],
        ["screen", "--policy", "amazon-main"],
        ["emotion"],
        ["search", "query", "--index", "INDEX"],
    ],
    ids=lambda command: command[0],
)
def test_a_photo_that_crashes_is_a_row(photos, tmp_path, command):
    if command[0] == "search":
        command = [*command[:-1], tmp_path / "index"]
        run_command("search", "index", photos, "--index", tmp_path / "index", "--quiet")
    result = run_command(*command, photos, "--format", "jsonl", "--quiet")
    assert_accounted_for(parse_lines(result), "deadly", "faulty")


def test_a_photo_that_takes_too_long_is_a_row(photos):
    (photos / "deadly.jpg").rename(photos / "endless.jpg")
    result = run_command("assess", photos, "--format", "jsonl", "--quiet", "--time-limit", TIME_LIMIT_S)
    assert_accounted_for(parse_lines(result), "endless", "faulty")


@pytest.mark.parametrize("command", ["enhance", "optimize"])
def test_enhancing_goes_on_and_leaves_the_photo_alone(photos, tmp_path, command):
    result = run_command(
        command, photos, "-o", tmp_path / "better", "--format", "jsonl", "--quiet", status=1
    )
    assert_accounted_for(parse_lines(result), "deadly", "faulty")
    assert {path.name for path in (tmp_path / "better").iterdir()} == {"a.jpg", "z.jpg"}


def test_an_index_holds_the_others(photos, tmp_path):
    result = run_command("search", "index", photos, "--index", tmp_path / "index")
    assert "2 added" in result.stderr
    assert "2 unreadable" in result.stderr
    assert REASONS["deadly"] in result.stderr


def test_duplicates_are_found_among_the_others(photos, tmp_path):
    (photos / "copy.jpg").write_bytes((photos / "a.jpg").read_bytes())
    result = run_command(
        "duplicates", photos, "--store", tmp_path / "store", "--format", "jsonl", "--quiet"
    )
    groups, crashed = [], []
    for line in parse_lines(result):
        (groups if line["status"] == "ok" else crashed).append(line)
    assert any({"a.jpg", "copy.jpg"} <= {Path(path).name for path in group["paths"]} for group in groups)
    assert {Path(row["paths"][0]).stem: row["status"] for row in crashed} == {
        "deadly": "crashed",
        "faulty": "crashed",
    }


def test_of_a_product_the_guilty_photo_alone_is_set_apart(photos):
    (ranking,) = parse_lines(run_command("rank", photos, "--format", "jsonl", "--quiet", "--by-folder"))
    assert_accounted_for(ranking["order"], "deadly", "faulty")
    assert ranking["best"].endswith(("a.jpg", "z.jpg"))


def test_a_product_without_any_other_photo_is_told_of(photos):
    for name in ("a", "z"):
        (photos / f"{name}.jpg").unlink()
    result = run_command("rank", photos, "--format", "jsonl", "--quiet", "--by-folder", status=1)
    (ranking,) = parse_lines(result)
    assert [photo["status"] for photo in ranking["order"]] == ["crashed", "crashed"]


def test_a_set_is_cleaned_of_them(photos, tmp_path):
    store = ["--store", tmp_path / "store"]
    proposals = parse_lines(run_command("clean", photos, *store, "--format", "jsonl", "--quiet"))
    unreadable = {Path(one["path"]).stem: one for one in proposals if one["problem"] == "unreadable"}
    assert set(unreadable) == {"deadly", "faulty"}


def test_an_audit_accounts_for_them(photos, tmp_path):
    run_command("audit", photos, "-o", tmp_path / "audit", "--no-cache", "--quiet")
    with (tmp_path / "audit" / "audit.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["ok", "crashed", "crashed", "ok"]


def test_an_atlas_is_built_of_the_others(photos, tmp_path):
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(
        "file,score\n" + "".join(f"{path.name},50\n" for path in sorted(photos.iterdir()))
    )
    result = run_command("atlas", "build", ratings, photos, "-o", tmp_path / "own.npz")
    assert "2 rated photos" in result.stdout
    assert REASONS["deadly"] in result.stderr
    refused = run_command(
        "atlas", "add", tmp_path / "own.npz", photos / "deadly.jpg", "--score", 5, status=2
    )
    assert REASONS["deadly"] in refused.stderr


def test_the_log_tells_what_the_row_cannot(photos, tmp_path):
    log = tmp_path / "run.log"
    run_command("assess", photos, "--quiet", "--log-file", log)
    log_text = log.read_text()
    assert 'raise TypeError("a fault of ours")' in log_text
    assert "SIGSEGV" in log_text
    assert "deadly.jpg" in log_text
    verbose_result = run_command("assess", photos, "--quiet", "--verbose", traceback=True)
    assert "SIGSEGV" in verbose_result.stderr

"""``-`` is the photo that comes through standard input."""

import io
import json
import os
import pty
import subprocess
import sys

import pytest
from PIL import Image

from packshot.photo import Photo
from tests.cli.running import EXECUTABLE
from tests.conftest import make_packshot


def run(*arguments, given=b"", cwd=None, **options):
    """The command, with bytes on its standard input."""
    command = [str(EXECUTABLE)] if EXECUTABLE.exists() else [sys.executable, "-m", "packshot"]
    options = options or {"input": given}
    return subprocess.run([*command, *arguments], capture_output=True, cwd=cwd, timeout=110, **options)


@pytest.fixture(scope="module")
def photo():
    file = io.BytesIO()
    Image.fromarray(make_packshot()).save(file, "PNG")
    return file.getvalue()


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_photo_is_assessed_as_its_file_is_and_leaves_nothing(photo, tmp_path, workers):
    (tmp_path / "mug.png").write_bytes(photo)
    (tmp_path / "scratch").mkdir()
    options = ("-f", "jsonl", "--workers", workers)
    scratch = os.environ | {"TMPDIR": str(tmp_path / "scratch")}
    (piped,) = lines(run("assess", "-", "-", *options, input=photo, env=scratch))
    (named,) = lines(run("assess", "mug.png", *options, cwd=tmp_path))
    assert piped.pop("path") == "-"
    assert named.pop("path") == "mug.png"
    assert piped == named
    assert list((tmp_path / "scratch").glob("packshot-*")) == []


def test_other_commands_take_it_too(photo, tmp_path):
    (emotion,) = lines(run("emotion", "-", "-f", "jsonl", given=photo))
    assert (emotion["path"], emotion["status"]) == ("-", "ok")
    (verdict,) = lines(run("screen", "-", "--policy", "amazon-main", "-f", "jsonl", given=photo))
    assert (verdict["path"], verdict["status"]) == ("-", "ok")
    done = run("enhance", "-", "-o", "better.jpg", "-f", "jsonl", given=photo, cwd=tmp_path)
    (enhanced,) = lines(done)
    assert enhanced["path"] == "-"
    assert Photo.open(tmp_path / "better.jpg").facts.format == "JPEG"
    lines(run("enhance", "-", "-o", "better", "-f", "jsonl", given=photo, cwd=tmp_path))
    assert os.listdir(tmp_path / "better") == ["standard-input.png"]


def test_a_page_shows_it(photo, tmp_path):
    run("assess", "-", "-o", "page.html", given=photo, cwd=tmp_path).check_returncode()
    assert "data:image/jpeg" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("given", [b"", bytes(range(256)) * 9, b"hello\n"])
def test_what_is_no_photo_is_an_unreadable_row(given):
    (row,) = lines(run("assess", "-", "-f", "jsonl", given=given))
    assert (row["path"], row["status"]) == ("-", "unreadable")


def test_no_more_is_read_than_a_photo_may_have():
    with open("/dev/zero", "rb") as endless:
        (row,) = lines(run("assess", "-", "-f", "jsonl", stdin=endless))
    assert "larger than the limit" in row["error"]


def test_a_terminal_is_refused_and_a_closed_standard_input_is_empty():
    ours, theirs = pty.openpty()
    done = run("assess", "-", stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert b"is a terminal" in done.stderr
    done = run("assess", "-", "-f", "jsonl", preexec_fn=lambda: os.close(0), stdin=None)
    (row,) = lines(done)
    assert (row["status"], row["error"]) == ("unreadable", "the file is empty")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["enhance", "-", "--in-place"], b"standard input is not taken here"),
        (["search", "index", "-"], b"a photo on standard input has no path to be found by"),
        (["duplicates", "-"], b"standard input is not taken here"),
    ],
)
def test_commands_that_keep_paths_refuse_it(photo, arguments, reason):
    done = run(*arguments, given=photo)
    assert done.returncode == 2
    assert reason in done.stderr


def test_a_file_of_this_name_is_reached_through_its_folder(photo, tmp_path):
    (tmp_path / "-").write_bytes(photo)
    (row,) = lines(run("assess", "./-", "-f", "jsonl", cwd=tmp_path))
    assert (row["path"], row["status"]) == ("-", "ok")

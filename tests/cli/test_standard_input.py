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
from tests.cli.command import EXECUTABLE
from tests.conftest import make_packshot


def run_command(*arguments, standard_input=b"", cwd=None, **options):
    """The command, with bytes on its standard input."""
    command = [str(EXECUTABLE)] if EXECUTABLE.exists() else [sys.executable, "-m", "packshot"]
    options = options or {"input": standard_input}
    return subprocess.run([*command, *arguments], capture_output=True, cwd=cwd, timeout=110, **options)


@pytest.fixture(scope="module")
def photo():
    file = io.BytesIO()
    Image.fromarray(make_packshot()).save(file, "PNG")
    return file.getvalue()


def parse_lines(result, status=0):
    assert result.returncode == status, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_photo_is_assessed_as_its_file_is_and_leaves_nothing(photo, tmp_path, workers):
    (tmp_path / "mug.png").write_bytes(photo)
    (tmp_path / "scratch").mkdir()
    options = ("-f", "jsonl", "--workers", workers)
    scratch = os.environ | {"TMPDIR": str(tmp_path / "scratch")}
    (piped,) = parse_lines(run_command("assess", "-", "-", *options, input=photo, env=scratch))
    (named,) = parse_lines(run_command("assess", "mug.png", *options, cwd=tmp_path))
    assert piped.pop("path") == "-"
    assert named.pop("path") == "mug.png"
    assert piped == named
    assert list((tmp_path / "scratch").glob("packshot-*")) == []


def test_other_commands_take_it_too(photo, tmp_path):
    (emotion,) = parse_lines(run_command("emotion", "-", "-f", "jsonl", standard_input=photo))
    assert (emotion["path"], emotion["status"]) == ("-", "ok")
    (verdict,) = parse_lines(
        run_command("screen", "-", "--policy", "amazon-main", "-f", "jsonl", standard_input=photo)
    )
    assert (verdict["path"], verdict["status"]) == ("-", "ok")
    result = run_command(
        "enhance", "-", "-o", "better.jpg", "-f", "jsonl", standard_input=photo, cwd=tmp_path
    )
    (enhanced,) = parse_lines(result)
    assert enhanced["path"] == "-"
    assert Photo.open(tmp_path / "better.jpg").facts.format == "JPEG"
    parse_lines(
        run_command("enhance", "-", "-o", "better", "-f", "jsonl", standard_input=photo, cwd=tmp_path)
    )
    assert os.listdir(tmp_path / "better") == ["standard-input.png"]


def test_a_page_shows_it(photo, tmp_path):
    run_command("assess", "-", "-o", "page.html", standard_input=photo, cwd=tmp_path).check_returncode()
    assert "data:image/jpeg" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("standard_input", [b"", bytes(range(256)) * 9, b"hello\n"])
def test_what_is_no_photo_is_an_unreadable_row(standard_input):
    result = run_command("assess", "-", "-f", "jsonl", standard_input=standard_input)
    (row,) = parse_lines(result, status=1)
    assert (row["path"], row["status"]) == ("-", "unreadable")


def test_no_more_is_read_than_a_photo_may_have():
    with open("/dev/zero", "rb") as endless:
        (row,) = parse_lines(run_command("assess", "-", "-f", "jsonl", stdin=endless), status=1)
    assert "larger than the limit" in row["error"]


def test_a_terminal_is_refused_and_a_closed_standard_input_is_empty():
    master, slave = pty.openpty()
    result = run_command("assess", "-", stdin=slave)
    os.close(master)
    os.close(slave)
    assert result.returncode == 2
    assert b"is a terminal" in result.stderr
    result = run_command("assess", "-", "-f", "jsonl", preexec_fn=lambda: os.close(0), stdin=None)
    (row,) = parse_lines(result, status=1)
    assert (row["status"], row["error"]) == ("unreadable", "the file is empty")
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["enhance", "-", "--in-place"], b"standard input is not taken here"),
        (["search", "index", "-"], b"a photo on standard input has no path to be found by"),
        (["duplicates", "-"], b"standard input is not taken here"),
    ],
)
def test_commands_that_keep_paths_refuse_it(photo, arguments, reason):
    result = run_command(*arguments, standard_input=photo)
    assert result.returncode == 2
    assert reason in result.stderr


def test_a_file_of_this_name_is_reached_through_its_folder(photo, tmp_path):
    (tmp_path / "-").write_bytes(photo)
    (row,) = parse_lines(run_command("assess", "./-", "-f", "jsonl", cwd=tmp_path))
    assert (row["path"], row["status"]) == ("-", "ok")

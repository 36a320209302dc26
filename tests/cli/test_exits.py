"""Exit statuses of runs that came to nothing, or not as far as was asked."""

import pytest

from tests.cli.command import run_packshot
from tests.conftest import ROOT

MUG = ROOT / "examples" / "photos" / "mug.jpg"


@pytest.fixture
def broken(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess",),
        ("emotion",),
        ("screen", "--policy", "amazon-main"),
        ("rank", "--by-folder"),
        ("clean",),
        ("duplicates",),
        ("enhance", "-o", "better/"),
        ("optimize", "-o", "better/"),
        ("search", "index", "--index", "shop.index"),
        ("audit", "-o", "audit/"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_run_that_could_read_no_photo_does_not_end_well(broken, tmp_path, arguments):
    run_packshot(*arguments, broken, cwd=tmp_path, check=1)


def test_one_unreadable_photo_among_others_is_a_row(broken):
    assert "1 unreadable" in run_packshot("emotion", MUG, broken, check=0).stderr


@pytest.mark.parametrize("command", ["enhance", "optimize"])
def test_a_target_that_was_given_and_missed_is_told(tmp_path, command):
    run_packshot(command, MUG, "-o", "a.jpg", "--rounds", 1, "--target", 100, cwd=tmp_path, check=1)
    run_packshot(command, MUG, "-o", "b.jpg", "--rounds", 1, "--target", 1, cwd=tmp_path, check=0)
    run_packshot(command, MUG, "-o", "c.jpg", "--rounds", 1, cwd=tmp_path, check=0)

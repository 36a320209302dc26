"""`packshot duplicates` as a user meets it."""

import csv
import io
import json
import shutil
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from tests.cli.command import run_packshot
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def sellers(tmp_path_factory):
    """Two sellers; the second has a photo of the first, and one of their own."""
    folder = tmp_path_factory.mktemp("sellers")
    for owner in ("anna", "ben"):
        (folder / owner).mkdir()
        shutil.copy(SAMPLES / "mug.jpg", folder / owner)
    shutil.copy(SAMPLES / "clay-bowl.jpg", folder / "ben")
    shutil.copy(SAMPLES / "clay-bowl.jpg", folder / "ben" / "clay-bowl-again.jpg")
    (folder / "ben" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store") / "s.sqlite"


def run_duplicates(store, *arguments, check=0):
    return run_packshot("duplicates", *arguments, "--store", store, "--workers", 1, check=check)


def test_a_line_for_each_group(sellers, store):
    result = run_duplicates(store, sellers, "--format", "jsonl")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    schema = json.loads(run_packshot("schema", "duplicates", check=0).stdout)
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["kind"] for line in lines] == ["exact", "exact", None]
    assert [len(line["paths"]) for line in lines] == [2, 2, 1]
    assert "2 groups of copies, 2 photos superfluous" in result.stderr
    assert "broken.jpg" in result.stderr


def test_only_what_another_seller_has_too(sellers, store):
    result = run_duplicates(store, sellers, "--owner-folders", "--across-owners", "-f", "csv", "-q")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["kind"] for row in rows] == ["exact", "unreadable"]
    assert sorted(rows[0]["owners"].split("; ")) == ["anna", "ben"]


def test_one_new_photo_is_looked_up(sellers, store, tmp_path):
    shutil.copy(SAMPLES / "clay-bowl.jpg", tmp_path / "upload.jpg")
    result = run_duplicates(store, sellers, "--new", tmp_path / "upload.jpg", "-f", "jsonl", "-q")
    groups = [json.loads(line) for line in result.stdout.splitlines()]
    (group,) = [group for group in groups if group["status"] == "ok"]
    assert {Path(path).name for path in group["paths"]} == {
        *("upload.jpg", "clay-bowl.jpg", "clay-bowl-again.jpg")
    }


def test_a_page_is_written(sellers, store, tmp_path):
    result = run_duplicates(store, sellers, "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<article") == 2
    assert "written to" in result.stderr


def test_wrong_usage_is_told(sellers, store, tmp_path):
    (tmp_path / "not-a-store.txt").write_text("nothing of the kind" * 100)
    result = run_duplicates(tmp_path / "not-a-store.txt", sellers, check=2)
    assert "--store" in result.stderr
    assert "no such file" in run_duplicates(store, tmp_path / "gone", check=2).stderr
    assert (
        "gone.csv" in run_duplicates(store, sellers, "--owners", tmp_path / "gone.csv", check=2).stderr
    )
    help_text = run_packshot("duplicates", "--help", check=0).stdout
    assert "Examples" in help_text
    assert "same product" not in help_text


@pytest.mark.parametrize("mark", ["letters", "badge", "banner", "frame"])
def test_what_has_something_laid_over_is_never_the_one_to_keep(tmp_path, store, mark):
    """The marked copy is larger, and saved better."""
    photo = cv2.imread(str(SAMPLES / "clay-bowl.jpg"))
    small = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    height, width = photo.shape[:2]
    red, white, font = (30, 20, 215), (255, 255, 255), cv2.FONT_HERSHEY_DUPLEX
    if mark == "letters":
        cv2.putText(photo, "BEST PRICE", (20, height // 2), font, width / 220, red, 9, cv2.LINE_AA)
    elif mark == "badge":
        cv2.circle(photo, (width // 6, height // 6), width // 8, red, -1, cv2.LINE_AA)
        place = (width // 12, height // 6 + 15)
        cv2.putText(photo, "-30%", place, font, width / 400, white, 3, cv2.LINE_AA)
    elif mark == "banner":
        photo[height - height // 8 :] = (160, 60, 30)
        cv2.putText(photo, "FREE DELIVERY", (30, height - 25), font, width / 400, white, 3, cv2.LINE_AA)
    else:
        cv2.rectangle(photo, (0, 0), (width - 1, height - 1), red, width // 12)
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a-marked.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 98])
    cv2.imwrite(str(folder / "b-plain.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    (group,) = map(json.loads, run_duplicates(store, folder, "--format", "jsonl").stdout.splitlines())
    assert Path(group["keep"]).name == "b-plain.jpg"


def test_small_differences_are_shown_and_both_photos_are_kept(tmp_path, store):
    photos = tmp_path / "charts"
    photos.mkdir()
    for name, numbers in (("a", (92, 96, 100)), ("b", (92, 98, 100))):
        chart = np.full((500, 400, 3), 255, np.uint8)
        for row, number in enumerate(numbers):
            place = 60, 120 + row * 120
            cv2.putText(chart, f"chest {number}", place, cv2.FONT_HERSHEY_DUPLEX, 1.2, (20, 20, 20), 2)
        cv2.imwrite(str(photos / f"{name}.jpg"), chart)
    (group,) = map(json.loads, run_duplicates(store, photos, "--format", "jsonl").stdout.splitlines())
    assert group["kind"] == "variant"
    assert "both are wanted" in group["reason"]
    for photo in group["photos"]:
        (place,) = photo["differences"]
        assert 0.4 < place["y"] < 0.55
    page = tmp_path / "page.html"
    assert "0 groups of copies, 0 photos superfluous; 1 group of variants" in (
        run_duplicates(store, photos, "-o", page).stderr
    )
    assert page.read_text().count('class="place"') == 2
    proposals = run_packshot("clean", photos, "--format", "jsonl", check=0).stdout
    assert not any(json.loads(line)["problem"] == "duplicate" for line in proposals.splitlines())

"""`packshot clean` as a user meets it."""

import csv
import json
import shutil

import cv2
import pytest

from packshot.distort import distort
from packshot.photo import Photo
from tests.cli.running import packshot
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def training_set(tmp_path_factory):
    """A set in two splits: one photo blurred, one in both splits, one that cannot be read."""
    folder = tmp_path_factory.mktemp("set")
    for name in ("train/mugs", "train/stools", "test/mugs"):
        (folder / name).mkdir(parents=True)
    mug = Photo.open(SAMPLES / "mug.jpg").pixels
    blurred = distort(mug[:, 100:], "gaussian-blur", 5)
    cv2.imwrite(str(folder / "train/mugs/blurred.png"), blurred[..., ::-1])
    shutil.copy(SAMPLES / "cream-jar.jpg", folder / "train/mugs/leak.jpg")
    shutil.copy(SAMPLES / "cream-jar.jpg", folder / "test/mugs/jar.jpg")
    shutil.copy(SAMPLES / "wooden-stool.jpg", folder / "train/stools")
    (folder / "train/stools/broken.jpg").write_bytes(b"no photo")
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store") / "s.sqlite"


def clean(store, *arguments, check=0):
    return packshot("clean", *arguments, "--store", store, "--workers", 1, check=check)


def test_proposals_and_a_cleaned_copy(training_set, store, tmp_path):
    before = sorted(training_set.rglob("*"))
    output, target = tmp_path / "proposals.csv", tmp_path / "cleaned"
    done = clean(store, training_set, "-o", output, "--apply", "--to", target)
    rows = {row["path"].rsplit("/", 1)[-1]: row for row in csv.DictReader(output.open())}
    assert rows["broken.jpg"]["problem"] == "unreadable"
    assert rows["blurred.png"]["problem"] == "blurred"
    assert rows["leak.jpg"]["problem"] == "leakage"
    assert rows["leak.jpg"]["other"].endswith("test/mugs/jar.jpg")
    kept = {path.name for path in target.rglob("*") if path.is_file()}
    assert kept == {"jar.jpg", "wooden-stool.jpg", "cleaning.json"}
    assert json.loads((target / "cleaning.json").read_text())["dropped_for"]["leakage"] == 1
    assert "2 photos kept" in done.stderr
    assert sorted(training_set.rglob("*")) == before


def test_a_contact_sheet(training_set, store, tmp_path):
    clean(store, training_set, "-o", tmp_path / "sheet.html", "--language", "zh")
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert "跨划分的副本" in page
    assert 'class="card leakage"' in page


def test_wrong_usage_is_told(training_set, store, tmp_path):
    assert "--to" in clean(store, training_set, "--apply", check=2).stderr
    inside = training_set / "cleaned"
    assert "beside" in clean(store, training_set, "--apply", "--to", inside, check=2).stderr
    assert not inside.exists()
    full = clean(store, training_set, "--apply", "--to", training_set.parent, check=2)
    assert "not empty" in full.stderr
    assert "columns" in clean(store, training_set, "--split-column", "part", check=2).stderr
    assert "Examples" in packshot("clean", "--help", check=0).stdout

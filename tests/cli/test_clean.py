"""`packshot clean` as a user meets it."""

import csv
import json
import shutil
import sqlite3

import cv2
import pytest

from packshot.distort import distort
from packshot.photo import Photo
from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.sources.conftest import ShopServer

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


def run_clean(store, *arguments, check=0):
    return run_packshot("clean", *arguments, "--store", store, "--workers", 1, check=check)


def test_proposals_and_a_cleaned_copy(training_set, store, tmp_path):
    before = sorted(training_set.rglob("*"))
    output, target = tmp_path / "proposals.csv", tmp_path / "cleaned"
    result = run_clean(store, training_set, "-o", output, "--apply", "--to", target)
    rows = {row["path"].rsplit("/", 1)[-1]: row for row in csv.DictReader(output.open())}
    assert rows["broken.jpg"]["problem"] == "unreadable"
    assert rows["blurred.png"]["problem"] == "blurred"
    assert rows["leak.jpg"]["problem"] == "leakage"
    assert rows["leak.jpg"]["other"].endswith("test/mugs/jar.jpg")
    kept = {path.name for path in target.rglob("*") if path.is_file()}
    assert kept == {"jar.jpg", "wooden-stool.jpg", "cleaning.json"}
    assert json.loads((target / "cleaning.json").read_text())["dropped_for"]["leakage"] == 1
    assert "2 photos kept" in result.stderr
    assert sorted(training_set.rglob("*")) == before


def test_a_contact_sheet(training_set, store, tmp_path):
    run_clean(store, training_set, "-o", tmp_path / "sheet.html", "--language", "zh")
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert "跨划分的副本" in page
    assert 'class="card leakage"' in page


@pytest.fixture
def server():
    shop_server = ShopServer()
    yield shop_server
    shop_server.close()


def test_photos_at_urls_are_cleaned_as_files_are(training_set, server, tmp_path):
    rows = ["image,label,split"]
    for path in sorted(training_set.rglob("*.*")):
        split, label, name = path.relative_to(training_set).parts
        server.pages[f"/{split}-{name}"] = path.read_bytes()
        rows.append(f"{server.url(f'/{split}-{name}')},{label},{split}")
    rows.append(f"{server.url('/gone.jpg')},mugs,train")
    (tmp_path / "set.csv").write_text("\n".join(rows))
    own_store, page, target = (tmp_path / name for name in ("own.sqlite", "sheet.html", "cleaned"))
    fetch_options = ("--allow-private", "--port", server.port, "--retries", 0)
    output_options = ("-o", page, "--apply", "--to", target)
    run_clean(own_store, tmp_path / "set.csv", *output_options, *fetch_options)
    lines = run_clean(own_store, tmp_path / "set.csv", *fetch_options, "-f", "jsonl").stdout.splitlines()
    proposals = {one["path"].rsplit("/", 1)[-1]: one for one in map(json.loads, lines)}
    assert proposals["train-broken.jpg"]["problem"] == "unreadable"
    assert "404" in proposals["gone.jpg"]["reason"]
    assert proposals["train-blurred.png"]["problem"] == "blurred"
    assert proposals["train-leak.jpg"]["problem"] == "leakage"
    assert proposals["train-leak.jpg"]["other"] == server.url("/test-jar.jpg")
    assert "test-jar.jpg" in proposals["train-leak.jpg"]["reason"]
    assert page.read_text(encoding="utf-8").count("data:image/jpeg;base64") == 3
    kept = [row["path"] for row in csv.DictReader((target / "feed.csv").open())]
    assert kept == [server.url("/test-jar.jpg"), server.url("/train-wooden-stool.jpg")]
    with sqlite3.connect(own_store) as store:
        assert store.execute("SELECT COUNT(*) FROM signatures").fetchone() == (0,)


def test_wrong_usage_is_told(training_set, store, tmp_path):
    assert "--to" in run_clean(store, training_set, "--apply", check=2).stderr
    inside = training_set / "cleaned"
    assert "beside" in run_clean(store, training_set, "--apply", "--to", inside, check=2).stderr
    assert not inside.exists()
    full = run_clean(store, training_set, "--apply", "--to", training_set.parent, check=2)
    assert "not empty" in full.stderr
    assert "columns" in run_clean(store, training_set, "--split-column", "part", check=2).stderr
    assert "Examples" in run_packshot("clean", "--help", check=0).stdout

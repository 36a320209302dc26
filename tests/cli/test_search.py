"""`packshot search` as a user meets it."""

import csv
import io
import json
import os
import shutil

import jsonschema
import pytest

from packshot.report import SearchResult
from tests.cli.command import run_packshot
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"
NAMES = ("bowl-small-off-centre.jpg", "clay-bowl.jpg", "cream-jar.jpg", "mug-warm-cast.jpg")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with an index; asked about, never changed, by the tests below."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "sub").mkdir()
    for name in NAMES[:3]:
        shutil.copy(SAMPLES / name, folder)
    shutil.copy(SAMPLES / NAMES[3], folder / "sub")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    table = folder / "products.csv"
    table.write_text("path,type,shelf\nclay-bowl.jpg,bowl,7\nsub/mug-warm-cast.jpg,mug,8\n")
    result = run_packshot(
        "search", "index", folder, "--index", folder, "--table", table, "--workers", 1, check=0
    )
    assert "5 photos: 4 added, 0 updated, 0 unchanged, 1 unreadable" in result.stderr
    assert "broken.jpg: " in result.stderr
    return folder


def run_query(shop, *arguments, photo="clay-bowl.jpg", check=0):
    return run_packshot("search", "query", shop / photo, "--index", shop, *arguments, check=check)


def test_a_photo_finds_itself_and_then_what_is_alike(shop):
    result = json.loads(run_query(shop, "-f", "jsonl", "-k", 3).stdout)
    jsonschema.validate(result, SearchResult.model_json_schema())
    assert [hit["id"] for hit in result["hits"]][:2] == ["clay-bowl.jpg", "bowl-small-off-centre.jpg"]
    assert result["hits"][0]["distance"] == pytest.approx(0, abs=1e-6)
    assert result["hits"][0]["metadata"] == {"type": "bowl", "shelf": "7"}
    assert len(result["hits"]) == 3


def test_conditions_are_met(shop):
    result = json.loads(
        run_query(shop, "-f", "jsonl", "--where", "type=mug", "--where", "shelf=8").stdout
    )
    assert [hit["id"] for hit in result["hits"]] == ["sub/mug-warm-cast.jpg"]
    assert "type=mug" in run_query(shop, "--where", "mug", check=2).stderr


def test_rows_a_table_and_a_page(shop, tmp_path):
    rows = list(csv.DictReader(io.StringIO(run_query(shop, "-f", "csv", "-k", 2).stdout)))
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert rows[0]["metadata"] == "type: bowl, shelf: 7"
    assert "100.0 %" in run_query(shop, "-k", 2).stdout
    run_query(shop, "-k", 2, "-o", tmp_path / "alike.html")
    page = (tmp_path / "alike.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 3
    assert "bowl-small-off-centre.jpg" in page


def test_an_unreadable_photo_is_a_result_too(shop):
    result = run_query(shop, "-f", "jsonl", photo="broken.jpg", check=1)
    assert json.loads(result.stdout)["status"] == "unreadable"
    assert "1 unreadable" in result.stderr


def test_only_what_changed_is_encoded_and_what_is_gone_is_said(shop, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    os.utime(folder / "cream-jar.jpg")
    (folder / "broken.jpg").unlink()
    (folder / "clay-bowl.jpg").unlink()
    index_output = run_packshot("search", "index", folder, check=0).stderr
    assert "3 photos: 0 added, 1 updated, 2 unchanged, 0 unreadable" in index_output
    assert "1 photo of the index is not among those given: --prune forgets it" in index_output
    prune_output = run_packshot("search", "index", folder, "--prune", check=0).stderr
    assert "1 photo of the index forgotten" in prune_output
    assert "3 photos in the index: embedded, exact over 3 vectors" in prune_output


def test_nothing_is_written_beside_photos_unless_it_is_asked_for(cache, tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in NAMES[:2]:
        shutil.copy(SAMPLES / name, folder)
    result = run_packshot("search", "index", "shop", cwd=tmp_path, check=0)
    assert f"the index is in {cache}" in result.stderr
    assert sorted(os.listdir(folder)) == sorted(NAMES[:2])
    again = run_packshot("search", "index", folder, cwd=tmp_path, check=0)
    assert "2 photos: 0 added, 0 updated, 2 unchanged" in again.stderr
    assert "2 items" in run_packshot("search", "info", "--index", folder, check=0).stdout
    assert "2 items" in run_packshot("search", "info", cwd=folder, check=0).stdout
    run_packshot("search", "index", folder, "--index", folder, check=0)
    assert sorted(os.listdir(folder)) == sorted([*NAMES[:2], ".packshot-index"])
    assert f"the index is in {folder}" in run_packshot("search", "index", folder, check=0).stderr


def test_vectors_travel_by_parquet(shop, tmp_path):
    table = tmp_path / "vectors.parquet"
    run_packshot("search", "export", "--index", shop, "-o", table, check=0)
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copy(SAMPLES / NAMES[3], folder / "new.jpg")
    run_packshot("search", "index", folder, check=0)
    result = run_packshot("search", "import", table, "--index", folder, check=0)
    assert "4 items taken in" in result.stdout
    info = run_packshot("search", "info", "--index", folder, check=0).stdout
    assert "5 items, cosine distance" in info


def test_mistakes_are_named(shop, tmp_path):
    assert (
        "no index for this folder"
        in run_packshot("search", "query", SAMPLES / NAMES[0], cwd=tmp_path, check=2).stderr
    )
    refused = run_packshot("search", "index", shop, "--distance", "euclidean", check=2)
    assert "was made with other settings" in refused.stderr
    odd = run_packshot("search", "index", shop, "--index", tmp_path / "i", "--kind", "ivfpq", check=2)
    assert "neither exact, pq, ivf-pq" in odd.stderr
    assert not (tmp_path / "i").exists()

"""`packshot rank` as a user meets it."""

import csv
import io
import json
import shutil

import jsonschema
import pytest

from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.sources.conftest import ShopServer

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two products in folders and in a feed; the stool's main photo was taken in low light."""
    folder = tmp_path_factory.mktemp("shop")
    for name in ("stool", "mug"):
        (folder / name).mkdir()
    shutil.copy(SAMPLES / "stool-low-light.jpg", folder / "stool" / "1.jpg")
    shutil.copy(SAMPLES / "wooden-stool.jpg", folder / "stool" / "2.jpg")
    shutil.copy(SAMPLES / "mug.jpg", folder / "mug")
    (folder / "mug" / "broken.jpg").write_bytes(b"no photo")
    rows = "article,role,path\nS1,,stool/2.jpg\nS1,main,stool/1.jpg\nM1,main,mug/mug.jpg\nE1,main,\n"
    (folder / "feed.csv").write_text(rows)
    return folder


def run_rank(*arguments, check=0):
    return run_packshot("rank", *arguments, "--workers", 1, check=check)


def test_a_line_for_each_product_of_a_feed(shop):
    result = run_rank(shop / "feed.csv", "--sku-column", "article", "-f", "jsonl")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    schema = json.loads(run_packshot("schema", "ranking", check=0).stdout)
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["sku"] for line in lines] == ["S1", "M1", "E1"]
    stool, mug, empty = lines
    assert stool["swap"]
    assert stool["best"].endswith("2.jpg")
    assert stool["current"].endswith("1.jpg")
    assert not mug["swap"]
    assert empty["best"] is None
    assert "3 products, 3 photos; another main photo proposed for 1" in result.stderr


def test_folders_as_products_with_a_policy_and_a_page(shop, tmp_path):
    page = tmp_path / "best.html"
    result = run_rank(shop, "--by-folder", "--policy", "amazon-main", "--on", "2027-02-01", "-o", page)
    assert page.read_text(encoding="utf-8").count("<article") == 2
    assert "broken.jpg" in result.stderr
    rows = run_rank(shop / "stool", "--by-folder", "--policy", "amazon-main", "-f", "csv", "-q").stdout
    verdicts = [row["decision"] for row in csv.DictReader(io.StringIO(rows))]
    assert set(verdicts) <= {"pass", "warn", "manual", "fail"}
    assert len(verdicts) == 2


@pytest.fixture
def server():
    shop_server = ShopServer()
    yield shop_server
    shop_server.close()


def test_photos_at_urls_are_ranked_as_files_are(shop, server, tmp_path):
    rows = ["article,role,path"]
    for name, role in (
        ("stool/2.jpg", ""),
        ("stool/1.jpg", "main"),
        ("mug/broken.jpg", ""),
        ("gone.jpg", ""),
    ):
        file = shop / name
        server.pages[f"/{name}"] = file.read_bytes() if file.exists() else None
        rows.append(f"S1,{role},{server.url(f'/{name}')}")
    server.pages["/feed.csv"] = "\n".join([*rows, "S1,,file:///etc/hostname"]).encode()
    local_line = run_rank(
        shop / "feed.csv", "--sku-column", "article", "-f", "jsonl"
    ).stdout.splitlines()[0]
    page, feed = tmp_path / "best.html", (server.url("/feed.csv"), "--sku-column", "article")
    port = ("--port", server.port, "--retries", 0)
    assert not server.connections
    run_rank(*feed, *port, check=2)
    assert not server.connections, "private networks are guarded"
    fetch_options = ("--allow-private", *port)
    remote_output = run_rank(*feed, *fetch_options, "-f", "jsonl").stdout
    local_ranking, remote_ranking = json.loads(local_line), json.loads(remote_output)
    names = [photo["path"].removeprefix(server.url("/")) for photo in remote_ranking["order"]]
    assert names[:2] == ["stool/2.jpg", "stool/1.jpg"]
    assert [photo["score"] for photo in remote_ranking["order"][:2]] == [
        photo["score"] for photo in local_ranking["order"]
    ]
    assert remote_ranking["swap"]
    errors = {photo["path"].rsplit("/", 1)[-1]: photo["error"] for photo in remote_ranking["order"][2:]}
    assert "404" in errors["gone.jpg"]
    assert "not allowed" in errors["hostname"]
    assert errors["broken.jpg"]
    run_rank(*feed, *fetch_options, "-o", page)
    assert page.read_text(encoding="utf-8").count("data:image/jpeg;base64") == 2


def test_wrong_usage_is_told(shop, tmp_path):
    assert "no such" in run_rank(tmp_path / "gone", check=2).stderr
    assert "colour" in run_rank(shop / "feed.csv", "--sku-column", "colour", check=2).stderr
    assert "no-such" in run_rank(shop, "--policy", "no-such", check=2).stderr
    assert "Examples" in run_packshot("rank", "--help", check=0).stdout

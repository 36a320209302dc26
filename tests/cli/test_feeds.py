"""Every command takes the feeds that an audit takes."""

import csv
import io
import json
import shutil

import openpyxl
import pytest

from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.sources.conftest import ShopServer

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def server():
    shop = ShopServer()
    shop.pages["/photos/mug,red.jpg?w=1,2"] = (SAMPLES / "mug.jpg").read_bytes()
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def feed(tmp_path_factory, server):
    """A feed in a workbook: a file beside it, an address with commas, one that is not there."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(SAMPLES / "bowl-small-off-centre.jpg", folder / "bowl.jpg")
    workbook = openpyxl.Workbook()
    for row in (
        ["Our feed", None, None, None, None],
        ["Nr", "Titel", "Beschreibung", "Bilder der Ware", "Anbieter"],
        ["B-1", "Bowl", "A <b>plain</b> bowl", "bowl.jpg", "Potter"],
        ["M-1", "Mug", "", server.url("/photos/mug,red.jpg?w=1,2"), "Ann"],
        ["X-1", "Gone", "", server.url("/gone.jpg"), "Ann"],
    ):
        workbook.active.append(row)
    workbook.save(folder / "feed.xlsx")
    return folder / "feed.xlsx"


@pytest.fixture(scope="module")
def options(server):
    names = ("--columns", "sku=Nr", "--columns", "image=Bilder der Ware", "--columns", "seller=Anbieter")
    return (*names, "--allow-private", "--port", server.port, "--retries", 0)


def parse_lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("command", [("assess",), ("emotion",), ("screen", "-p", "otto")])
def test_one_reader_for_all_commands(feed, options, server, command):
    result = run_packshot(*command, feed, *options, "-f", "jsonl", check=0)
    rows = parse_lines(result)
    assert [row["status"] for row in rows] == ["ok", "ok", "unreadable"]
    assert rows[1]["path"] == server.url("/photos/mug,red.jpg?w=1,2")
    assert "not there" in rows[2]["error"] or "404" in rows[2]["error"] or "no such" in rows[2]["error"]
    assert [row["listing"]["sku"] for row in rows] == ["B-1", "M-1", "X-1"]
    assert rows[0]["listing"]["title"] == "Bowl"
    assert rows[0]["listing"]["description"] == "A <b>plain</b> bowl"
    assert "line 1 is not read" in result.stderr


def test_title_and_description_are_in_tables_and_pages(feed, options, tmp_path):
    page, table = tmp_path / "report.html", tmp_path / "scores.csv"
    run_packshot("assess", feed, *options, "-o", page, "-q", check=0)
    assert "B-1 · Bowl" in page.read_text(encoding="utf-8")
    run_packshot("assess", feed, *options, "-o", table, "-q", check=0)
    first = next(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert (first["title"], first["description"]) == ("Bowl", "A <b>plain</b> bowl")


def test_an_audit_carries_title_and_description(feed, options, tmp_path):
    run_packshot("audit", feed, *options, "-o", tmp_path / "audit", "--no-cache", "-q", check=0)
    with (tmp_path / "audit" / "audit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == ["Bowl", "Mug", "Gone"]
    assert rows[0]["description"] == "A <b>plain</b> bowl"
    assert "Bowl" in (tmp_path / "audit" / "audit.html").read_text(encoding="utf-8")


def test_duplicates_are_called_what_the_feed_calls_them(feed, options, server, tmp_path):
    result = run_packshot(
        *("duplicates", feed, SAMPLES / "mug.jpg", *options, "--store", tmp_path / "s", "-f", "jsonl"),
        check=0,
    )
    group = parse_lines(result)[0]
    address = server.url("/photos/mug,red.jpg?w=1,2")
    assert sorted(group["paths"]) == sorted([address, str(SAMPLES / "mug.jpg")])
    [named] = [photo for photo in group["photos"] if photo["path"] == address]
    assert (named["owner"], named["listing"]["title"]) == ("Ann", "Mug")


def test_photos_from_elsewhere_are_enhanced_into_a_folder(feed, options, server, tmp_path):
    result = run_packshot("enhance", feed, *options, "-o", tmp_path / "out", "-f", "jsonl", check=0)
    rows = parse_lines(result)
    assert [row["status"] for row in rows] == ["ok", "ok", "unreadable"]
    assert (tmp_path / "out" / "bowl.jpg").is_file()
    assert len(list((tmp_path / "out").rglob("mug,red-*.jpg"))) == 1
    result = run_packshot("enhance", feed, *options, "--in-place", check=2)
    assert "cannot be replaced in place: use -o FOLDER" in result.stderr


def test_an_index_keeps_what_the_feed_says(feed, options, server, tmp_path):
    index = tmp_path / "index"
    table = tmp_path / "kinds.csv"
    table.write_text(f"file,kind\n{feed.parent / 'bowl.jpg'},deep\n")
    for counts in ("2 added, 0 updated, 0 unchanged, 1 unreadable", "0 added, 0 updated, 2 unchanged"):
        result = run_packshot("search", "index", feed, *options, "--index", index, check=0)
        assert counts in result.stderr
    run_packshot(
        "search", "index", feed.parent / "bowl.jpg", "--index", index, "--table", table, check=0
    )
    [found] = parse_lines(
        run_packshot(
            "search", "query", SAMPLES / "mug.jpg", "--index", index, "-k", 1, "-f", "jsonl", check=0
        )
    )
    assert found["hits"][0]["path"] == server.url("/photos/mug,red.jpg?w=1,2")
    assert found["hits"][0]["metadata"]["title"] == "Mug"
    [found] = parse_lines(
        run_packshot(
            *(
                "search",
                "query",
                SAMPLES / "mug.jpg",
                "--index",
                index,
                "--where",
                "kind=deep",
                "-f",
                "jsonl",
            ),
            check=0,
        )
    )
    assert [hit["id"] for hit in found["hits"]] == ["bowl.jpg"]


def test_a_ranking_has_the_title(tmp_path):
    for name in ("1.jpg", "2.jpg"):
        shutil.copy(SAMPLES / "mug.jpg", tmp_path / name)
    text = "Handle,Title,Variant SKU,Image Src,Image Position\nmug,Red mug,M-1,2.jpg,2\nmug,,,1.jpg,1\n"
    (tmp_path / "feed.csv").write_text(text)
    [product] = parse_lines(run_packshot("rank", tmp_path / "feed.csv", "-f", "jsonl", check=0))
    assert (product["sku"], product["title"]) == ("M-1", "Red mug")
    assert product["current"].endswith("1.jpg")


def test_an_address_alone_and_feeds_elsewhere(server, options):
    address = server.url("/photos/mug,red.jpg?w=1,2")
    server.pages["/feed.csv"] = f"sku;image\nM-1;{address}\nL-1;/etc/hostname.jpg\n".encode()
    access = options[6:]
    [row] = parse_lines(run_packshot("assess", address, *access, "-f", "jsonl", check=0))
    assert (row["status"], row["path"], row["listing"]) == ("ok", address, None)
    rows = parse_lines(run_packshot("assess", server.url("/feed.csv"), *access, "-f", "jsonl", check=0))
    assert [row["status"] for row in rows] == ["ok", "unreadable"]
    refused = parse_lines(run_packshot("assess", address, "--retries", 0, "-f", "jsonl", check=1))
    assert refused[0]["status"] == "unreadable"

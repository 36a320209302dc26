"""Where a location of a feed leads: paths as Windows writes them, addresses that hold the photo."""

import base64
import csv
import os

import pytest

from packshot.sources import read_feed
from packshot.sources.resolving import resolve_location
from tests.cli.command import run_packshot
from tests.conftest import ROOT

DATA = "data:image/png;base64," + base64.b64encode(bytes(300)).decode()


@pytest.mark.skipif(os.name == "nt", reason="there these paths are the system's own")
@pytest.mark.parametrize(
    "location",
    [r"C:\shop\mug.jpg", "d:/shop/mug.jpg", r"\\server\photos\mug.jpg", r"C:\Müller & Söhne\a b.jpg"],
)
def test_a_path_of_another_machine_stays_as_it_is_written(location):
    assert resolve_location("feeds/feed.csv", location).removeprefix("feeds/") == location


@pytest.mark.skipif(os.name == "nt", reason="there backslashes part folders anyway")
@pytest.mark.parametrize(
    ("location", "resolved"),
    [
        (r"photos\red\mug.jpg", "feeds/photos/red/mug.jpg"),
        (r"..\mug.jpg", "feeds/../mug.jpg"),
        (r".\mug.jpg", "feeds/mug.jpg"),
    ],
)
def test_backslashes_part_folders(location, resolved):
    assert resolve_location("feeds/feed.csv", location) == resolved


def test_a_file_whose_name_has_a_backslash_is_found(tmp_path):
    if os.name == "nt":
        pytest.skip("no such names there")
    (tmp_path / "a\\b.jpg").touch()
    assert resolve_location(str(tmp_path / "feed.csv"), "a\\b.jpg") == str(tmp_path / "a\\b.jpg")


@pytest.mark.parametrize("place", ["feed.csv", "https://shop.example/feed.csv", "s3://shop/feed.csv"])
def test_an_address_that_holds_a_photo_is_kept_in_short(place):
    assert resolve_location(place, DATA) == DATA[:60]
    assert resolve_location(place, DATA.replace("data:", "DATA:"))[:5] == "DATA:"


def test_a_feed_of_all_of_them_is_accounted_for(tmp_path):
    mug = ROOT / "examples" / "photos" / "mug.jpg"
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "mug.jpg").write_bytes(mug.read_bytes())
    cells = [r"shots\mug.jpg", r"C:\shop\mug.jpg", DATA, '["shots/mug.jpg", "C:\\\\b.jpg"]']
    with (tmp_path / "feed.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["sku", "images"], *enumerate(cells)])
    rows = list(read_feed(tmp_path / "feed.csv"))
    assert [row.sku for row in rows] == ["0", "1", "2", "3", "3"]
    result = run_packshot("audit", "feed.csv", "-o", "audit", "--no-cache", cwd=tmp_path, check=0)
    assert "2 ok, 2 missing, 1 refused" in result.stderr
    assert "give its address" in (tmp_path / "audit" / "audit.csv").read_text()

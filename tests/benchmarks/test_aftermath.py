import json
import sqlite3

import pytest

from benchmarks.robustness.kill_trials.aftermath import (
    compute_digests,
    find_incomplete_files,
    find_leftovers,
    find_lost_photos,
    list_results,
)
from benchmarks.robustness.kill_trials.process import TrialFolders
from benchmarks.robustness.kill_trials.shop import PHOTOS
from packshot.photo import Photo


@pytest.fixture
def place(tmp_path):
    return TrialFolders(tmp_path / "trial").prepare()


def test_the_shop_is_the_same_each_time_and_some_photos_tell_their_place(place, tmp_path):
    other = TrialFolders(tmp_path / "other").prepare()
    assert compute_digests(place.photos) == compute_digests(other.photos)
    photos = [Photo.open(path) for path in sorted(place.photos.rglob("*.jpg"))]
    assert len(photos) == PHOTOS
    assert sum(photo.facts.had_location for photo in photos) == PHOTOS // 3


def write_results(out):
    """A whole file of each kind."""
    import openpyxl
    import pyarrow as pa
    from pyarrow import parquet

    lines = "".join(json.dumps({"path": f"a{number}", "score": 1}) + "\n" for number in range(50))
    (out / "a.jsonl").write_text(lines)
    (out / "b.jsonl.part").write_text(lines)
    (out / "c.json").write_text(json.dumps({"a": list(range(50))}))
    (out / "d.csv").write_text("a,b\n" + "1,2\n" * 50)
    (out / "e.html").write_text("<html>" + "a" * 500 + "</html>\n")
    parquet.write_table(pa.table({"a": list(range(500))}), out / "f.parquet")
    openpyxl.Workbook().save(out / "g.xlsx")


def test_whole_results_are_whole(place):
    write_results(place.out)
    sqlite3.connect(place.out / "h.journal").close()
    assert find_incomplete_files(place) == []
    assert find_leftovers(place) == []


@pytest.mark.parametrize(
    "name", ["a.jsonl", "b.jsonl.part", "c.json", "d.csv", "e.html", "f.parquet", "g.xlsx"]
)
def test_half_of_a_file_is_found(place, name):
    write_results(place.out)
    path = place.out / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 1])
    assert find_incomplete_files(place) == [f"out/{name}"]


def test_half_a_photo_is_found(place):
    path = next(place.photos.rglob("*.jpg"))
    path.write_bytes(path.read_bytes()[:-200])
    assert find_incomplete_files(place) == [str(path.relative_to(place.root))]


def test_leftovers_are_found_wherever_they_are(place):
    for path in (
        place.temporary / "packshot-photos-1" / "a",
        place.out / ".a.jsonl.x1",
        place.out / "better" / "a.jpg.partial",
        place.cache / "packshot" / ".b",
        place.photos / "mug" / ".00.jpg.x2",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert find_leftovers(place) == [
        "cache/packshot/.b",
        "out/.a.jsonl.x1",
        "out/better/a.jpg.partial",
        "photos/mug/.00.jpg.x2",
        "temporary/packshot-photos-1",
        "temporary/packshot-photos-1/a",
    ]
    assert list_results(place) == {"better/a.jpg.partial"}


def test_lost_originals_are_found(place):
    before = compute_digests(place.photos)
    gone, changed = sorted(place.photos.rglob("*.jpg"))[:2]
    gone.unlink()
    changed.write_bytes(b"")
    named = [str(path.relative_to(place.photos)) for path in (gone, changed)]
    assert sorted(find_lost_photos(before, place, in_place=False)) == sorted(named)
    assert list(find_lost_photos(before, place, in_place=True)) == named[:1]

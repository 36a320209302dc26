import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import uuid

import fsspec
import pytest

from packshot.sources import Fetcher, LocalCopies, Retries, WebSettings
from tests.conftest import ROOT


@pytest.fixture
def fetcher(shop):
    web = WebSettings(allow_private=True, ports=frozenset({shop.port}))
    return Fetcher(web, Retries(attempts=2, first_wait_s=0))


def test_photos_are_fetched_once_in_order_and_go_with_the_copies(shop, fetcher):
    names = [f"/{number}.jpg" for number in range(40)]
    shop.pages |= {name: name.encode() for name in names}
    with LocalCopies(fetcher) as copies:
        found = list(copies.fetch_all(map(shop.url, names)))
        assert [copy.location for copy in found] == list(map(shop.url, names))
        assert [copy.path.read_bytes() for copy in found] == [name.encode() for name in names]
        assert [copy.path.name for copy in found] == [name[1:] for name in names]
        assert [copies.path(copy.location) for copy in found] == [copy.path for copy in found]
        again = list(copies.fetch_all(map(shop.url, names)))
    assert again == found
    assert set(shop.request_counts.values()) == {1}
    assert not any(copy.path.exists() for copy in found)


def test_locations_are_read_only_a_little_ahead(shop, fetcher):
    consumed = []

    def locations():
        for number in range(1000):
            consumed.append(number)
            yield shop.url(f"/{number}.jpg")

    with LocalCopies(fetcher) as copies:
        found = copies.fetch_all(locations())
        next(found)
        assert len(consumed) <= 16
        found.close()


def test_a_file_of_this_machine_is_its_own_copy(tmp_path, fetcher):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"photo")
    with LocalCopies(fetcher) as copies:
        found = list(copies.fetch_all([str(photo), photo.as_uri(), str(tmp_path / "none.jpg")]))
        copies.drop(copy.location for copy in found)
    assert [copy.path for copy in found] == [photo, photo, tmp_path / "none.jpg"]
    assert not any(copy.error for copy in found), "opening tells what is wrong"
    assert photo.read_bytes() == b"photo"


def test_no_folder_is_made_where_every_photo_is_here(tmp_path, fetcher, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"photo")
    with LocalCopies(fetcher) as copies:
        list(copies.fetch_all([str(tmp_path / "a.jpg")]))
        assert os.listdir(tmp_path / "temporary") == []


KILLED_FETCH = """
import os, signal, sys
from packshot.sources import Fetcher, LocalCopies, WebSettings
web = WebSettings(allow_private=True, ports=frozenset({int(sys.argv[1])}))
list(LocalCopies(Fetcher(web)).fetch_all([sys.argv[2]]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_run_removes_what_a_killed_one_left(tmp_path, shop, fetcher, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shop.pages["/a.jpg"] = b"photo"
    command = [sys.executable, "-c", KILLED_FETCH, str(shop.port), shop.url("/a.jpg")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with LocalCopies(fetcher) as copies:
        (copy,) = copies.fetch_all([shop.url("/a.jpg")])
        assert copy.path.read_bytes() == b"photo"
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_photos_of_an_object_store_are_fetched(fetcher):
    address = f"memory://{uuid.uuid4().hex}"
    filesystem, path = fsspec.url_to_fs(address)
    filesystem.pipe_file(f"{path}/a b.jpg", b"photo")
    with LocalCopies(fetcher) as copies:
        found, missing = copies.fetch_all([f"{address}/a b.jpg", f"{address}/none.jpg"])
        assert found.path.read_bytes() == b"photo"
        assert found.path.suffix == ".jpg"
        assert "no such object" in missing.error
    filesystem.rm(path, recursive=True)


def test_what_cannot_be_had_says_why(shop, fetcher, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"secret")
    guarded = Fetcher().with_feed_restrictions("https://shop.example/feed.csv")
    with LocalCopies(fetcher) as copies:
        (missing,) = copies.fetch_all([shop.url("/none.jpg")])
        (elsewhere,) = copies.fetch_all(["file://other/a.jpg"])
    with LocalCopies(guarded) as copies:
        (private,) = copies.fetch_all([shop.url("/a.jpg")])
        (secret,) = copies.fetch_all([str(tmp_path / "a.jpg")])
    assert "404" in missing.error
    assert "another machine" in elsewhere.error
    assert private.error
    assert "not allowed" in secret.error
    assert not shop.request_counts["/a.jpg"]


def test_a_copy_stays_as_long_as_somebody_wants_it(shop, fetcher):
    shop.pages["/a.jpg"] = b"photo"
    url = shop.url("/a.jpg")
    with LocalCopies(fetcher) as copies:
        one, other = copies.fetch_all([url, url])
        copies.drop([url])
        assert one.path.read_bytes() == other.path.read_bytes() == b"photo"
        copies.drop([url])
        assert not one.path.exists()
        (again,) = copies.fetch_all([url])
        assert again.path.read_bytes() == b"photo"


@pytest.mark.parametrize(
    "path", ["/", "/..", "/.a.jpg", "/a/%2e%2e/", f"/{'图' * 300}.jpg", "/a.php?of=../../b", "/a\0b.jpg"]
)
def test_names_from_others_stay_within_the_folder(shop, fetcher, path):
    digest = hashlib.blake2b(shop.url(path).encode(), digest_size=12).hexdigest()
    shop.pages |= {path: b"photo", "/..": b"photo"}
    with LocalCopies(fetcher) as copies:
        (found,) = copies.fetch_all([shop.url(path)])
        where = copies.path(shop.url(path))
        assert where.parent.name == digest
        assert where.parent.parent == copies.path("http://x.org/a.jpg").parent.parent
        assert where.name not in ("", ".", "..")
        assert len(os.fsencode(where.name)) < 255
        assert found.error or found.path.read_bytes() == b"photo"

import hashlib
import os
import pickle
import stat

import pytest

from packshot.errors import FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable, SourceError
from packshot.sources import Fetcher, Retries, WebSettings
from packshot.sources import fetching as module
from tests.sources.conftest import send_response

PHOTO = bytes(range(256)) * 40


def make_fetcher(shop, **options):
    """A fetcher that may ask the shop on this machine."""
    return Fetcher(WebSettings(allow_private=True, ports=frozenset({shop.port})), **options)


def test_a_file_stays_where_it_is(tmp_path):
    path = tmp_path / "a b%20ü.jpg"
    path.write_bytes(PHOTO)
    for location in (str(path), path.as_uri(), path.as_uri().replace("file:///", "file://localhost/")):
        fetched = Fetcher().fetch(location)
        assert (fetched.content, fetched.size) == (path, len(PHOTO))
        assert fetched.sha256 == hashlib.sha256(PHOTO).hexdigest()


def test_an_empty_file_is_had(tmp_path):
    (tmp_path / "a.jpg").touch()
    assert Fetcher().fetch(str(tmp_path / "a.jpg")).size == 0


def test_from_the_web(shop):
    shop.pages["/a.jpg"] = PHOTO
    fetched = make_fetcher(shop).fetch(shop.url("/a.jpg"))
    assert (fetched.content, fetched.size) == (PHOTO, len(PHOTO))
    assert fetched.sha256 == hashlib.sha256(PHOTO).hexdigest()


@pytest.mark.parametrize(
    "location", ["", "  ", "none.jpg", "none/a.jpg", "a\0b.jpg", "x" * 5000, "loop.jpg"]
)
def test_missing(tmp_path, monkeypatch, location):
    monkeypatch.chdir(tmp_path)
    os.symlink("loop.jpg", "loop.jpg")
    with pytest.raises(PhotoMissing) as caught:
        Fetcher().fetch(location)
    assert (caught.value.retry, caught.value.status) == (False, "missing")


def test_what_is_not_a_file(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, reason in (
        ("folder.jpg", "a folder"),
        ("pipe.jpg", "a pipe or a device"),
        ("/dev/null", "a pipe"),
    ):
        with pytest.raises(PhotoRefused, match=reason):
            Fetcher().fetch(str(tmp_path / name))


def test_too_large(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    assert Fetcher(WebSettings(max_bytes=len(PHOTO))).fetch(str(tmp_path / "a.jpg"))
    with pytest.raises(PhotoRefused, match="larger than the limit of 10,239 bytes"):
        Fetcher(WebSettings(max_bytes=len(PHOTO) - 1)).fetch(str(tmp_path / "a.jpg"))


@pytest.mark.parametrize(
    ("number", "retry"), [(13, False), (1, False), (5, True), (116, True), (24, True)]
)
def test_files_that_cannot_be_read(tmp_path, monkeypatch, number, retry):
    def raise_os_error(*_):
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.jpg").write_bytes(PHOTO)
    monkeypatch.setattr(module.os, "open", raise_os_error)
    with pytest.raises(PhotoUnreachable, match=os.strerror(number)) as caught:
        Fetcher().fetch(str(tmp_path / "a.jpg"))
    assert caught.value.retry is retry


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    (tmp_path / "a.jpg").chmod(stat.S_IWUSR)
    with pytest.raises(PhotoUnreachable, match="Permission denied"):
        Fetcher().fetch(str(tmp_path / "a.jpg"))


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("ftp://shop.example/a.jpg", "not fetched from ftp://"),
        ("github://owner:repository@main/a.jpg", "not fetched from github://"),
        ("file://server/share/a.jpg", "a file of another machine, server"),
        ("memory://a.zip::http://127.0.0.1/", "a chain of addresses"),
        ("zip://a.jpg::s3://bucket/a.zip", "not fetched from zip://"),
        ("http://127.0.0.1/a.jpg", "this machine itself"),
    ],
)
def test_refused(location, reason):
    with pytest.raises(PhotoRefused, match=reason) as caught:
        Fetcher().fetch(location)
    assert (caught.value.retry, caught.value.status) == (False, "refused")


def test_files_of_this_machine_can_be_forbidden(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    for location in (str(tmp_path / "a.jpg"), (tmp_path / "a.jpg").as_uri()):
        with pytest.raises(PhotoRefused, match="files of this machine are not allowed"):
            Fetcher(local_files=False).fetch(location)


def test_it_travels(shop):
    shop.pages["/a.jpg"] = PHOTO
    fetcher = make_fetcher(shop, retries=Retries(attempts=2, seed=3), local_files=False)
    fetcher.fetch(shop.url("/a.jpg"))
    arrived = pickle.loads(pickle.dumps(fetcher))
    assert arrived == fetcher
    assert arrived.fetch(shop.url("/a.jpg")).content == PHOTO
    assert shop.connections == 2


def test_closing_is_not_the_end(shop):
    shop.pages["/a.jpg"] = PHOTO
    fetcher = make_fetcher(shop)
    fetcher.close()
    fetcher.fetch(shop.url("/a.jpg"))
    fetcher.close()
    assert fetcher.fetch(shop.url("/a.jpg")).size == len(PHOTO)


def test_errors_travel():
    for kind in (FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable):
        error = pickle.loads(pickle.dumps(kind("a.jpg", "too slow", retry=True, wait_s=2.5)))
        assert type(error) is kind
        assert isinstance(error, SourceError)
        assert (str(error), error.location, error.reason) == ("a.jpg: too slow", "a.jpg", "too slow")
        assert (error.retry, error.wait_s) == (True, 2.5)


class RecordedWaits(list):
    """The seconds that a fetcher slept."""

    def __call__(self, seconds):
        self.append(seconds)


def serve_failures(shop, failures, status=503, **headers):
    def page(request):
        if shop.request_counts["/a.jpg"] <= failures:
            send_response(request, status, **headers)
        else:
            send_response(request, 200, PHOTO)

    shop.pages["/a.jpg"] = page


def test_retried_until_it_works(shop):
    serve_failures(shop, 3)
    waits = RecordedWaits()
    fetcher = make_fetcher(
        shop, retries=Retries(attempts=4, first_wait_s=1, longest_wait_s=3, seed=1), sleep=waits
    )
    assert fetcher.fetch_with_retries(shop.url("/a.jpg")).content == PHOTO
    assert [low <= wait <= 2 * low for low, wait in zip((0.5, 1, 1.5), waits, strict=True)] == [True] * 3


def test_attempts_end(shop):
    serve_failures(shop, 9)
    waits = RecordedWaits()
    with pytest.raises(PhotoUnreachable, match=r"busy or broken \(status 503\) \(3 attempts\)"):
        make_fetcher(shop, retries=Retries(attempts=3), sleep=waits).fetch_with_retries(
            shop.url("/a.jpg")
        )
    assert (len(waits), shop.request_counts["/a.jpg"]) == (2, 3)


def test_what_will_not_change_is_asked_once(shop):
    waits = RecordedWaits()
    for status, kind in ((404, PhotoMissing), (403, PhotoUnreachable)):
        serve_failures(shop, 99, status)
        with pytest.raises(kind, match=r"\(status \d+\)$"):
            make_fetcher(shop, sleep=waits).fetch_with_retries(shop.url("/a.jpg"))
    assert shop.request_counts["/a.jpg"] == 2
    assert waits == []


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_is_given_the_time_it_asks_for(shop, status):
    serve_failures(shop, 1, status, Retry_After=40)
    waits = RecordedWaits()
    make_fetcher(shop, retries=Retries(longest_wait_s=2), sleep=waits).fetch_with_retries(
        shop.url("/a.jpg")
    )
    assert waits == [40]


def test_but_not_more_than_there_is(shop):
    serve_failures(shop, 1, 429, Retry_After=3600)
    waits = RecordedWaits()
    with pytest.raises(PhotoUnreachable) as caught:
        make_fetcher(shop, sleep=waits).fetch_with_retries(shop.url("/a.jpg"))
    assert (waits, caught.value.wait_s, shop.request_counts["/a.jpg"]) == ([], 3600, 1)


def test_waits_are_scattered_and_repeatable(shop):
    def collect_waits(seed, path="/a.jpg"):
        shop.pages[path] = lambda request: send_response(request, 500)
        slept = RecordedWaits()
        with pytest.raises(PhotoUnreachable):
            make_fetcher(shop, retries=Retries(seed=seed), sleep=slept).fetch_with_retries(
                shop.url(path)
            )
        return slept

    assert collect_waits(1) == collect_waits(1)
    assert (
        len(
            {tuple(collect_waits(seed)) for seed in (1, 2, None, None)}
            | {tuple(collect_waits(1, "/b.jpg"))}
        )
        == 5
    )


@pytest.mark.parametrize(
    "location",
    [
        "http://\ud800.example/a.jpg",
        "http://shop.example/\ud800.jpg",
        "http://shop.example/?\udce9",
        "http://[::1",
        "http://a\0b/",
        f"http://{'a.' * 200}example/",
        "http://shop.example:99999/",
        "http://\u2100.com/a.jpg",
        "http://shop.example:\u0663/",
        "memory://bucket/\ud800.jpg",
        "memory://[/\ud800.jpg",
        "file://[::1",
        "file:///\ud800.jpg",
        "file:///%00.jpg",
        "\ud800.jpg",
        "a" * 300 + ".jpg",
        "/a" * 5000,
        "x" * 100_000,
        "data:image/png;base64,AAAA",
    ],
)
def test_odd_locations_are_rows(location):
    with pytest.raises(FetchError) as caught:
        Fetcher(WebSettings(total_s=5), Retries(attempts=1)).fetch_with_retries(location)
    assert caught.value.status in ("missing", "refused", "unreachable")
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize("error", [OverflowError("date"), RecursionError("deep"), KeyError("x")])
def test_what_nobody_foresaw_is_a_row_and_logged(shop, caplog, error):
    def resolve(host, port):
        raise error

    fetcher = Fetcher(resolve=resolve, retries=Retries(attempts=1))
    with pytest.raises(PhotoUnreachable, match=f"unexpectedly: {type(error).__name__}") as caught:
        fetcher.fetch("http://shop.example/a.jpg")
    assert not caught.value.retry
    assert "Traceback" in caplog.text


def test_ctrl_c_is_no_row(shop):
    def resolve(host, port):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Fetcher(resolve=resolve).fetch("http://shop.example/a.jpg")


def test_an_address_names_bytes_of_a_name(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(PHOTO)
    for location in (str(path), path.as_uri()):
        assert Fetcher().fetch(location).content == path

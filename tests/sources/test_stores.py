import gzip
import io
import pickle
import uuid

import fsspec
import pyarrow
import pytest
from pyarrow import parquet

from packshot.errors import FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable, SourceError
from packshot.sources import Fetcher, StoreSettings, WebSettings, read_feed, stores

PHOTO = bytes(range(256)) * 40
FEED = b"sku,image_link\n1,photos/a.jpg\n2,\n3,https://shop.example/b.jpg\n"


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.dev_all)])
def bucket(request):
    """An address of a store, with photos and a feed below it."""
    memory = f"memory://{uuid.uuid4().hex}"
    address = request.getfixturevalue("s3") if request.param == "s3" else memory
    filesystem, path = fsspec.url_to_fs(address)
    for name in (
        "b.jpg",
        "a.PNG",
        "notes.txt",
        ".hidden.jpg",
        "sub/c.webp",
        ".git/d.jpg",
        "sub/z z.jpg",
    ):
        filesystem.pipe_file(f"{path}/shop/{name}", PHOTO)
    filesystem.pipe_file(f"{path}/shop/empty.jpg", b"")
    filesystem.pipe_file(f"{path}/feeds/feed.csv", FEED)
    yield address
    if request.param == "memory":
        filesystem.rm(path, recursive=True)


@pytest.fixture(scope="session")
def s3_server():
    pytest.importorskip("s3fs", reason="needs s3fs: make setup-train")
    pytest.importorskip("flask_cors", reason="needs the server of moto: make setup-train")
    server = pytest.importorskip("moto.server", reason="needs moto: make setup-train")
    moto = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    yield "http://{}:{}".format(*moto.get_host_and_port())
    moto.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    for name, value in (
        ("AWS_ENDPOINT_URL", s3_server),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    address = f"s3://bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(address)
    return address


def test_an_object(bucket):
    fetched = Fetcher().fetch(f"{bucket}/shop/sub/z z.jpg")
    assert (fetched.content, fetched.size) == (PHOTO, len(PHOTO))
    assert Fetcher().fetch(f"{bucket}/shop/empty.jpg").content == b""


def test_no_object(bucket):
    for name in ("shop/none.jpg", "none/a.jpg"):
        with pytest.raises(PhotoMissing, match="no such object"):
            Fetcher().fetch(f"{bucket}/{name}")


def test_refused(bucket):
    assert Fetcher(WebSettings(max_bytes=len(PHOTO))).fetch(f"{bucket}/shop/b.jpg")
    with pytest.raises(PhotoRefused, match="larger than the limit"):
        Fetcher(WebSettings(max_bytes=len(PHOTO) - 1)).fetch(f"{bucket}/shop/b.jpg")
    with pytest.raises(PhotoRefused, match="a folder"):
        Fetcher().fetch(f"{bucket}/shop/sub")


def test_a_prefix_is_a_folder(bucket):
    found = [row.location.removeprefix(bucket) for row in read_feed(f"{bucket}/shop")]
    assert found == [
        "/shop/a.PNG",
        "/shop/b.jpg",
        "/shop/empty.jpg",
        "/shop/sub/c.webp",
        "/shop/sub/z z.jpg",
    ]
    assert [row.location for row in read_feed(f"{bucket}/shop/")] == [bucket + name for name in found]
    assert all(Fetcher().fetch(row.location) for row in read_feed(f"{bucket}/shop"))


def test_patterns(bucket):
    assert [row.location for row in read_feed(f"{bucket}/shop/*.jpg")] == [
        f"{bucket}/shop/{name}.jpg" for name in ("b", "empty")
    ]


def test_a_photo(bucket):
    assert [row.location for row in read_feed(f"{bucket}/shop/b.jpg")] == [f"{bucket}/shop/b.jpg"]


def test_a_feed_names_what_lies_beside_it(bucket):
    rows = [(row.sku, row.location) for row in read_feed(f"{bucket}/feeds/feed.csv")]
    assert rows == [
        ("1", f"{bucket}/feeds/photos/a.jpg"),
        ("2", ""),
        ("3", "https://shop.example/b.jpg"),
    ]


def test_tables_that_are_read_from_their_end(bucket):
    table, packed = io.BytesIO(), gzip.compress(FEED)
    parquet.write_table(pyarrow.table({"path": ["a.jpg", "b.jpg"]}), table)
    filesystem, path = fsspec.url_to_fs(bucket)
    filesystem.pipe_file(f"{path}/feed.parquet", table.getvalue())
    filesystem.pipe_file(f"{path}/feed.csv.gz", packed)
    assert [row.location for row in read_feed(f"{bucket}/feed.parquet")] == [
        f"{bucket}/a.jpg",
        f"{bucket}/b.jpg",
    ]
    assert [row.sku for row in read_feed(f"{bucket}/feed.csv.gz")] == ["1", "2", "3"]


@pytest.fixture
def secret(s3):
    """A private object, on a store that lies on this machine."""
    fsspec.filesystem("s3").pipe_file(f"{s3}/a.jpg", PHOTO)
    return f"{s3}/a.jpg"


@pytest.mark.parametrize("name", ["\ud800.jpg", "\0", "a?versionId=\0", "x" * 5000])
def test_odd_names_of_objects_are_rows(s3, name):
    with pytest.raises(FetchError) as caught:
        Fetcher().fetch(f"{s3}/{name}")
    assert "\n" not in caught.value.reason


FOREIGN_FEED = "https://shop.example/feed.csv"


def test_a_feed_from_elsewhere_does_not_reach_a_private_store(secret):
    for lend in (False, True):
        fetcher = Fetcher(stores=StoreSettings(lend_credentials=lend)).with_feed_restrictions(
            FOREIGN_FEED
        )
        with pytest.raises(PhotoRefused, match="this machine itself; --allow-private"):
            fetcher.fetch(secret)
    assert Fetcher().fetch(secret).content == PHOTO


def test_a_feed_from_elsewhere_is_lent_no_credentials(secret):
    allowed = WebSettings(allow_private=True)
    with pytest.raises(PhotoUnreachable, match="denies access"):
        Fetcher(allowed).with_feed_restrictions(FOREIGN_FEED).fetch(secret)
    lent = Fetcher(allowed, stores=StoreSettings(lend_credentials=True)).with_feed_restrictions(
        FOREIGN_FEED
    )
    assert pickle.loads(pickle.dumps(lent)).fetch(secret).content == PHOTO


def test_a_feed_in_a_bucket_is_lent_credentials_for_that_bucket_alone(secret):
    bucket = secret.removesuffix("/a.jpg")
    assert Fetcher().with_feed_restrictions(f"{bucket}/feed.csv").fetch(secret).content == PHOTO
    with pytest.raises(PhotoRefused, match="this machine itself"):
        Fetcher().with_feed_restrictions("s3://another/feed.csv").fetch(secret)


@pytest.mark.parametrize("scheme", ["az", "abfs", "oss"])
def test_stores_that_cannot_be_asked_without_credentials_are_refused(scheme):
    with pytest.raises(PhotoRefused, match="--store-credentials"):
        Fetcher().with_feed_restrictions(FOREIGN_FEED).fetch(f"{scheme}://container/a.jpg")


def test_a_store_that_gives_more_than_it_says(monkeypatch):
    memory = fsspec.get_filesystem_class("memory")
    monkeypatch.setattr(memory, "info", lambda *_, **__: {"type": "file", "size": 1})
    monkeypatch.setattr(memory, "cat_file", lambda _, path, start, end: bytes(end - start))
    with pytest.raises(PhotoRefused, match="larger than the limit"):
        Fetcher(WebSettings(max_bytes=10)).fetch("memory://a/b.jpg")


def test_nothing_there(bucket):
    with pytest.raises(PhotoMissing, match="no such object"):
        list(read_feed(f"{bucket}/feeds/none.csv"))
    for place in ("none", "feeds", "shop/*.gif"):
        with pytest.raises(SourceError, match=r"no photo there|no such object"):
            list(read_feed(f"{bucket}/{place}"))


@pytest.mark.parametrize(
    ("place", "location", "expected"),
    [
        ("s3://b/feeds/f.csv", "a.jpg", "s3://b/feeds/a.jpg"),
        ("s3://b/feeds/f.csv", "../photos/a.jpg", "s3://b/photos/a.jpg"),
        ("s3://b/f.csv", "../../other/a.jpg", "s3://b/other/a.jpg"),
        ("s3://b/feeds/f.csv", "/etc/passwd", "s3://b/feeds/etc/passwd"),
    ],
)
def test_beside(place, location, expected):
    assert stores.resolve_relative(place, location) == expected


def test_the_missing_package_is_named(monkeypatch):
    def raise_missing(*_, **__):
        raise ImportError("Please install gcsfs")

    monkeypatch.setattr(fsspec.core, "url_to_fs", raise_missing)
    with pytest.raises(PhotoUnreachable, match="needs gcsfs: pip install gcsfs") as caught:
        Fetcher().fetch("gs://bucket/a.jpg")
    assert not caught.value.retry


@pytest.mark.parametrize(
    ("error", "kind", "retry"),
    [
        (PermissionError("Forbidden"), PhotoUnreachable, False),
        (RuntimeError("Unable to locate credentials"), PhotoUnreachable, False),
        (TimeoutError("slow"), PhotoUnreachable, True),
        (RuntimeError("connection reset"), PhotoUnreachable, True),
        (ValueError("bad bucket name"), PhotoMissing, False),
    ],
)
def test_what_goes_wrong_inside(monkeypatch, error, kind, retry):
    def raise_error(*_, **__):
        raise error

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "info", raise_error)
    with pytest.raises(kind, match=str(error)) as caught:
        Fetcher().fetch("memory://a/b.jpg")
    assert caught.value.retry is retry

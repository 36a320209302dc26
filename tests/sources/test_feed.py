import gzip
import itertools
import os
import tracemalloc

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from packshot.errors import InvalidInput, PhotoMissing, PhotoRefused, SourceError
from packshot.sources import FeedRow, Fetcher, WebSettings, is_remote, read_feed

CSV = "SKU;Image Link;Additional Image Link;Product Type;Seller;Label\n"
CSV += '1;a.jpg;"https://shop.example/b.jpg,c.jpg";Shoes;Ann;boot\n2;;;Hats;Bob;\n3;/abs/d.jpg;;;;\n'


def make_expected_rows(folder):
    return [
        FeedRow(0, f"{folder}/a.jpg", "1", "main", "Shoes", "Ann", "boot"),
        FeedRow(1, "https://shop.example/b.jpg", "1", "additional", "Shoes", "Ann", "boot"),
        FeedRow(2, f"{folder}/c.jpg", "1", "additional", "Shoes", "Ann", "boot"),
        FeedRow(3, "", "2", "main", "Hats", "Bob", ""),
        FeedRow(4, "/abs/d.jpg", "3", "main", "", "", ""),
    ]


RECORDS = [
    ["SKU", "Image Link", "Additional Image Link", "Product Type", "Seller", "Label"],
    [1, "a.jpg", "https://shop.example/b.jpg,c.jpg", "Shoes", "Ann", "boot"],
    [2, None, None, "Hats", "Bob", None],
    [3, "/abs/d.jpg", None, None, None, None],
]


def write_csv(path):
    path.write_text(CSV)


def write_gzip(path):
    path.write_bytes(gzip.compress(CSV.encode("utf-16")))


def write_json_lines(path):
    path.write_text(
        '{"sku": 1, "image_link": "a.jpg", "additional_image_link": ["https://shop.example/b.jpg",'
        ' "c.jpg"], "product_type": "Shoes", "seller": "Ann", "label": "boot"}\n'
        '{"sku": 2, "product_type": "Hats", "seller": "Bob"}\n{"sku": "3", "image_link": "/abs/d.jpg"}\n'
    )


def write_parquet(path):
    columns = zip(*([str(cell) if cell else None for cell in row] for row in RECORDS[1:]), strict=True)
    parquet.write_table(pyarrow.table(dict(zip(RECORDS[0], map(list, columns), strict=True))), path)


def write_xlsx(path):
    workbook = openpyxl.Workbook()
    for row in RECORDS:
        workbook.active.append(row)
    workbook.save(path)


def write_xml(path):
    path.write_text(
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel>'
        "<item><g:id>1</g:id><g:image_link>a.jpg</g:image_link><g:additional_image_link>"
        "https://shop.example/b.jpg,c.jpg</g:additional_image_link><g:product_type>Shoes</g:product_type>"
        "<seller>Ann</seller><label>boot</label></item>"
        "<item><g:id>2</g:id><g:product_type>Hats</g:product_type><seller>Bob</seller></item>"
        "<item><g:id>3</g:id><g:image_link>/abs/d.jpg</g:image_link></item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("feed.csv", write_csv),
        ("feed.TXT", write_csv),
        ("feed #1?.csv.gz", write_gzip),
        ("feed.jsonl", write_json_lines),
        ("feed.parquet", write_parquet),
        ("feed.xlsx", write_xlsx),
        ("feed.xml", write_xml),
    ],
)
def test_the_same_feed_in_every_format(tmp_path, name, write):
    write(tmp_path / name)
    assert list(read_feed(tmp_path / name)) == make_expected_rows(tmp_path)
    assert list(read_feed((tmp_path / name).as_uri())) == make_expected_rows(tmp_path)


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.jpg",
        "a.PNG",
        "notes.txt",
        ".hidden.jpg",
        "sub/c.webp",
        "x.jpg/d.jpeg",
        "old.csv/e.gif",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_folders_patterns_and_photos(folder):
    def list_locations(place):
        return [(row.number, os.path.relpath(row.location, folder)) for row in read_feed(place)]

    names = ["a.PNG", "b.jpg", "x.jpg", "old.csv/e.gif", "sub/c.webp", "x.jpg/d.jpeg"]
    assert list_locations(folder) == list_locations(str(folder)) == list(enumerate(names))
    assert list_locations(folder / "old.csv") == [(0, "old.csv/e.gif")]
    assert list_locations(folder / "*.jpg") == [(0, "b.jpg")]
    assert list_locations(folder / "**" / "*.webp") == [(0, "sub/c.webp")]
    assert (
        list_locations(folder / "b.jpg") == list_locations((folder / "b.jpg").as_uri()) == [(0, "b.jpg")]
    )
    assert list_locations("https://shop.example/a.jpg?w=2")[0][1].endswith("a.jpg?w=2")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("none.jpg", "no such file"),
        ("none.csv", "No such file"),
        ("none", "no such file"),
        ("*.gif", "no file matches"),
        ("notes.odt", "neither a photo nor a table; tables end in .csv, .tsv"),
        ("empty", "no photo in this folder"),
        ("header.csv", "no rows"),
        ("cut.csv.gz", "cannot be read"),
        ("plain.csv.gz", "cannot be read"),
    ],
)
def test_nothing_to_read(folder, place, reason):
    (folder / "empty").mkdir()
    (folder / "notes.odt").touch()
    (folder / "header.csv").write_text("sku,path\n")
    (folder / "cut.csv.gz").write_bytes(gzip.compress(CSV.encode() * 99)[:-20])
    (folder / "plain.csv.gz").write_text(CSV)
    with pytest.raises(SourceError, match=reason) as caught:
        list(read_feed(folder / place))
    assert place in str(caught.value)


def test_columns_that_the_user_names(tmp_path):
    (tmp_path / "feed.csv").write_text("Nr,Foto,url\n7,a.jpg,https://shop.example/7\n")
    [row] = read_feed(tmp_path / "feed.csv", {"sku": "Nr", "location": "Foto"})
    assert row == FeedRow(0, f"{tmp_path}/a.jpg", "7")


def test_columns_that_say_nothing_of_photos(tmp_path):
    (tmp_path / "feed.csv").write_text("Nr,Ding\n7,a.txt\n")
    with pytest.raises(
        InvalidInput, match=r"feed\.csv: no column with photos among Nr, Ding; say which"
    ):
        list(read_feed(tmp_path / "feed.csv"))


def test_an_error_comes_where_it_stands_and_not_before(tmp_path):
    (tmp_path / "feed.jsonl").write_text('{"path": "a.jpg"}\n' * 150 + "{\n")
    rows = read_feed(tmp_path / "feed.jsonl")
    assert len(list(itertools.islice(rows, 150))) == 150
    with pytest.raises(SourceError, match=r"feed\.jsonl, line 151: not JSON"):
        next(rows)


def test_protocols_left_to_the_page_are_https(tmp_path):
    (tmp_path / "feed.csv").write_text("image_link\n//cdn.shop.example/a.jpg\n")
    assert [row.location for row in read_feed(tmp_path / "feed.csv")] == [
        "https://cdn.shop.example/a.jpg"
    ]


def test_names_that_are_no_text(tmp_path):
    name = os.fsdecode(b"caf\xe9\n.jpg")
    (tmp_path / name).write_bytes(b"x")
    [row] = read_feed(tmp_path)
    assert row.location == str(tmp_path / name)
    assert Fetcher().fetch(row.location).size == 1


def test_a_feed_at_a_url(shop):
    shop.pages["/feeds/feed.csv?key=1"] = (
        b"sku,image_link\n1,../a b.jpg\n2,https://other.example/b.jpg\n"
    )
    fetcher = Fetcher(WebSettings(allow_private=True, ports=frozenset({shop.port})))
    place = shop.url("/feeds/feed.csv?key=1")
    assert [row.location for row in read_feed(place, fetcher=fetcher)] == [
        shop.url("/a b.jpg"),
        "https://other.example/b.jpg",
    ]
    with pytest.raises(PhotoMissing, match="no such file"):
        list(read_feed(shop.url("/feeds/none.csv"), fetcher=fetcher))
    with pytest.raises(PhotoRefused):
        list(read_feed(place))


def test_a_remote_feed_names_no_file_of_this_machine(shop):
    shop.pages["/feed.csv"] = b"image_link\n/etc/passwd.jpg\n"
    fetcher = Fetcher(WebSettings(allow_private=True, ports=frozenset({shop.port})))
    assert [row.location for row in read_feed(shop.url("/feed.csv"), fetcher=fetcher)] == [
        shop.url("/etc/passwd.jpg")
    ]


@pytest.mark.parametrize(
    ("place", "remote"),
    [("feed.csv", False), ("file:///a.csv", False), ("https://a.b/f.csv", True), ("s3://b/f.csv", True)],
)
def test_is_remote(place, remote):
    assert is_remote(place) is remote


def test_memory_does_not_grow_with_a_feed(tmp_path):
    def measure_peak(rows):
        with (tmp_path / "feed.csv").open("w") as file:
            file.write("sku,path\n")
            file.writelines(f"{number},photos/{number}.jpg\n" for number in range(rows))
        tracemalloc.start()
        assert sum(1 for _ in read_feed(tmp_path / "feed.csv")) == rows
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    measure_peak(100)
    assert measure_peak(60_000) < measure_peak(6_000) + 2_500_000


def test_a_long_location_is_carried_no_further(tmp_path):
    table = tmp_path / "feed.csv"
    table.write_text(f"path,sku\n{'x' * 300_000},1\na.jpg,2\n")
    long, short = read_feed(table)
    assert len(long.location) <= 65_536
    assert short.location.endswith("a.jpg")
    with pytest.raises(PhotoRefused, match="more than 32,768 letters"):
        Fetcher().fetch(long.location)


def test_tables_that_are_read_from_their_end_in_gzip(tmp_path):
    parquet.write_table(pyarrow.table({"path": ["a.jpg"]}), tmp_path / "feed.parquet")
    packed = tmp_path / "feed.parquet.gz"
    packed.write_bytes(gzip.compress((tmp_path / "feed.parquet").read_bytes()))
    assert [row.location for row in read_feed(packed)] == [f"{tmp_path}/a.jpg"]


def test_half_a_character_in_an_address(tmp_path):
    table = tmp_path / "feed.jsonl"
    table.write_text(
        '{"image_link": "https://shop.example/\\ud800.jpg", "sku": "\\ud800"}\n'
        '{"image_link": "//[::1"}\n'
    )
    for row in read_feed(table):
        with pytest.raises(PhotoRefused, match="not a URL"):
            Fetcher().fetch(row.location)


@pytest.mark.parametrize(
    "name", ["feed.csv", "feed.jsonl", "feed.xml", "feed.xlsx", "feed.parquet", "feed.csv.gz"]
)
def test_a_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match="a pipe or a device, not a file"):
        list(read_feed(tmp_path / name))
    zero = tmp_path / f"zero-{name}"
    zero.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="a pipe or a device, not a file"):
        list(read_feed(zero))

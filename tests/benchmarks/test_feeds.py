import gzip
import io
import zipfile

import pytest

from benchmarks.robustness.hostile_inputs import feeds
from packshot.sources import read_feed
from packshot.sources.formats import reader_for


def find_feed(name):
    return next(feed for feed in (*feeds.FEEDS, *feeds.POLICIES) if feed.name == name)


def test_all_are_called_as_what_reads_them():
    assert all(reader_for(feed.name) for feed in feeds.FEEDS)
    assert all(policy.name.endswith(".yaml") for policy in feeds.POLICIES)
    names = [one.name for one in (*feeds.FEEDS, *feeds.POLICIES)]
    assert len(set(names)) == len(names)


def test_a_workbook_without_malice_is_read(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(feeds.make_workbook())
    assert [row.location for row in read_feed(tmp_path / "a.xlsx")] == [str(tmp_path / feeds.PHOTO_NAME)]


def test_a_workbook_has_as_many_styles_and_texts_as_asked_for():
    with zipfile.ZipFile(io.BytesIO(feeds.make_workbook(cell_formats=3000, texts=2000))) as parts:
        assert parts.read("xl/styles.xml").count(b"<xf/>") == 3001
        assert parts.read("xl/sharedStrings.xml").count(b"<si/>") == 2000
    with zipfile.ZipFile(io.BytesIO(feeds.make_workbook(second_row=2_000_000_000))) as parts:
        assert b'<row r="2000000000">' in parts.read("xl/worksheets/sheet1.xml")


def test_sizes_in_a_table_of_contents_can_be_false():
    whole = feeds.make_workbook()
    false = feeds.forge_size(whole, "xl/styles.xml", packed=77, size=99)
    with zipfile.ZipFile(io.BytesIO(false)) as parts:
        found = parts.getinfo("xl/styles.xml")
        assert (found.compress_size, found.file_size) == (77, 99)
    assert len(false) == len(whole)
    with pytest.raises(ValueError, match="no part"):
        feeds.forge_size(whole, "xl/other.xml", size=1)


def test_a_dictionary_of_one_long_text_is_small(tmp_path):
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    find_feed("dictionary.parquet").write(path)
    assert path.stat().st_size < 1500
    found = parquet.read_metadata(path)
    assert found.num_rows == 1000
    assert found.row_group(0).column(0).total_uncompressed_size > 8_000_000
    assert str(parquet.read_schema(path).field("image").type) == "string"


def test_a_parquet_feed_holds_bytes_that_are_no_text(tmp_path):
    from pyarrow import binary, parquet

    find_feed("no-utf-8.parquet").write(tmp_path / "a.parquet")
    column = parquet.read_table(tmp_path / "a.parquet")["image"].combine_chunks()
    assert column.view(binary())[0].as_py() == b"caf\xe9.jpg"


def test_gzips_are_small_and_unpack_to_much(tmp_path):
    path = tmp_path / "a.csv.gz"
    find_feed("blank-lines.csv.gz").write(path)
    assert path.stat().st_size < 70_000
    with gzip.open(path) as file:
        assert file.read() == b"\n" * 64 * 2**20


def test_pipes_and_devices_are_what_they_are_called(tmp_path):
    for name in ("pipe.yaml", "endless.yaml", "pipe.csv", "endless.csv"):
        find_feed(name).write(tmp_path / name)
    assert (tmp_path / "pipe.yaml").is_fifo()
    assert (tmp_path / "pipe.csv").is_fifo()
    assert (tmp_path / "endless.yaml").is_char_device()
    assert (tmp_path / "endless.csv").is_char_device()


SLOW = ("false-packed-size.xlsx", "false-size.xlsx", "one-line.csv.gz", "one-line.xml.gz")


@pytest.mark.parametrize("feed", [f for f in feeds.FEEDS if f.name not in SLOW], ids=lambda f: f.name)
def test_feeds_are_the_same_each_time(feed, tmp_path):
    if feed.name in ("endless.csv", "pipe.csv"):
        pytest.skip("no file of its own")
    for name in ("one", "other"):
        feed.write(tmp_path / name)
    if not feed.name.endswith(".gz"):  # which holds the name of its file
        assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").stat().st_size < 21_000_000

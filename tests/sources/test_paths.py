import os
import re

import pytest

from packshot.errors import SourceError, UnreadablePhoto
from packshot.photo import Photo
from packshot.sources import expand, expand_with_names


@pytest.fixture
def shop(tmp_path):
    for name in (
        "b.jpg",
        "a.PNG",
        "notes.txt",
        ".hidden.jpg",
        "sub/c.webp",
        ".git/d.jpg",
        "sub/deep/e.heic",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def list_relative(paths, base):
    return [str(path.relative_to(base)) for path in paths]


def test_folder_is_searched_in_order(shop):
    assert list_relative(expand([shop]), shop) == ["a.PNG", "b.jpg", "sub/c.webp", "sub/deep/e.heic"]


def test_explicit_files_are_taken_whatever_their_name(shop):
    assert list_relative(expand([shop / "notes.txt"]), shop) == ["notes.txt"]


def test_each_photo_once(shop):
    assert len(list(expand([shop / "b.jpg", shop, str(shop / "*.jpg")]))) == 4


def test_patterns(shop):
    assert list_relative(expand([str(shop / "**" / "*.webp")]), shop) == ["sub/c.webp"]
    with pytest.raises(SourceError, match="no file matches"):
        list(expand([str(shop / "*.gif")]))


def test_csv_with_header_keeps_missing_files(shop):
    table = shop / "feed.csv"
    table.write_text("\ufeffsku,Path\n1,b.jpg\n2,gone.jpg\n\n", encoding="utf-8")
    assert list_relative(expand([table]), shop) == ["b.jpg", "gone.jpg"]


def test_csv_without_header(shop):
    table = shop / "list.csv"
    table.write_text("sub/c.webp\nb.jpg\n")
    assert list_relative(expand([table]), shop) == ["sub/c.webp", "b.jpg"]


def test_rows_without_a_file_are_rows(shop):
    table = shop / "feed.csv"
    table.write_text(
        "sku,path\n1,b.jpg\n2\n3,\n4,https://shop.example/a.jpg\n5,s3://b/a.jpg\n6,a\0b.jpg\n"
    )
    first, *others = expand_with_names([table])
    assert first.path == shop / "b.jpg"
    assert [(str(one.path), one.path.reason) for one in others] == [
        (f"{table}, line 3", "no path in this row"),
        (f"{table}, line 4", "no path in this row"),
        ("https://shop.example/a.jpg", "is an address; packshot audit fetches those"),
        ("s3://b/a.jpg", "is an address; packshot audit fetches those"),
        (r"a\0b.jpg", "not a path: it holds a null character"),
    ]
    assert all(not one.name.is_absolute() for one in others)
    for one in others:
        with pytest.raises(UnreadablePhoto, match=re.escape(f"{one.path}: {one.path.reason}")):
            Photo.open(one.path)


def test_names_that_no_system_takes(shop):
    for name in ("x" * 300, "x/" * 5000, "a\0b"):
        with pytest.raises(SourceError, match="no such file or folder"):
            list(expand([name]))


def test_a_pipe_is_no_table(shop):
    os.mkfifo(shop / "pipe.csv")
    (shop / "zero.csv").symlink_to("/dev/zero")
    assert [path.name for path in expand([shop / "pipe.csv", shop / "zero.csv"])] == [
        "pipe.csv",
        "zero.csv",
    ]


def test_broken_csv_is_named(shop):
    table = shop / "feed.csv"
    table.write_bytes(b"\xff\xfe\x00path")
    with pytest.raises(SourceError, match="cannot be read as CSV"):
        list(expand([table]))


def test_nothing_there(shop, tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        list(expand([shop / "none.jpg"]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no photo in this folder"):
        list(expand([tmp_path / "empty"]))


def test_link_loops_end(shop):
    os.symlink(shop, shop / "sub" / "loop")
    assert len(list(expand([shop]))) == 4


def test_a_folder_named_like_a_photo(shop):
    (shop / "odd.jpg").mkdir()
    (shop / "odd.jpg" / "f.jpg").write_bytes(b"x")
    assert "odd.jpg/f.jpg" in list_relative(expand([shop]), shop)


def test_names_keep_the_folders_below_what_was_given(shop, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "z.jpg"
    elsewhere.write_bytes(b"x")
    table = shop / "feed.csv"
    table.write_text(f"path\nsub/../sub/c.webp\n{elsewhere}\n")

    def list_names(*inputs):
        return [str(found.name) for found in expand_with_names(inputs)]

    assert list_names(shop) == ["a.PNG", "b.jpg", "sub/c.webp", "sub/deep/e.heic"]
    assert list_names(shop / "sub" / "c.webp") == ["c.webp"]
    assert list_names(table) == ["sub/c.webp", "z.jpg"]
    assert list_names(f"{shop}/**/*.heic") == ["e.heic"]


def test_names_never_leave_their_folder(shop):
    table = shop / "sub" / "feed.csv"
    table.write_text("path\n../b.jpg\n../../../../etc/hosts\n")
    assert [str(found.name) for found in expand_with_names([table])] == ["b.jpg", "hosts"]

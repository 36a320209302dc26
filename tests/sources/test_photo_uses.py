import os

import pytest

from packshot.errors import SourceError
from packshot.sources import PhotoUse, read_photo_uses


def test_roles_and_categories_by_absolute_path(tmp_path):
    (tmp_path / "feed.csv").write_text(
        "SKU,Image,Role,Category\n1,a/b.jpg,MAIN,Shoes\n2,c.jpg,,\n3,,main,hats\n", encoding="utf-8-sig"
    )
    uses = read_photo_uses([tmp_path, tmp_path / "gone.jpg", tmp_path / "feed.csv"])
    assert uses == {
        os.path.abspath(tmp_path / "a" / "b.jpg"): PhotoUse("main", "shoes"),
        os.path.abspath(tmp_path / "c.jpg"): PhotoUse(None, None),
    }


def test_a_list_of_paths_says_nothing_more(tmp_path):
    (tmp_path / "list.csv").write_text("path\na.jpg\n")
    assert set(read_photo_uses([tmp_path / "list.csv"]).values()) == {PhotoUse()}


def test_a_broken_table_is_told(tmp_path):
    (tmp_path / "feed.csv").write_bytes(b"path\n\xff\xfe\n")
    with pytest.raises(SourceError, match=r"feed\.csv"):
        read_photo_uses([tmp_path / "feed.csv"])

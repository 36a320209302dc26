from pathlib import Path

import pytest

from packshot.errors import SourceError
from packshot.search.duplicates import find_owners_by_folder, read_owners
from packshot.sources import NamedPhoto


def test_a_table_names_owners_beside_its_own_folder(tmp_path):
    table = tmp_path / "owners.csv"
    table.write_text("path,owner\na.jpg,anna\nsub/b.jpg,ben\nc.jpg,\n")
    assert read_owners(table) == {
        str(tmp_path / "a.jpg"): "anna",
        str(tmp_path / "sub" / "b.jpg"): "ben",
    }


@pytest.mark.parametrize("text", ["", "path,seller\na.jpg,anna\n"])
def test_a_table_without_owners_is_refused(tmp_path, text):
    (tmp_path / "owners.csv").write_text(text)
    with pytest.raises(SourceError, match="owner"):
        read_owners(tmp_path / "owners.csv")


def test_the_first_folder_owns():
    photos = [
        NamedPhoto(Path("/s/anna/x/1.jpg"), Path("anna/x/1.jpg")),
        NamedPhoto(Path("/s/2.jpg"), Path("2.jpg")),
    ]
    assert find_owners_by_folder(photos) == {"/s/anna/x/1.jpg": "anna"}

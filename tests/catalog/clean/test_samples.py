import shutil
import uuid

import fsspec
import pytest

from packshot.catalog.clean import LabelSource, read_samples
from packshot.errors import InvalidInput
from tests.conftest import ROOT

MUG = ROOT / "examples" / "photos" / "mug.jpg"


def copy_photos(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(MUG, path)


def get_labels_and_splits(samples):
    return {sample.relative_path.name: (sample.label, sample.split) for sample in samples}


def test_folders_are_labels_and_the_topmost_may_be_the_split(tmp_path):
    names = ["train/mugs/a.jpg", "test/mugs/b.jpg", "lamps/c.jpg", "train/d.jpg", "e.jpg"]
    copy_photos(*(tmp_path / name for name in names))
    assert get_labels_and_splits(read_samples(str(tmp_path))) == {
        "a.jpg": ("mugs", "train"),
        "b.jpg": ("mugs", "test"),
        "c.jpg": ("lamps", ""),
        "d.jpg": ("", "train"),
        "e.jpg": ("", ""),
    }


@pytest.fixture
def store():
    address = f"memory://{uuid.uuid4().hex}"
    filesystem, path = fsspec.url_to_fs(address)
    yield address, lambda name, content: filesystem.pipe_file(f"{path}/{name}", content)
    filesystem.rm(path, recursive=True)


def test_folders_of_an_object_store_are_labels_too(store):
    address, write = store
    for name in ("set/train/mugs/a.jpg", "set/lamps/c.jpg", "set/e.jpg"):
        write(name, MUG.read_bytes())
    samples = read_samples(f"{address}/set")
    assert get_labels_and_splits(samples) == {
        "a.jpg": ("mugs", "train"),
        "c.jpg": ("lamps", ""),
        "e.jpg": ("", ""),
    }
    assert f"{address}/set/train/mugs/a.jpg" in {sample.path for sample in samples}
    with pytest.raises(InvalidInput, match="no columns"):
        read_samples(f"{address}/set", split_column="split")


def test_columns_of_a_table_tell_labels_and_splits(tmp_path):
    copy_photos(tmp_path / "mugs" / "a.jpg")
    table = tmp_path / "set.csv"
    table.write_text("path,kind,part\nmugs/a.jpg,cups,test\nmugs/b.jpg,,train\n")
    samples = read_samples(str(table), label_column="kind", split_column="part")
    assert get_labels_and_splits(samples) == {"a.jpg": ("cups", "test"), "b.jpg": ("", "train")}
    assert samples[0].path == str(tmp_path / "mugs" / "a.jpg")
    table.write_text("path,class,split\nmugs/a.jpg,cups,test\nmugs/b.jpg,,train\n")
    assert get_labels_and_splits(read_samples(str(table))) == get_labels_and_splits(samples), (
        "usual names need not be told"
    )
    by_folder = read_samples(str(table), LabelSource.FOLDER)
    assert get_labels_and_splits(by_folder) == {"a.jpg": ("mugs", "test"), "b.jpg": ("mugs", "train")}


def test_wrong_usage_is_told(tmp_path):
    copy_photos(tmp_path / "a.jpg")
    with pytest.raises(InvalidInput, match="no columns"):
        read_samples(str(tmp_path), split_column="part")
    (tmp_path / "set.csv").write_text("path\na.jpg\n")
    with pytest.raises(InvalidInput, match="part"):
        read_samples(str(tmp_path / "set.csv"), split_column="part")

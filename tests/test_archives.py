import io
import zipfile

import numpy as np
import pytest

from packshot import archives
from packshot.archives import BadArchive, read_arrays


def make_archive(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def make_zip(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, content in members.items():
            zip_file.writestr(f"{name}.npy", content)
    return file.getvalue()


def make_npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_arrays_come_back_as_they_were_saved():
    arrays = {
        "floats": np.arange(12, dtype=np.float32).reshape(3, 4),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "none": np.zeros((0, 5), np.float16),
        "one": np.array(7),
        "big": np.arange(3, dtype=">i4"),
    }
    back = read_arrays(make_archive(**arrays), [*arrays, "missing?"])
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


WHOLE = make_archive(a=np.arange(1000))
DAMAGED = {
    "nothing": b"",
    "words": b"words" * 100,
    "half": WHOLE[: len(WHOLE) // 2],
    "overwritten": WHOLE[:200] + b"\xff" * 40 + WHOLE[240:],
    "another array": make_archive(b=np.arange(3)),
    "a pickle": make_zip(a=make_npy(np.array([{"a": 1}], object), allow_pickle=True)),
    "a bare pickle": make_zip(a=b"cos\nsystem\n(S'true'\ntR."),
    "an endless shape": make_zip(a=make_npy(np.zeros(5)).replace(b"(5,)", b"(9999999999999,)".ljust(4))),
    "a negative shape": make_zip(a=make_npy(np.zeros(5)).replace(b"(5,), }  ", b"(-5,), } ")),
    "a shape too short": make_zip(a=make_npy(np.zeros(55)).replace(b"(55,)", b"(54,)")),
    "a header of code": make_zip(a=make_npy(np.zeros(5)).replace(b"'<f8'", b"1/0  ")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_anything_else_is_no_archive(name):
    with pytest.raises(BadArchive) as caught:
        read_arrays(DAMAGED[name], ["a"])
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_more_is_unpacked_than_fits(monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    with pytest.raises(BadArchive, match="it holds"):
        read_arrays(make_archive(a=np.zeros(10_000_000, np.uint8)), ["a"])

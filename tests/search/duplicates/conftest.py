"""A small shop with copies of every kind, made once."""

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.photo import Photo
from packshot.search.duplicates import DuplicateFinder, DuplicateOptions, SignatureStore, Signer
from tests.conftest import ROOT

PHOTOS = ROOT / "examples" / "photos"


@pytest.fixture(scope="package")
def signer():
    return Signer()


@pytest.fixture(scope="package")
def shop(tmp_path_factory):
    """Three products; copies of the first of them; blank, broken and odd files."""
    folder = tmp_path_factory.mktemp("shop")
    for name in ("mug", "cream-jar", "wooden-stool"):
        pixels = Photo.open(PHOTOS / f"{name}.jpg", max_side=400).pixels
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=92)
    mug = Photo.open(folder / "mug.jpg").pixels
    (folder / "mug-again.jpg").write_bytes((folder / "mug.jpg").read_bytes())
    Image.fromarray(mug).save(folder / "mug-lossless.png")
    Image.fromarray(cv2.resize(mug, (200, 200 * mug.shape[0] // mug.shape[1]))).save(
        folder / "mug-small.jpg"
    )
    Image.fromarray(np.ascontiguousarray(mug[:, ::-1])).save(folder / "mug-mirrored.jpg", quality=90)
    _write_odd_files(folder)
    return folder


def _write_odd_files(folder):
    for name, level in (("blank-1.png", 255), ("blank-2.png", 255), ("blank-grey.png", 252)):
        Image.new("RGB", (200, 200), (level,) * 3).save(folder / name)
    data = (folder / "mug.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(data[: len(data) // 3])
    (folder / "empty.jpg").write_bytes(b"")
    Image.new("RGB", (1, 1)).save(folder / "pixel.png")
    ramp = np.tile(np.linspace(0, 65535, 120).astype(np.uint16), (90, 1))
    Image.fromarray(ramp).save(folder / "sixteen-bits.png")
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])


@pytest.fixture(scope="package")
def store_file(tmp_path_factory):
    return tmp_path_factory.mktemp("store") / "signatures.sqlite"


@pytest.fixture(scope="package")
def groups(shop, store_file, signer):
    """All groups of the shop."""
    with SignatureStore(store_file, signer.maker) as store:
        return list(
            DuplicateFinder(store, DuplicateOptions(workers=1)).find_groups(sorted(shop.iterdir()))
        )

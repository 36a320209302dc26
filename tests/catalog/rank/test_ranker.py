"""Photos on disk, of known make, through the whole of ranking."""

from datetime import date

import cv2
import numpy as np
import pytest

from packshot.catalog.rank import Product, ProductRanker, RankSettings, ScreeningSettings, rank_products
from packshot.distort import distort
from packshot.errors import PackshotError
from packshot.photo import Photo
from packshot.report import Status
from packshot.sources import Fetcher, LocalCopies
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def ranker():
    return ProductRanker()


@pytest.fixture(scope="module")
def mug(tmp_path_factory):
    """One photo as it was taken, saved badly, too dark, small, the same again, and another product."""
    folder = tmp_path_factory.mktemp("mug")
    pixels = Photo.open(SAMPLES / "mug.jpg").pixels
    pictures = {
        "original": pixels,
        "jpeg": distort(pixels, "jpeg", 4),
        "dark": distort(pixels, "low-light", 4),
        "small": cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "again": pixels,
        "other": Photo.open(SAMPLES / "bowl-small-off-centre.jpg", max_side=640).pixels,
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), np.ascontiguousarray(picture[..., ::-1]))
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder


def make_product(folder, *names, current=None):
    paths = tuple(str(folder / name) for name in names)
    return Product("mug", paths, None if current is None else str(folder / current))


def test_the_original_goes_before_its_damaged_copies(ranker, mug):
    names = ("jpeg.png", "dark.png", "original.png", "small.png", "other.png", "broken.jpg")
    ranking = ranker.rank(make_product(mug, *names, current="jpeg.png"))
    assert ranking.best == str(mug / "original.png")
    assert ranking.swap
    local_copies = {photo.path for photo in ranking.order if photo.duplicate_of == ranking.best}
    assert local_copies == {str(mug / name) for name in ("jpeg.png", "dark.png", "small.png")}
    assert [photo.rank for photo in ranking.order[:2]] == [1, 2]
    assert ranking.order[-1].status is Status.UNREADABLE


def test_the_same_pixels_again_change_nothing_for_the_others(ranker, mug):
    names = ("jpeg.png", "dark.png", "original.png", "other.png")
    before = ranker.rank(make_product(mug, *names, current="original.png"))
    after = ranker.rank(make_product(mug, "again.png", *names, current="original.png"))
    assert before.best == after.best == str(mug / "original.png")
    assert not after.swap
    ranks = {photo.path: photo.rank for photo in after.order}
    assert ranks[str(mug / "again.png")] is None
    assert {path: ranks[path] for path in ranks if "again" not in path} == {
        photo.path: photo.rank for photo in before.order
    }


def test_a_policy_refuses_what_is_not_on_white(mug, tmp_path):
    grey = Photo.open(SAMPLES / "clay-bowl.jpg", max_side=640).pixels // 2 + 40
    cv2.imwrite(str(tmp_path / "grey.png"), np.ascontiguousarray(grey[..., ::-1]))
    policy = ScreeningSettings("amazon-main", date(2027, 2, 1))
    paths = (str(tmp_path / "grey.png"), str(mug / "original.png"))
    with LocalCopies(Fetcher()) as local_copies:
        products = [Product("bowl", paths, paths[0])]
        (ranking,) = rank_products(products, local_copies, RankSettings(screening=policy))
    verdicts = {photo.path: photo.decision for photo in ranking.order}
    assert verdicts[paths[0]] == "fail"
    assert ranking.policy == "amazon-main"
    assert ranking.order[-1].path == paths[0]


def test_an_unknown_policy_is_told_before_the_work(mug):
    settings = RankSettings(screening=ScreeningSettings("no-such-policy", date(2027, 2, 1)))
    with LocalCopies(Fetcher()) as local_copies, pytest.raises(PackshotError, match="no-such-policy"):
        list(rank_products([make_product(mug, "other.png")], local_copies, settings, workers=2))

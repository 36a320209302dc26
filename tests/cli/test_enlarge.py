"""`packshot enlarge` as a user meets it."""

import json

import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.cli.command import run_packshot
from tests.conftest import ROOT

PHOTOS = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def thumbnail(tmp_path_factory):
    """A sharp photo of 400 pixels."""
    path = tmp_path_factory.mktemp("thumbnail") / "bowl.png"
    with Image.open(PHOTOS / "clay-bowl.jpg") as image:
        image.thumbnail((400, 400), Image.Resampling.BOX)
        image.save(path)
    return path


def enlarge(photo, output, check, *options):
    result = run_packshot("enlarge", photo, "-o", output, "--format", "jsonl", *options, check=check)
    return json.loads(result.stdout)


def test_a_sharp_thumbnail_is_enlarged_and_the_record_claims_nothing(thumbnail, tmp_path):
    record = enlarge(thumbnail, tmp_path / "twice.png", 0)
    jsonschema.validate(record, json.loads((ROOT / "docs" / "enlargement.schema.json").read_text()))
    with Image.open(thumbnail) as small, Image.open(tmp_path / "twice.png") as large:
        assert large.size == (2 * small.width, 2 * small.height)
        assert record["new_pixels"] == 3 * small.width * small.height
        again = np.asarray(large.reduce(2), int) - np.asarray(small.convert("RGB"), int)
    assert np.abs(again).mean() < 0.2
    assert record["adds_detail"] is False
    assert "No detail was added" in record["reason"]


@pytest.fixture(scope="module")
def large_photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "grey.png"
    Image.new("RGB", (1000, 400), (120, 90, 60)).save(path)
    return path


def test_a_large_photo_is_refused_and_nothing_written(large_photo, tmp_path):
    record = enlarge(large_photo, tmp_path / "twice.png", 1)
    assert "large enough" in record["reason"]
    assert record["output"] is None
    assert not (tmp_path / "twice.png").exists()


def test_what_was_enlarged_before_is_refused(thumbnail, tmp_path):
    with Image.open(thumbnail) as image:
        small = image.resize((100, 100 * image.height // image.width), Image.Resampling.BOX)
        small.resize((400, 400 * image.height // image.width)).save(tmp_path / "soft.png")
    record = enlarge(tmp_path / "soft.png", tmp_path / "twice.png", 1)
    assert "Nothing was written" in record["reason"]
    assert not (tmp_path / "twice.png").exists()


def test_a_broken_file_is_an_error_of_its_own(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    record = enlarge(tmp_path / "broken.jpg", tmp_path / "twice.png", 1)
    assert record["status"] == "unreadable"
    assert not (tmp_path / "twice.png").exists()


def test_the_photo_itself_is_not_overwritten(thumbnail):
    before = thumbnail.read_bytes()
    result = run_packshot("enlarge", thumbnail, "-o", thumbnail, check=2)
    assert "is one of the inputs" in result.stderr
    assert thumbnail.read_bytes() == before


def test_reasons_speak_chinese(large_photo, tmp_path):
    record = enlarge(large_photo, tmp_path / "a.png", 1, "--language", "zh")
    assert "足够大" in record["reason"]

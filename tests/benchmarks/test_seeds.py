import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.robustness.hostile_inputs.mutations import PICTURES
from benchmarks.robustness.hostile_inputs.seeds import (
    FORMATS,
    KINDS,
    SIDES,
    draw_product,
    encode_seed_photo,
)
from benchmarks.robustness.hostile_inputs.structure import find_structure
from packshot.photo import FORMATS as KNOWN
from packshot.photo import Photo

NAMES = [kind.name for kind in KINDS]


def test_every_format_that_opens_is_there():
    assert set(FORMATS) == set(KNOWN)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_seed_is_a_small_whole_photo_of_its_kind(kind):
    data = encode_seed_photo(kind, 0)
    photo = Photo.open(data, name=f"a{kind.suffix}")
    assert photo.facts.format == kind.format
    assert photo.facts.extension_matches
    assert photo.facts.frames == (3 if kind.name.endswith(("-animated", "-pages")) else 1)
    assert sorted(photo.pixels.shape[:2]) == sorted(draw_product(0).size)
    assert data == kind.encode(draw_product(0)), "the same picture gives the same bytes"
    assert data != encode_seed_photo(kind, 1)


def test_seeds_are_small():
    sizes = [len(encode_seed_photo(kind, number)) for kind in KINDS for number in range(PICTURES)]
    assert max(sizes) < 100_000
    assert all(
        SIDES[0] <= side < SIDES[1] for number in range(PICTURES) for side in draw_product(number).size
    )


@pytest.mark.parametrize("name", ["png-interlaced", "png-rgb"])
def test_what_is_written_here_holds_the_picture(name):
    kind = KINDS[NAMES.index(name)]
    with Image.open(io.BytesIO(encode_seed_photo(kind, 0))) as image:
        assert bool(image.info.get("interlace")) == (name == "png-interlaced")
        np.testing.assert_array_equal(np.asarray(image), np.asarray(draw_product(0)))


def test_kinds_are_what_they_are_called():
    modes = {"jpg-cmyk": "CMYK", "jpg-grey": "L", "png-palette": "P", "tif-float": "F"}
    for name, mode in modes.items():
        with Image.open(io.BytesIO(encode_seed_photo(KINDS[NAMES.index(name)], 0))) as image:
            assert image.mode == mode
    deep = Photo.open(encode_seed_photo(KINDS[NAMES.index("png-deep")], 0)).facts
    assert deep.bit_depth == 16
    camera = Photo.open(encode_seed_photo(KINDS[NAMES.index("jpg-camera")], 0)).facts
    assert camera.had_location
    assert camera.exif["Make"] == "Camera"


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_the_structure_of_a_seed_lies_within_it(kind):
    data = encode_seed_photo(kind, 0)
    found = find_structure(kind.format, data)
    assert found.parts
    assert all(0 <= begin < end <= len(data) for begin, end in found.parts)
    ends = [end for _, end in found.parts]
    assert all(end <= begin for end, (begin, _) in zip(ends, found.parts[1:], strict=False))
    assert all(0 <= field.offset <= len(data) - field.length for field in found.fields)


@pytest.mark.parametrize(
    ("name", "side"),
    [("jpg-baseline", "big"), ("png-rgb", "big"), ("gif-still", "little"), ("tif-raw", "little")],
)
def test_width_and_height_are_among_the_fields(name, side):
    kind = KINDS[NAMES.index(name)]
    data = encode_seed_photo(kind, 0)
    values = {
        int.from_bytes(data[field.offset : field.offset + field.length], side)
        for field in find_structure(kind.format, data).fields
    }
    assert set(draw_product(0).size) <= values

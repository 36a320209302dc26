import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from benchmarks.robustness.hostile_inputs import bombs, png
from benchmarks.robustness.hostile_inputs.seeds import KINDS, draw_product
from benchmarks.robustness.hostile_inputs.structure import find_structure
from packshot.errors import UnreadablePhoto
from packshot.photo import Limits, Photo


def open_image(data):
    return Image.open(io.BytesIO(data))


def test_all_have_names_of_their_own():
    names = [bomb.name for bomb in bombs.BOMBS]
    assert len(set(names)) == len(names)
    assert {"jpeg-500-scans", "tiff-50001-pages", "gif-14-million-frames", "png-tenth"} <= set(names)


def test_scans_are_as_many_as_asked_for():
    data = bombs.make_many_scans(70, side=64)
    assert sum(data[begin + 1] == 0xDA for begin, _ in find_structure("JPEG", data).parts) == 70
    with open_image(data) as image:
        image.load()
        assert image.size == (64, 64)
        assert image.info["progressive"]
    assert 200_000 < len(bombs.make_many_scans(500)) < 400_000
    assert len(bombs.make_many_scans(16_300)) == pytest.approx(3_000_000, rel=0.1)


def test_fill_bytes_follow_a_start_marker(tmp_path):
    bombs.write_fill_bytes(tmp_path / "a.jpg", 3 * 2**20)
    assert (tmp_path / "a.jpg").read_bytes() == b"\xff\xd8" + b"\xff" * 3 * 2**20


def test_pages_are_as_many_as_asked_for():
    with open_image(bombs.make_many_pages(7)) as image:
        assert image.n_frames == 7
        image.seek(6)
        assert image.size == (1, 1)
        assert image.getpixel((0, 0)) == 128
    assert len(bombs.make_many_pages(50_001)) < 6_000_000
    data = bombs.make_page_loop()
    first = struct.unpack_from("<I", data, 4)[0]
    assert struct.unpack_from("<I", data, len(data) - 4)[0] == first


def test_frames_are_as_many_as_asked_for(tmp_path):
    bombs.write_many_frames(tmp_path / "a.gif", 20_011)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 20_011
        image.seek(0)
        image.load()
    assert (tmp_path / "a.gif").stat().st_size < 20_011 * 12 + 100


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_webp_of_120_megapixels_takes_40_bytes():
    with open_image(bombs.make_plain_webp()) as image:
        assert 119_000_000 < image.width * image.height <= bombs.MAX_PIXELS
    assert len(bombs.make_plain_webp()) <= 40
    with open_image(bombs.make_plain_webp(20, 10)) as image:
        assert image.size == (20, 10)
        assert set(image.get_flattened_data()) == {(200, 90, 30, 128)}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_png_of_480_mb_takes_19_kb():
    assert len(bombs.make_large_png()) < 19_000
    with open_image(bombs.make_large_png()) as image:
        assert 119_000_000 < image.width * image.height <= bombs.MAX_PIXELS
    with open_image(bombs.make_large_png(40)) as image:
        assert set(image.convert("RGBA").get_flattened_data()) == {(255, 0, 0, 128)}


def test_large_ones_are_as_large_as_asked_for():
    with open_image(bombs.make_large_avif(64)) as image:
        assert (image.format, image.mode, image.size) == ("AVIF", "RGBA", (64, 64))
    with open_image(bombs.make_large_float_tiff(64)) as image:
        assert (image.format, image.mode, image.size) == ("TIFF", "F", (64, 64))


def test_a_png_can_say_much_beside_its_picture():
    with open_image(bombs.make_text_png(10_000)) as image:
        assert image.text["Comment"] == "\0" * 10_000
    with pytest.raises(UnreadablePhoto):
        Photo.open(bombs.make_false_frame_count())


PARTS = {
    "png": bombs.make_partial_png,
    "interlaced": lambda share: bombs.make_partial_png(share, interlaced=True),
    "tiff": bombs.make_partial_tiff,
    "gif": bombs.make_partial_gif,
}


@pytest.mark.parametrize("kind", PARTS)
def test_incomplete_photos_lack_a_part_and_nothing_else(kind):
    whole, part = PARTS[kind](1.0), PARTS[kind](0.5)
    assert Photo.open(whole).pixels.std() > 0 or kind == "gif"
    assert len(part) < len(whole) - 100
    with open_image(part) as image, open_image(whole) as other:
        assert image.size == other.size
    if kind in ("png", "interlaced"):
        for data in (whole, part):
            parts = find_structure("PNG", data).parts
            assert data == png.fix_checksums(data, parts)
            assert data.endswith(png.make_chunk(b"IEND", b""))


def test_the_part_that_is_there_is_that_of_the_picture():
    with open_image(bombs.make_partial_png(1.0)) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(draw_product(1)))


def test_every_odd_name_can_be_written(tmp_path):
    bombs.write_odd_names(tmp_path, KINDS[0])
    assert set(os.listdir(os.fsencode(tmp_path))) == set(bombs.ODD_NAMES)
    assert max(map(len, bombs.ODD_NAMES)) == 250


def test_what_is_packed_unpacks_to_its_size():
    assert zlib.decompress(png.compress_zeros(3_000_001)) == bytes(3_000_001)


def test_bombs_are_within_the_limits_that_refuse_by_size(tmp_path):
    for bomb in bombs.BOMBS:
        if bomb.name in ("jpeg-fill-bytes", "gif-14-million-frames", "avif-120-megapixels"):
            continue
        bomb.write(tmp_path / bomb.name)
        assert (tmp_path / bomb.name).stat().st_size < Limits().max_bytes

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile_inputs import bombs, png
from benchmarks.hostile_inputs.seeds import KINDS, drawn
from benchmarks.hostile_inputs.structure import structure_of
from packshot.errors import UnreadablePhoto
from packshot.photo import Limits, Photo


def opened(data):
    return Image.open(io.BytesIO(data))


def test_all_have_names_of_their_own():
    names = [bomb.name for bomb in bombs.BOMBS]
    assert len(set(names)) == len(names)
    assert {"jpeg-500-scans", "tiff-50001-pages", "gif-14-million-frames", "png-tenth"} <= set(names)


def test_scans_are_as_many_as_asked_for():
    data = bombs.many_scans(70, side=64)
    assert sum(data[begin + 1] == 0xDA for begin, _ in structure_of("JPEG", data).parts) == 70
    with opened(data) as image:
        image.load()
        assert image.size == (64, 64)
        assert image.info["progressive"]
    assert 200_000 < len(bombs.many_scans(500)) < 400_000
    assert len(bombs.many_scans(16_300)) == pytest.approx(3_000_000, rel=0.1)


def test_fill_bytes_follow_a_start_marker(tmp_path):
    bombs.fill_bytes(tmp_path / "a.jpg", 3 * 2**20)
    assert (tmp_path / "a.jpg").read_bytes() == b"\xff\xd8" + b"\xff" * 3 * 2**20


def test_pages_are_as_many_as_asked_for():
    with opened(bombs.many_pages(7)) as image:
        assert image.n_frames == 7
        image.seek(6)
        assert image.size == (1, 1)
        assert image.getpixel((0, 0)) == 128
    assert len(bombs.many_pages(50_001)) < 6_000_000
    data = bombs.page_loop()
    first = struct.unpack_from("<I", data, 4)[0]
    assert struct.unpack_from("<I", data, len(data) - 4)[0] == first


def test_frames_are_as_many_as_asked_for(tmp_path):
    bombs.many_frames(tmp_path / "a.gif", 20_011)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 20_011
        image.seek(0)
        image.load()
    assert (tmp_path / "a.gif").stat().st_size < 20_011 * 12 + 100


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_webp_of_120_megapixels_takes_40_bytes():
    with opened(bombs.plain_webp()) as image:
        assert 119_000_000 < image.width * image.height <= bombs.MOST_PIXELS
    assert len(bombs.plain_webp()) <= 40
    with opened(bombs.plain_webp(20, 10)) as image:
        assert image.size == (20, 10)
        assert set(image.get_flattened_data()) == {(200, 90, 30, 128)}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_png_of_480_mb_takes_19_kb():
    assert len(bombs.large_png()) < 19_000
    with opened(bombs.large_png()) as image:
        assert 119_000_000 < image.width * image.height <= bombs.MOST_PIXELS
    with opened(bombs.large_png(40)) as image:
        assert set(image.convert("RGBA").get_flattened_data()) == {(255, 0, 0, 128)}


def test_large_ones_are_as_large_as_asked_for():
    with opened(bombs.large_avif(64)) as image:
        assert (image.format, image.mode, image.size) == ("AVIF", "RGBA", (64, 64))
    with opened(bombs.large_float_tiff(64)) as image:
        assert (image.format, image.mode, image.size) == ("TIFF", "F", (64, 64))


def test_a_png_can_say_much_beside_its_picture():
    with opened(bombs.text_in_png(10_000)) as image:
        assert image.text["Comment"] == "\0" * 10_000
    with pytest.raises(UnreadablePhoto):
        Photo.open(bombs.frames_claimed())


PARTS = {
    "png": bombs.part_of_png,
    "interlaced": lambda share: bombs.part_of_png(share, interlaced=True),
    "tiff": bombs.part_of_tiff,
    "gif": bombs.part_of_gif,
}


@pytest.mark.parametrize("kind", PARTS)
def test_incomplete_photos_lack_a_part_and_nothing_else(kind):
    whole, part = PARTS[kind](1.0), PARTS[kind](0.5)
    assert Photo.open(whole).pixels.std() > 0 or kind == "gif"
    assert len(part) < len(whole) - 100
    with opened(part) as image, opened(whole) as other:
        assert image.size == other.size
    if kind in ("png", "interlaced"):
        for data in (whole, part):
            parts = structure_of("PNG", data).parts
            assert data == png.mended(data, parts)
            assert data.endswith(png.chunk(b"IEND", b""))


def test_the_part_that_is_there_is_that_of_the_picture():
    with opened(bombs.part_of_png(1.0)) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(drawn(1)))


def test_every_odd_name_can_be_written(tmp_path):
    bombs.write_odd_names(tmp_path, KINDS[0])
    assert set(os.listdir(os.fsencode(tmp_path))) == set(bombs.ODD_NAMES)
    assert max(map(len, bombs.ODD_NAMES)) == 250


def test_what_is_packed_unpacks_to_its_size():
    assert zlib.decompress(png.packed_zeros(3_000_001)) == bytes(3_000_001)


def test_bombs_are_within_the_limits_that_refuse_by_size(tmp_path):
    for bomb in bombs.BOMBS:
        if bomb.name in ("jpeg-fill-bytes", "gif-14-million-frames", "avif-120-megapixels"):
            continue
        bomb.write(tmp_path / bomb.name)
        assert (tmp_path / bomb.name).stat().st_size < Limits().max_bytes

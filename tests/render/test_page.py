import base64
import io
import tempfile

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.errors import SourceError
from packshot.render import renderer_for
from packshot.render.page import histogram, load_template, make_thumbnail, mean
from packshot.report import Assessment
from tests.catalog.audit.fake_examiner import make_assessment
from tests.conftest import make_packshot
from tests.small_disk import mount_small_disk


def test_a_thumbnail_is_a_small_picture_of_the_photo(tmp_path):
    path = tmp_path / "box.png"
    cv2.imwrite(str(path), make_packshot(size=(500, 400))[..., ::-1])
    picture = make_thumbnail(path, 250)
    assert (picture.width, picture.height) == (250, 200)
    head, data = picture.uri.split(",")
    assert head == "data:image/jpeg;base64"
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (200, 250, 3)
    expected = cv2.resize(make_packshot(), (250, 200), interpolation=cv2.INTER_AREA)
    assert np.abs(pixels[..., ::-1].astype(int) - expected).mean() < 5


def test_a_thumbnail_tells_nothing_but_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[29] = "2026:01:02"
    Image.fromarray(make_packshot()).save(tmp_path / "box.jpg", exif=exif)
    assert b"2026:01:02" in (tmp_path / "box.jpg").read_bytes()
    data = base64.b64decode(make_thumbnail(tmp_path / "box.jpg", 200).uri.split(",")[1])
    assert b"Exif" not in data
    assert not Image.open(io.BytesIO(data)).getexif()


def test_a_full_place_for_temporary_files_is_told(tmp_path, monkeypatch):
    with mount_small_disk(tmp_path / "disk", 16) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        page = renderer_for(Assessment, "html", io.StringIO())
        with pytest.raises(SourceError, match=r"cannot write .*disk: no space left"), page:
            add_many(page)


def add_many(page):
    for number in range(50):
        page.add(make_assessment(b"%d" % number, f"{number}.jpg"))


def test_a_thumbnail_is_never_enlarged(tmp_path):
    path = tmp_path / "box.png"
    cv2.imwrite(str(path), make_packshot(size=(500, 400)))
    assert make_thumbnail(path, 5000).width == 500


def test_there_is_no_thumbnail_of_a_vanished_photo(tmp_path):
    assert make_thumbnail(str(tmp_path / "gone.jpg"), 320) is None


def test_histogram_counts_every_score():
    bars = histogram([0, 5, 10, 99, 100])
    assert [count for ((count, _),) in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert max(height for ((_, height),) in bars) == 1


def test_series_of_a_histogram_share_one_scale():
    bars = histogram([5, 5, 5, 5], [5, 95])
    assert bars[0] == ((4, 1.0), (1, 0.25))
    assert bars[9] == ((0, 0.0), (1, 0.25))
    assert histogram([], [])[0] == ((0, 0.0), (0, 0.0))


def test_mean_of_nothing_is_not_a_number():
    assert mean([]) is None
    assert mean([1.0, 4.0]) == 2.5


def test_a_card_is_compiled_once():
    assert load_template("page.html.j2") is load_template("page.html.j2")


def test_sizes_are_written_as_people_read_them():
    format_bytes = load_template("assessment_card.html.j2").environment.filters["bytes"]
    said = [format_bytes(size) for size in (0, 10, 1500, 2_340_000)]
    assert said == ["0 kB", "0.1 kB", "1.5 kB", "2.3 MB"]

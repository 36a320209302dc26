import io

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot import Assessor, EmotionReader, Photo, UnreadablePhoto
from packshot.emotion.reader import moments
from packshot.photo import Limits
from packshot.report import Emotion, Polarity, Status
from tests.conftest import make_picture
from tests.emotion.synthetic import BLUE, CELLS, GREY, RED, draw_halves, save_picture

COMPOSITES = {
    Polarity.POSITIVE: (RED, GREY),
    Polarity.NEGATIVE: (GREY, BLUE),
    Polarity.MIXED: (RED, BLUE),
    Polarity.NEUTRAL: (GREY, GREY),
}


def read_emotion(reader, picture):
    return reader.read_photo(Photo.from_pixels(picture))


@pytest.mark.parametrize("polarity", Polarity)
def test_polarity_says_which_sides_are_there(reader, polarity):
    found = read_emotion(reader, draw_halves(*COMPOSITES[polarity]))
    assert found.polarity is polarity
    assert (found.positive_intensity >= found.positive_threshold) == (polarity in ("positive", "mixed"))
    assert (found.negative_intensity >= found.negative_threshold) == (polarity in ("negative", "mixed"))


def test_a_side_that_is_not_there_has_no_regions(reader):
    found = read_emotion(reader, draw_halves(RED, GREY))
    assert [one.region.model_dump() for one in found.positive_regions] == [
        {"x": 0, "y": 0, "width": 0.5, "height": 1}
    ]
    assert found.negative_regions == ()
    assert found.negative_map == ((0.0,) * CELLS,) * CELLS


def test_regions_and_maps_lie_on_their_sides_of_a_composite(reader):
    found = read_emotion(reader, draw_halves(BLUE, RED))
    assert found.positive_regions[0].region.x == 0.5
    assert found.negative_regions[0].region.x == 0
    positive, negative = np.array(found.positive_map), np.array(found.negative_map)
    assert positive[:, CELLS // 2 :].sum() > 0.99 * positive.sum()
    assert negative[:, : CELLS // 2].sum() > 0.99 * negative.sum()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_maps_are_of_the_photo_as_people_see_it(reader, orientation):
    """A camera stores pixels in any of eight ways and says so: the left is where people see it."""
    back = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p[:, ::-1].transpose(1, 0, 2),
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: p[::-1].transpose(1, 0, 2),
    }[orientation]
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(back(draw_halves(RED, GREY)))
    Image.fromarray(stored).save(file, "JPEG", quality=95, subsampling=0, exif=exif)
    found = np.array(reader.read(file.getvalue()).positive_map)
    assert found[:, : CELLS // 2].sum() > 0.95 * found.sum()


def test_more_of_a_side_is_stronger_and_likelier(reader):
    shares = [0, 20, 60, 100, 200]
    pictures = [make_share(share) for share in shares]
    found = [read_emotion(reader, picture) for picture in pictures]
    for name in ("positive_intensity", "positive_probability", "valence"):
        values = [getattr(one, name) for one in found]
        assert values == sorted(values)
        assert values[-1] > values[0]


def make_share(columns):
    picture = draw_halves(GREY, GREY)
    picture[:, :columns] = RED
    return picture


def test_moments_agree_with_the_definition():
    distribution = np.array([0.05, 0.1, 0.1, 0.2, 0.3, 0.2, 0.05], np.float32)
    mean, spread = moments(distribution)
    expected = sum((step + 1) * float(share) for step, share in enumerate(distribution))
    variance = sum((step + 1 - expected) ** 2 * float(share) for step, share in enumerate(distribution))
    assert mean == pytest.approx(expected, abs=1e-6)
    assert spread == pytest.approx(variance**0.5, abs=1e-6)
    assert moments(distribution * 1.01) == pytest.approx((mean, spread), abs=1e-6)


def test_everyone_agreeing_is_no_spread():
    assert moments(np.eye(7, dtype=np.float32)[5]) == (6, 0)


def test_answers_do_not_depend_on_threads(model):
    picture = make_picture(300, 401, seed=5)
    answers = [read_emotion(EmotionReader(model, threads=threads), picture) for threads in (1, 2, 4)]
    assert answers[0] == answers[1] == answers[2]


def test_answers_do_not_depend_on_order_or_company(reader, tmp_path):
    paths = [save_picture(tmp_path / f"{n}.png", make_picture(60, 90, seed=n)) for n in range(3)]
    together = list(reader.read_many(paths))
    assert together == [reader.read(path) for path in paths]
    assert list(reader.read_many(reversed(paths))) == together[::-1]


def test_a_bad_file_is_a_row_and_stops_nothing(reader, tmp_path):
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    good = save_picture(tmp_path / "good.png", draw_halves(RED, RED))
    rows = list(reader.read_many([torn, good, tmp_path / "gone.jpg"]))
    assert [row.status for row in rows] == [Status.UNREADABLE, Status.OK, Status.UNREADABLE]
    assert rows[2] == Emotion(path=str(tmp_path / "gone.jpg"), status="unreadable", error="no such file")
    with pytest.raises(UnreadablePhoto):
        reader.read(torn)


def test_limits_hold(model):
    _, data = cv2.imencode(".png", draw_halves(RED, RED))
    with pytest.raises(UnreadablePhoto, match="limit"):
        EmotionReader(model, limits=Limits(max_pixels=100)).read(data.tobytes())


def test_an_assessment_has_the_same_answer_from_its_own_decoding(reader, tmp_path):
    """2000 pixels wide: both shrink it while decoding, and to the same size."""
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), make_picture(1500, 2000)[..., ::-1])
    assessed = Assessor(emotion=reader.read_photo).assess(path)
    assert assessed.emotion == reader.read(path)


def test_an_assessment_that_was_not_asked_has_none(tmp_path):
    path = save_picture(tmp_path / "box.png", draw_halves(RED, BLUE))
    assert Assessor().assess(path).emotion is None


def test_a_batch_says_what_is_no_photo():
    pixels = make_picture(60, 80)
    given = [None, pixels, bytearray(b"words"), Image.fromarray(pixels)]
    statuses = [one.status for one in EmotionReader().read_many(given)]
    assert statuses == [Status.UNREADABLE, Status.OK, Status.UNREADABLE, Status.OK]

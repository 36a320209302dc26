"""The network that ships, through the door that users take."""

import cv2
import pytest

from packshot import EmotionReader, Photo
from packshot.emotion import EMOTION_MODEL, EmotionNetwork
from packshot.report import Polarity
from tests.conftest import ROOT, make_picture

SAMPLES = sorted((ROOT / "examples" / "photos").glob("*.jpg"))


@pytest.fixture(scope="module")
def shipped_reader():
    return EmotionReader()


def test_it_answers_in_range_for_every_sample(shipped_reader):
    for found in shipped_reader.read_many(SAMPLES):
        assert found.polarity in Polarity
        assert 1 <= found.valence <= 7
        assert sum(found.distribution) == pytest.approx(1, abs=0.01)
        assert max(map(max, found.positive_map)) == pytest.approx(1, abs=1e-3)
        assert found.models == {"emotion": shipped_reader.network.model.fingerprint}


def test_photos_do_not_all_feel_the_same(shipped_reader):
    assert len({found.valence for found in shipped_reader.read_many(SAMPLES)}) > 5


def test_answers_do_not_depend_on_threads():
    photo = Photo.from_pixels(make_picture(300, 401, seed=5))
    answers = [EmotionReader(threads=threads).read_photo(photo) for threads in (1, 2, 4)]
    assert answers[0] == answers[1] == answers[2]


def test_a_mirrored_photo_feels_nearly_the_same(shipped_reader):
    picture = cv2.GaussianBlur(make_picture(300, 400, seed=2), (0, 0), 1)
    found = [
        shipped_reader.read_photo(Photo.from_pixels(one)) for one in (picture, picture[:, ::-1].copy())
    ]
    assert abs(found[0].valence - found[1].valence) < 0.5


def test_it_ships_within_its_limit():
    path = ROOT / "src" / "packshot" / "weights" / EMOTION_MODEL
    assert path.stat().st_size <= 10 * 2**20
    assert EmotionNetwork.from_path(path).input_side == EmotionNetwork.load_shipped().input_side

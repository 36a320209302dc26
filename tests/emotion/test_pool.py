from functools import partial

import pytest

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.emotion import EmotionReader
from packshot.emotion.pool import read_emotions
from packshot.errors import ModelError
from tests.emotion.synthetic import BLUE, RED, draw_halves, save_picture


def make_reader(model):
    return EmotionReader(model).read_photo


@pytest.fixture
def paths(tmp_path):
    saved_paths = [
        save_picture(tmp_path / f"{n}.png", draw_halves(RED, BLUE, 40 + n, 60)) for n in range(6)
    ]
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    return [*saved_paths[:3], torn, *saved_paths[3:]]


def test_processes_answer_as_one_does_in_order(model, paths):
    alone = list(read_emotions(paths, model=model, workers=1))
    assert [one.path for one in alone] == [str(path) for path in paths]
    assert list(read_emotions(paths, model=model, workers=2)) == alone


def test_a_broken_model_is_told_once_and_before_any_process(paths):
    with pytest.raises(ModelError, match="not a model"):
        list(read_emotions(paths, model=paths[3], workers=2))


def test_assessments_of_processes_have_emotions_too(model, paths):
    settings = AssessorSettings(emotion_factory=partial(make_reader, model))
    found = list(assess_paths(paths[2:5], settings=settings, workers=2))
    expected = list(read_emotions(paths[2:5], model=model, workers=1))
    assert [one.emotion for one in found] == [expected[0], None, expected[2]]
    assert found[0].models["emotion"] == expected[0].models["emotion"]

from functools import partial

import pytest

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.emotion import EmotionReader
from packshot.emotion.pool import read_paths
from packshot.errors import ModelError
from tests.emotion.made import BLUE, RED, halves, saved


def reading(model):
    return EmotionReader(model).read_photo


@pytest.fixture
def paths(tmp_path):
    made = [saved(tmp_path / f"{n}.png", halves(RED, BLUE, 40 + n, 60)) for n in range(6)]
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    return [*made[:3], torn, *made[3:]]


def test_processes_answer_as_one_does_in_order(model, paths):
    alone = list(read_paths(paths, model=model, workers=1))
    assert [one.path for one in alone] == [str(path) for path in paths]
    assert list(read_paths(paths, model=model, workers=2)) == alone


def test_a_broken_model_is_told_once_and_before_any_process(paths):
    with pytest.raises(ModelError, match="not a model"):
        list(read_paths(paths, model=paths[3], workers=2))


def test_assessments_of_processes_have_emotions_too(model, paths):
    settings = AssessorSettings(emotion=partial(reading, model))
    found = list(assess_paths(paths[2:5], settings=settings, workers=2))
    expected = list(read_paths(paths[2:5], model=model, workers=1))
    assert [one.emotion for one in found] == [expected[0], None, expected[2]]
    assert found[0].models["emotion"] == expected[0].models["emotion"]

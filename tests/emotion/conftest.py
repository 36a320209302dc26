import pytest

from packshot.emotion import EmotionReader
from tests.emotion.synthetic import write_model


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("emotion") / "own.onnx")


@pytest.fixture(scope="session")
def reader(model):
    return EmotionReader(model)

import math

import pytest

from packshot.emotion.calibration import EmotionCalibration
from packshot.encode import Model
from packshot.errors import ModelError
from packshot.report import Polarity
from tests.emotion.synthetic import CONSTANTS, write_model

CALIBRATION = EmotionCalibration(0.2, 0.25, 1.5, -6.0)


@pytest.mark.parametrize(
    ("positive", "negative", "polarity"),
    [
        (0.2, 0.249, Polarity.POSITIVE),
        (0.199, 0.25, Polarity.NEGATIVE),
        (0.2, 0.25, Polarity.MIXED),
        (0.199, 0.249, Polarity.NEUTRAL),
    ],
)
def test_a_side_counts_from_its_threshold_on(positive, negative, polarity):
    assert CALIBRATION.polarity(positive, negative) is polarity


@pytest.mark.parametrize("valence", [1, 2.5, 4, 5.25, 7])
def test_the_probability_is_a_logistic_of_the_valence(valence):
    expected = 1 / (1 + math.exp(-(1.5 * valence - 6)))
    assert CALIBRATION.probability(valence) == pytest.approx(expected, abs=1e-12)


def test_a_steep_logistic_does_not_overflow():
    steep = EmotionCalibration(0.2, 0.25, 1e6, -4e6)
    assert [steep.probability(valence) for valence in (1, 4, 7)] == [0, 0.5, 1]


def test_constants_come_from_the_file(tmp_path):
    assert (
        EmotionCalibration.from_model(Model.from_path(write_model(tmp_path / "m.onnx"))) == CALIBRATION
    )


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_file_that_lacks_a_constant_is_refused(tmp_path, name):
    others = {key: value for key, value in CONSTANTS.items() if key != name}
    with pytest.raises(ModelError, match=f"m.onnx does not state its {name}"):
        EmotionCalibration.from_model(Model.from_path(write_model(tmp_path / "m.onnx", others)))


@pytest.mark.parametrize("value", ['"much"', "NaN", "Infinity", "null", "true", "[1]"])
def test_a_constant_that_is_no_number_is_refused(tmp_path, value):
    model = Model.from_path(write_model(tmp_path / "m.onnx", {**CONSTANTS, "positive_bar": value}))
    with pytest.raises(ModelError, match="positive_bar: not a number"):
        EmotionCalibration.from_model(model)


def test_a_constant_that_is_no_json_is_refused(tmp_path):
    model = Model.from_path(write_model(tmp_path / "m.onnx", {**CONSTANTS, "positive_bar": "much"}))
    with pytest.raises(ModelError, match="positive_bar as JSON"):
        EmotionCalibration.from_model(model)

import numpy as np
import pytest

from packshot.encode.mask import MaskCalibration, MaskNetwork, MaskPrediction, log_odds
from packshot.encode.model import Model
from packshot.errors import ModelError
from tests.conftest import ROOT, make_packshot


@pytest.fixture(scope="module")
def network():
    return MaskNetwork.load_shipped()


def test_likelihood_of_the_right_shape(network, picture):
    prediction = network.predict(picture)
    assert prediction.product.shape == (128, 128)
    assert 0 <= prediction.product.min() <= prediction.product.max() <= 1
    assert 0 <= prediction.presence <= 1
    assert 0 <= network.confidence(prediction) <= 1


def test_threads_do_not_change_a_mask(network, picture):
    threaded = MaskNetwork.load_shipped(threads=2).predict(picture)
    np.testing.assert_allclose(threaded.product, network.predict(picture).product, atol=1e-4)


def test_size_hardly_matters(network):
    large = make_packshot((200, 200, 600, 400), (1000, 800))
    small = large[::2, ::2]
    difference = np.abs(network.predict(large).product - network.predict(small).product)
    assert difference.mean() < 0.03


def test_the_product_is_where_it_is(network):
    prediction = network.predict(make_packshot((100, 100, 300, 200), (500, 400)))
    rows, columns = np.mgrid[:128, :128] / 128
    truth = (rows > 0.25) & (rows < 0.75) & (columns > 0.2) & (columns < 0.8)
    likely = prediction.product >= 0.5
    assert (likely & truth).sum() / (likely | truth).sum() > 0.8


def test_expected_overlap_by_hand():
    product = np.array([[0.9, 0.8], [0.3, 0.1]], np.float32)
    assert MaskPrediction(product, 1.0).overlap_estimate == pytest.approx(1.7 / 2.4)
    assert MaskPrediction(np.zeros((4, 4), np.float32), 1.0).overlap_estimate == 0


def test_confidence_rises_with_what_speaks_for_it():
    calibration = MaskCalibration(-1.0, 2.0, 0.5)
    sure = np.full((4, 4), 0.95, np.float32)
    unsure = np.full((4, 4), 0.6, np.float32)
    assert calibration.confidence(MaskPrediction(sure, 0.9)) > calibration.confidence(
        MaskPrediction(unsure, 0.9)
    )
    assert calibration.confidence(MaskPrediction(sure, 0.9)) > calibration.confidence(
        MaskPrediction(sure, 0.2)
    )
    odds = -1.0 + 2.0 * log_odds(0.95) + 0.5 * log_odds(0.9)
    confidence = calibration.confidence(MaskPrediction(sure, 0.9))
    assert confidence == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)


def test_a_model_without_calibration_is_refused():
    content = MaskNetwork(Model.from_path(ROOT / "src/packshot/weights/content.onnx"))
    with pytest.raises(ModelError, match="calibration"):
        _ = content.calibration


def test_confidence_of_nothing_is_low(network):
    blank = np.full((200, 200, 3), 128, np.uint8)
    assert network.confidence(network.predict(blank)) < 0.5

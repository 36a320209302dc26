import numpy as np
import pytest

from packshot.emotion import EmotionNetwork
from packshot.errors import ModelError
from tests.conftest import ROOT, make_picture
from tests.emotion.synthetic import BLUE, CELLS, GREY, RED, SIDE, draw_halves, write_model


@pytest.fixture(scope="module")
def network(model):
    return EmotionNetwork.from_path(model)


def test_its_file_says_what_it_takes(network):
    assert network.input_side == SIDE
    assert network.calibration.negative_threshold == 0.25


def test_colours_are_red_green_blue(network):
    pleasant, unpleasant = (network.predict(draw_halves(one, one)) for one in (RED, BLUE))
    assert pleasant.positive_intensity == unpleasant.negative_intensity == 1
    assert pleasant.negative_intensity == unpleasant.positive_intensity == 0
    assert pleasant.distribution.argmax() == 6
    assert unpleasant.distribution.argmax() == 0


def test_an_answer_has_the_shapes_of_the_contract(network):
    answer = network.predict(make_picture(90, 150))
    assert answer.distribution.shape == (7,)
    assert answer.distribution.sum() == pytest.approx(1, abs=1e-5)
    assert answer.positive_map.shape == answer.negative_map.shape == (CELLS, CELLS)


@pytest.mark.parametrize("size", [(120, 200), (200, 120), (37, 41), (1, 1), (3, 300)])
def test_maps_lie_upright_and_unmirrored_whatever_the_shape(network, size):
    picture = draw_halves(RED, BLUE, *size) if min(size) > 1 else draw_halves(RED, RED, *size)
    positive, negative = network.predict(picture).positive_map, network.predict(picture).negative_map
    if min(size) > 1:
        assert positive[:, : CELLS // 2].sum() > 0.9 * positive.sum() > 0
        assert negative[:, CELLS // 2 :].sum() > 0.9 * negative.sum() > 0
    turned = network.predict(np.ascontiguousarray(picture.transpose(1, 0, 2)))
    np.testing.assert_allclose(turned.positive_map, positive.T, atol=0.02)


def test_grey_is_no_evidence_at_all(network):
    answer = network.predict(draw_halves(GREY, GREY))
    assert not answer.positive_map.any()
    assert not answer.negative_map.any()


def test_other_models_are_refused(tmp_path):
    with pytest.raises(ModelError, match="not an emotion network"):
        EmotionNetwork.from_path(write_model(tmp_path / "a.onnx", outputs=("distribution", "maps")))
    with pytest.raises(ModelError, match="not an emotion network"):
        EmotionNetwork.from_path(ROOT / "src" / "packshot" / "weights" / "content.onnx")
    with pytest.raises(ModelError, match="cannot read the model"):
        EmotionNetwork.from_path(tmp_path / "none.onnx")
    (tmp_path / "b.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="not a model that can run"):
        EmotionNetwork.from_path(tmp_path / "b.onnx")

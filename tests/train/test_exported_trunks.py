"""Trunks read back from the files that they were exported to; needs PyTorch: `make setup-train`."""

import cv2
import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.encode import Model  # noqa: E402
from packshot.encode.views import WHOLE_SIDE, to_whole_view  # noqa: E402
from packshot.errors import ModelError  # noqa: E402
from packshot.train.export import export  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation  # noqa: E402
from packshot.train.networks.statistics import (  # noqa: E402
    WHOLE_NUMBERS,
    ViewNetwork,
    WholeViewNetwork,
    scale_pixels,
)
from packshot.train.recipes.encoders import export_content, load_exported_trunk  # noqa: E402
from tests.conftest import make_packshot, make_picture  # noqa: E402

pytestmark = pytest.mark.train

PICTURES = [make_picture(240, 320), 255 - make_picture(240, 320), make_packshot()]


@pytest.fixture(scope="module")
def trunk():
    """A trunk that has seen pictures, with normalisation that does something."""
    torch.manual_seed(0)
    network = EfficientNetLite()
    views = scale_pixels(torch.from_numpy(np.stack([to_whole_view(one, 64) for one in PICTURES])))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # A plain mean over the batches.
                module.weight.uniform_(0.7, 1.3)
                module.bias.uniform_(-0.3, 0.3)
        network.train()(views)
    return fold_normalisation(network.eval())


@pytest.fixture(scope="module")
def exported(trunk, tmp_path_factory):
    """The content encoder of that trunk, as it would ship."""
    folder = tmp_path_factory.mktemp("trunk")
    photos = [folder / f"{number}.png" for number in range(len(PICTURES))]
    for path, picture in zip(photos, PICTURES, strict=True):
        cv2.imwrite(str(path), picture[..., ::-1])
    export_content(WholeViewNetwork(trunk).eval(), photos, folder / "content.onnx")
    return folder / "content.onnx"


def list_tensors(path):
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def test_weights_come_back_to_within_half_a_step_of_8_bits(trunk, exported):
    before, after = trunk.state_dict(), load_exported_trunk(exported).state_dict()
    assert list(before) == list(after)
    assert len(before) > 90
    for name, value in before.items():
        if name.endswith("weight"):
            step = value.abs().flatten(1).amax(1) / 127
            worst = (after[name] - value).abs().flatten(1).amax(1)
            assert (worst <= 0.51 * step + 1e-7).all(), name
        else:  # Kept in 32 bits.
            assert after[name].numpy() == pytest.approx(value.numpy(), abs=1e-3), name


def test_each_channel_has_a_scale_of_its_own(trunk, exported):
    stored = list_tensors(exported)
    largest = trunk._conv_head.weight.detach().abs().flatten(1).amax(1).numpy()
    assert stored["trunk._conv_head.weight_scale"] == pytest.approx(largest / 127, rel=1e-3)


def test_a_trunk_is_found_in_a_larger_network(exported, tmp_path):
    model = onnx.load(exported)
    for tensor in model.graph.initializer:
        tensor.name = f"trunk_{tensor.name}"
    onnx.save(model, tmp_path / "joined.onnx")
    alone, joined = (load_exported_trunk(path) for path in (exported, tmp_path / "joined.onnx"))
    for name, value in alone.state_dict().items():
        assert torch.equal(joined.state_dict()[name], value), name


EARLY = 2 * (32 + 16)
"""Statistics of the first two maps: of an untaught trunk, later ones are other for a slight change."""


def test_the_trunk_sees_what_it_saw_before_and_what_the_file_sees(trunk, exported):
    pixels = np.stack([to_whole_view(picture, WHOLE_SIDE) for picture in PICTURES])
    outputs = Model.from_path(exported).run(pixels=pixels)
    assert outputs["content"].shape[1] + outputs["statistics"].shape[1] == WHOLE_NUMBERS
    networks = [WholeViewNetwork(one).eval() for one in (trunk, load_exported_trunk(exported))]
    with torch.no_grad():
        before, after = (one(torch.from_numpy(pixels))[1][:, :EARLY].numpy() for one in networks)
    varies = np.linalg.norm(before - before.mean(axis=0))
    assert np.linalg.norm(after - before) < 0.05 * varies
    assert np.linalg.norm(after - outputs["statistics"][:, :EARLY]) < 0.1 * varies


def test_it_is_ready_to_be_taught_further(exported):
    network = load_exported_trunk(exported)
    assert not network.training
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in network.modules())
    learns = {name for name, value in network.named_parameters() if value.requires_grad}
    assert learns >= {name for name in network.state_dict() if name.endswith("weight")}


def test_what_is_no_such_file_is_told(tmp_path):
    (tmp_path / "words.onnx").write_text("no network")
    for name in ("gone.onnx", "words.onnx"):
        with pytest.raises(ModelError, match=f"cannot read the model .*{name}"):
            load_exported_trunk(tmp_path / name)


def test_another_network_is_told(exported, tmp_path):
    empty = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
    onnx.save(empty, tmp_path / "empty.onnx")
    narrow = onnx.load(exported)
    head = next(one for one in narrow.graph.initializer if one.name == "trunk._conv_head.bias_quantized")
    head.CopyFrom(onnx.numpy_helper.from_array(np.zeros(9, np.int32), head.name))
    onnx.save(narrow, tmp_path / "narrow.onnx")
    for name in ("empty.onnx", "narrow.onnx"):
        with pytest.raises(ModelError, match=f"{name} does not hold an EfficientNet-Lite0"):
            load_exported_trunk(tmp_path / name)


def test_a_trunk_that_is_not_quantised_is_told(trunk, tmp_path):
    pixels = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    export(ViewNetwork(trunk).eval(), {"pixels": pixels}, ["a", "b"], tmp_path / "float.onnx")
    with pytest.raises(ModelError, match="does not hold an EfficientNet-Lite0"):
        load_exported_trunk(tmp_path / "float.onnx")

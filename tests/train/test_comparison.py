"""The networks of Table 4, with random weights in the shapes of the released ones."""

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import ModelError  # noqa: E402
from packshot.train.networks.comparison import (  # noqa: E402
    build_alexnet,
    build_squeezenet,
    build_vgg16,
    load_alexnet,
    load_lite_encoder,
    load_squeezenet,
    load_vgg16,
    read_pickled_arrays,
)
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.statistics import scale_pixels  # noqa: E402

pytestmark = pytest.mark.train

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)


def list_convolutions(network):
    return [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]


def sample_weights(network):
    """A kernel (H, W, inputs, outputs) and a bias for each convolution."""
    generator = np.random.default_rng(1)
    shapes = [tuple(c.weight.permute(2, 3, 1, 0).shape) for c in list_convolutions(network)]
    return [
        (
            (generator.standard_normal(shape, np.float32) / np.float32(np.prod(shape[:3]) ** 0.5)),
            generator.standard_normal(shape[3], np.float32) / 10,
        )
        for shape in shapes
    ]


def write_pickle(content, path):
    path.write_bytes(pickle.dumps(content, protocol=4))
    return path


def write_flax_weights(network, name, path):
    layers = {f"Conv_{i}": {"kernel": k, "bias": b} for i, (k, b) in enumerate(sample_weights(network))}
    return write_pickle({name: layers}, path)


def write_keras_weights(path):
    names = ["conv1"]
    for number in range(2, 10):
        names += [f"fire{number}/{part}" for part in ("squeeze1x1", "expand1x1", "expand3x3")]
    return write_pickle(
        {n: [k, b] for n, (k, b) in zip(names, sample_weights(build_squeezenet()), strict=True)}, path
    )


@pytest.mark.parametrize(
    ("build", "parameters", "length"),
    [(build_vgg16, 14_714_688, 512), (build_alexnet, 2_469_696, 256), (build_squeezenet, 722_496, 512)],
)
def test_published_numbers_of_parameters(build, parameters, length):
    network = build().eval()
    assert sum(p.numel() for p in network.parameters()) == parameters
    with torch.no_grad():
        assert network(torch.from_numpy(PIXELS[:, :64, :96])).shape == (2, length)


@pytest.mark.parametrize(
    ("build", "side"), [(build_vgg16, 14), (build_alexnet, 13), (build_squeezenet, 13)]
)
def test_maps_before_the_mean_have_the_published_sides(build, side):
    with torch.no_grad():
        last = build().eval()[:-1](torch.from_numpy(PIXELS[:1]))
    assert last.shape[-2:] == (side, side)


def convolve_naively(patch, kernel, bias):
    """One output pixel of a convolution, rectified: patch (H, W, C), kernel (H, W, C, outputs)."""
    total = bias.astype(float).copy()
    for row, column, channel in np.ndindex(*patch.shape):
        total += patch[row, column, channel] * kernel[row, column, channel]
    return np.maximum(total, 0)


def test_vgg_s_first_layer_against_a_loop(tmp_path):
    network = load_vgg16(write_flax_weights(build_vgg16(), "VGG16_0", tmp_path / "vgg16.ckpt"))
    kernel, bias = sample_weights(build_vgg16())[0]
    patch = (PIXELS[1, 9:12, 4:7] / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.no_grad():
        found = network[:3](torch.from_numpy(PIXELS))[1, :, 10, 5].numpy()
    assert found == pytest.approx(convolve_naively(patch, kernel, bias), abs=1e-4)


def test_alexnet_s_first_layer_against_a_loop(tmp_path):
    network = load_alexnet(write_flax_weights(build_alexnet(), "AlexNet_0", tmp_path / "alexnet.ckpt"))
    kernel, bias = sample_weights(build_alexnet())[0]
    patch = (PIXELS[0, 2:13, 6:17] / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.no_grad():
        found = network[:3](torch.from_numpy(PIXELS))[0, :, 1, 2].numpy()
    assert found == pytest.approx(convolve_naively(patch, kernel, bias), abs=1e-4)


def test_squeezenet_s_first_layer_against_a_loop(tmp_path):
    network = load_squeezenet(write_keras_weights(tmp_path / "squeezenet.pkl"))
    kernel, bias = sample_weights(build_squeezenet())[0]
    patch = PIXELS[0, 20:23, 40:43, ::-1] - np.array((104.0, 117.0, 123.0))
    with torch.no_grad():
        found = network[:3](torch.from_numpy(PIXELS))[0, :, 10, 20].numpy()
    assert found == pytest.approx(convolve_naively(patch, kernel, bias), rel=1e-4, abs=1e-3)


def test_squeezenet_s_parts_go_where_their_names_say(tmp_path):
    path = write_keras_weights(tmp_path / "squeezenet.pkl")
    arrays, network = read_pickled_arrays(path), load_squeezenet(path)
    fires = [module for module in network if hasattr(module, "squeeze1x1")]
    for number, fire in enumerate(fires, start=2):
        for part in ("squeeze1x1", "expand1x1", "expand3x3"):
            kernel, bias = arrays[f"fire{number}/{part}"]
            module = getattr(fire, part)
            assert np.array_equal(module.weight.detach().numpy(), kernel.transpose(3, 2, 0, 1))
            assert np.array_equal(module.bias.detach().numpy(), bias)


def test_lite_scales_its_input_as_the_shipped_encoder_does(tmp_path):
    torch.manual_seed(0)
    trunk = EfficientNetLite("lite0").eval()
    torch.save(trunk.state_dict(), tmp_path / "lite0.pth")
    pixels = torch.from_numpy(PIXELS[:, :64, :64].copy())
    with torch.no_grad():
        found = load_lite_encoder(tmp_path / "lite0.pth", "lite0")(pixels)
        assert torch.allclose(found, trunk(scale_pixels(pixels)), atol=1e-5)


class HarmfulPickle:
    def __reduce__(self):
        return print, ("this must not run",)


def test_a_pickle_cannot_run_anything(tmp_path, capsys):
    path = write_pickle({"conv1": HarmfulPickle()}, tmp_path / "harmful.pkl")
    with pytest.raises(ModelError, match=r"builtins\.print"):
        load_squeezenet(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps([1, 2])])
def test_files_of_another_kind_are_refused(tmp_path, data):
    (tmp_path / "x.pkl").write_bytes(data)
    with pytest.raises(ModelError, match=r"x\.pkl"):
        read_pickled_arrays(tmp_path / "x.pkl")
    with pytest.raises(ModelError, match="No such file"):
        read_pickled_arrays(tmp_path / "absent.pkl")


def test_weights_of_another_network_are_refused(tmp_path):
    path = write_flax_weights(build_alexnet(), "AlexNet_0", tmp_path / "alexnet.ckpt")
    with pytest.raises(ModelError, match="lacks the layer Conv_0"):
        load_vgg16(path)
    wrong = write_flax_weights(build_alexnet(), "VGG16_0", tmp_path / "vgg16.ckpt")
    with pytest.raises(ModelError, match=r"kernel \(11, 11, 3, 64\)"):
        load_vgg16(wrong)

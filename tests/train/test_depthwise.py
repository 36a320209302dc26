"""The gradient of depthwise convolutions; needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from torch.nn.functional import conv2d, pad  # noqa: E402

from packshot.train.networks import efficientnet_lite  # noqa: E402
from packshot.train.networks.efficientnet_lite import (  # noqa: E402
    EfficientNetLite,
    SamePadConv,
    convolve_depthwise,
)

pytestmark = pytest.mark.train

CHANNELS = 6
SHAPES = [(8, 8), (9, 9), (12, 7), (7, 10)]
"""Even, odd, and mixed; with a stride of 2 some leave a last row or column unused."""


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator)


def draw_case(kernel, shape, has_bias=True):
    """Maps, a weight, and perhaps a bias, that all learn."""
    maps, weight = draw(3, CHANNELS, *shape), draw(CHANNELS, 1, kernel, kernel, seed=1)
    parts = [maps, weight, draw(CHANNELS, seed=2) if has_bias else None]
    return [None if part is None else part.requires_grad_() for part in parts]


def make_reference(stride):
    """PyTorch's own convolution."""
    return lambda maps, weight, bias: conv2d(maps, weight, bias, stride, groups=CHANNELS)


def differentiate(convolve, parts):
    """Output, and gradients of a sum of it with random weights."""
    found = convolve(*parts)
    (found.float() * draw(*found.shape, seed=3)).sum().backward()
    gradients = [None if part is None else part.grad for part in parts]
    for part in parts:
        if part is not None:
            part.grad = None
    return found.detach(), gradients


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_gradients_are_those_of_pytorch(kernel, stride, shape, has_bias):
    parts = draw_case(kernel, shape, has_bias)
    found, gradients = differentiate(lambda *one: convolve_depthwise(*one, stride), parts)
    expected, truth = differentiate(make_reference(stride), parts)
    assert torch.equal(found, expected)
    for one, other in zip(gradients, truth, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_gradients_against_loops():
    kernel, stride, (height, width) = 5, 2, (10, 7)
    maps, weight, bias = draw_case(kernel, (height, width))
    found, gradients = differentiate(lambda *one: convolve_depthwise(*one, stride), [maps, weight, bias])
    above = draw(*found.shape, seed=3).numpy().astype(float)
    x, w = maps.detach().numpy().astype(float), weight.detach().numpy().astype(float)
    of_maps, of_weight = np.zeros_like(x), np.zeros_like(w)
    for b, c, row, column in np.ndindex(*above.shape):
        value = above[b, c, row, column]
        for i, j in np.ndindex(kernel, kernel):
            place = b, c, row * stride + i, column * stride + j
            of_maps[place] += value * w[c, 0, i, j]
            of_weight[c, 0, i, j] += value * x[place]
    assert gradients[0].numpy() == pytest.approx(of_maps, abs=1e-4)
    assert gradients[1].numpy() == pytest.approx(of_weight, abs=1e-4)
    assert gradients[2].numpy() == pytest.approx(above.sum((0, 2, 3)), abs=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_gradients_in_16_bits_are_close_to_those_in_32(kernel, stride, shape):
    parts = draw_case(kernel, shape)

    def convolve(*one):
        with torch.autocast("cpu", torch.bfloat16):
            return convolve_depthwise(*one, stride)

    found, gradients = differentiate(convolve, parts)
    expected, truth = differentiate(make_reference(stride), parts)
    assert found.dtype == torch.bfloat16
    assert found.float().numpy() == pytest.approx(
        expected.numpy(), abs=0.02 * float(expected.abs().max())
    )
    for one, other in zip(gradients, truth, strict=True):
        assert one.dtype == torch.float32
        assert one.numpy() == pytest.approx(other.numpy(), abs=0.02 * float(other.abs().max()))


def test_what_is_frozen_gets_no_gradient():
    maps, weight, bias = draw_case(5, (9, 9))
    weight.requires_grad_(False)
    convolve_depthwise(maps, weight, bias, 2).sum().backward()
    assert weight.grad is None
    assert maps.grad is not None
    assert bias.grad is not None


@pytest.mark.parametrize("weight", [torch.zeros(CHANNELS, 2, 3, 3), torch.zeros(CHANNELS + 1, 1, 3, 3)])
def test_a_weight_of_other_channels_is_refused(weight):
    with pytest.raises(RuntimeError):
        convolve_depthwise(draw(1, CHANNELS, 8, 8), weight, None, 1)


@pytest.mark.parametrize("shape", [(16, 16), (15, 18)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_a_layer_says_and_learns_the_same_in_training(kernel, stride, shape):
    torch.manual_seed(0)
    layer = SamePadConv(CHANNELS, CHANNELS, kernel, stride, groups=CHANNELS)
    maps = draw(2, CHANNELS, *shape).requires_grad_()
    parts = [maps, layer.weight, layer.bias]
    found, gradients = differentiate(lambda *_: layer.train()(maps), parts)
    expected, truth = differentiate(lambda *_: layer.eval()(maps), parts)
    assert torch.equal(found, expected)
    sides = [-(-side // stride) for side in shape]
    assert list(found.shape[2:]) == sides
    for one, other in zip(gradients, truth, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)
    extra = [(side - 1) * stride + kernel - whole for side, whole in zip(sides, shape, strict=True)]
    around = [(max(0, one) // 2, max(0, one) - max(0, one) // 2) for one in extra]
    padded = pad(maps, (*around[1], *around[0]))
    torch.testing.assert_close(found, make_reference(stride)(padded, layer.weight, layer.bias))


def test_all_depthwise_layers_take_it_in_training_and_no_others(monkeypatch):
    seen = []

    def note(maps, weight, bias, stride):
        seen.append(tuple(weight.shape))
        return convolve_depthwise(maps, weight, bias, stride)

    monkeypatch.setattr(efficientnet_lite, "convolve_depthwise", note)
    network, pixels = EfficientNetLite(), draw(2, 3, 64, 64)
    network.eval()(pixels)
    assert seen == []
    network.train()(pixels)
    assert seen == [tuple(block._depthwise_conv.weight.shape) for block in network._blocks]

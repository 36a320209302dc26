"""Equations 1 to 9 of the emotion network, each against a naive recomputation."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.networks.emotion.fusion import Fusion, ResidualBlock  # noqa: E402
from packshot.train.networks.emotion.network import (  # noqa: E402
    EmotionNetwork,
    EmotionShape,
    PixelsToEmotion,
    mean_valence,
)
from packshot.train.networks.emotion.perception import (  # noqa: E402
    IntensityBranch,
    IntensityPerception,
)

pytestmark = pytest.mark.train

SPREAD = torch.tensor([[0, 0, 0, 0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1, 0, 0, 0]])


def to_array(tensor):
    return tensor.detach().double().numpy()


def apply_dense(layer, x):
    weight, bias = to_array(layer.weight), to_array(layer.bias)
    return np.array([sum(w * v for w, v in zip(row, x, strict=True)) for row in weight]) + bias


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def compute_branch_naively(branch, picture):
    """Intensity, map and mean of the largest channel of one (C, h, w) map, by loops."""
    weight, bias = to_array(branch.adjust.weight)[:, :, 0, 0], to_array(branch.adjust.bias)
    channels, (height, width) = len(weight), picture.shape[1:]
    own = np.zeros((channels, height, width))
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                own[c, y, x] = max(0, weight[c] @ picture[:, y, x] + bias[c])
    pooled = np.array([own[c].sum() / (height * width) for c in range(channels)])
    reduced = apply_dense(branch.reduce, pooled)
    normed = (reduced - reduced.mean()) / math.sqrt(reduced.var() + branch.norm.eps)
    normed = normed * to_array(branch.norm.weight) + to_array(branch.norm.bias)
    attention = sigmoid(np.maximum(0, apply_dense(branch.expand, normed)))
    found = sum(attention[c] * own[c] for c in range(channels))
    intensity = sigmoid(apply_dense(branch.intensity, np.maximum(0, apply_dense(branch.gather, pooled))))
    strongest = np.mean([own[:, y, x].max() for y in range(height) for x in range(width)])
    return intensity, found, strongest


def make_network(inputs=6, seed=0, **changes):
    torch.manual_seed(seed)
    shape = EmotionShape(inputs, channels=5, bottleneck=4, **changes)
    return EmotionNetwork(shape, SPREAD).eval()


def make_features(count=2, inputs=6, height=3, width=4, seed=1):
    return torch.randn(count, inputs, height, width, generator=torch.Generator().manual_seed(seed))


def test_a_branch_against_loops():
    torch.manual_seed(0)
    branch = IntensityBranch(6, 5, 4).eval()
    pictures = make_features()
    intensity, found, strongest = branch(pictures)
    for row in range(2):
        wanted = compute_branch_naively(branch, to_array(pictures[row]))
        assert float(intensity[row]) == pytest.approx(float(wanted[0][0]), abs=1e-5)
        np.testing.assert_allclose(to_array(found[row, 0]), wanted[1], atol=1e-5)
        assert float(strongest[row]) == pytest.approx(wanted[2], abs=1e-5)


def test_branches_have_weights_of_their_own_and_the_positive_one_comes_first():
    torch.manual_seed(0)
    perception = IntensityPerception(6, 5, 4).eval()
    pictures = make_features()
    seen = perception(pictures)
    for place, branch in enumerate((perception.positive, perception.negative)):
        intensity, found, strongest = branch(pictures)
        assert torch.equal(seen.intensities[:, place], intensity[:, 0])
        assert torch.equal(seen.maps[:, place], found[:, 0])
        assert torch.equal(seen.channel_peaks[:, place], strongest[:, 0])
    assert not torch.allclose(seen.maps[:, 0], seen.maps[:, 1])


def test_the_intensity_vector_is_normalised():
    torch.manual_seed(0)
    seen = IntensityPerception(6, 5, 4).eval()(make_features())
    both = to_array(seen.intensities)
    np.testing.assert_allclose(to_array(seen.balance), both / both.sum(1, keepdims=True), atol=1e-5)


def test_maps_follow_what_is_shown():
    torch.manual_seed(0)
    perception = IntensityPerception(6, 5, 4).eval()
    pictures = make_features()
    mirrored = perception(pictures.flip(3))
    seen = perception(pictures)
    torch.testing.assert_close(mirrored.maps, seen.maps.flip(3))
    torch.testing.assert_close(mirrored.intensities, seen.intensities)


def compute_residual_naively(block, picture):
    down = np.maximum(
        0,
        np.einsum("oc,cyx->oyx", to_array(block.down.weight)[:, :, 0, 0], picture)
        + to_array(block.down.bias)[:, None, None],
    )
    weight, (height, width) = to_array(block.filter.weight), picture.shape[1:]
    padded = np.pad(down, ((0, 0), (1, 1), (1, 1)))
    filtered = np.zeros_like(down)
    for o in range(len(weight)):
        for y in range(height):
            for x in range(width):
                filtered[o, y, x] = (weight[o] * padded[:, y : y + 3, x : x + 3]).sum()
    filtered = np.maximum(0, filtered + to_array(block.filter.bias)[:, None, None])
    up = np.einsum("oc,cyx->oyx", to_array(block.up.weight)[:, :, 0, 0], filtered)
    return picture + up + to_array(block.up.bias)[:, None, None]


def test_fusion_against_loops():
    torch.manual_seed(0)
    fusion = Fusion(6, 4, SPREAD).eval()
    torch.nn.init.normal_(fusion.residual.up.weight)
    pictures, maps = make_features(), make_features(inputs=2, seed=2).abs()
    balance = torch.tensor([[0.7, 0.3], [0.2, 0.8]])
    found = fusion(pictures, maps, balance)
    for row in range(2):
        g, n = to_array(pictures[row]), to_array(maps[row])
        attended = g * (n[0] + n[1]) + g
        logits = apply_dense(
            fusion.classify, compute_residual_naively(fusion.residual, attended).mean((1, 2))
        )
        shares = np.exp(logits) / np.exp(logits).sum()
        p, q = to_array(balance[row])
        wanted = (shares + p * to_array(SPREAD[0]) + q * to_array(SPREAD[1])) / 2
        np.testing.assert_allclose(to_array(found[row]), wanted, atol=1e-5)


def test_a_residual_block_begins_as_the_identity():
    block, pictures = ResidualBlock(6, 4), make_features()
    torch.nn.init.zeros_(block.up.bias)
    torch.testing.assert_close(block(pictures), pictures)


@pytest.mark.parametrize("branches", [0, 1, 2])
def test_distributions_are_distributions(branches):
    reading = make_network(branches=branches)(make_features())
    assert reading.distribution.shape == (2, 7)
    assert float(reading.distribution.min()) >= 0
    torch.testing.assert_close(reading.distribution.sum(1), torch.ones(2))
    assert (reading.perception is None) == (branches == 0)


def test_a_single_branch_calls_negative_what_is_not_positive():
    seen = make_network(branches=1)(make_features()).perception
    torch.testing.assert_close(seen.intensities.sum(1), torch.ones(2))


def test_pixels_to_emotion_gives_the_three_arrays():
    class Blocks(torch.nn.Module):
        def forward(self, pixels):
            cells = torch.nn.functional.avg_pool2d(pixels.permute(0, 3, 1, 2).float(), 8)
            return cells.repeat(1, 2, 1, 1) / 255

    whole = PixelsToEmotion(Blocks(), make_network())
    pixels = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    distribution, intensities, maps = whole(pixels)
    assert distribution.shape == (2, 7)
    assert intensities.shape == (2, 2)
    assert maps.shape == (2, 2, 4, 4)
    assert float(maps.min()) >= 0


def test_valence_is_the_mean_step():
    shares = torch.tensor([[0.0, 0, 0, 1, 0, 0, 0], [0.5, 0, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 0, 0, 1]])
    assert mean_valence(shares).tolist() == [4, 4, 7]

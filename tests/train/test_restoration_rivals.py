"""The networks that the generator is compared with."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")
skimage_color = pytest.importorskip("skimage.color", reason="needs scikit-image: make setup-train")

from packshot.train.networks.enhancement.enhancegan import EnhanceGan  # noqa: E402
from packshot.train.networks.enhancement.msbdn import BackProjection, Msbdn  # noqa: E402
from packshot.train.networks.enhancement.mscnn import Mscnn  # noqa: E402
from packshot.train.networks.enhancement.srcnn import Srcnn  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (2, 3, 64, 96), generator=torch.Generator().manual_seed(1)).byte()


@pytest.fixture
def view():
    return torch.randint(0, 256, (2, 3, 64, 64), generator=torch.Generator().manual_seed(2)).byte()


@pytest.mark.parametrize("network", [EnhanceGan, Mscnn, Msbdn])
def test_at_the_start_nothing_changes(network, pixels, view):
    torch.testing.assert_close(network()(pixels, view), pixels.float() / 255, atol=1e-4, rtol=0)


def test_srcnn_has_the_papers_weights():
    shapes = [tuple(p.shape) for p in Srcnn().parameters() if p.ndim == 4]
    assert shapes == [(64, 3, 9, 9), (32, 64, 1, 1), (3, 32, 5, 5)]


def test_enhancegan_knows_lab(pixels):
    lab = EnhanceGan().rgb_to_lab(pixels.float() / 255)
    expected = skimage_color.rgb2lab(pixels.permute(0, 2, 3, 1).numpy())
    np.testing.assert_allclose(lab.permute(0, 2, 3, 1) * 100, expected, atol=0.05)


def test_enhancegan_lifts_lightness_by_its_curve(view):
    network = EnhanceGan()
    grey = torch.full((1, 3, 8, 8), 128, dtype=torch.uint8)
    with torch.no_grad():
        network.curves.bias[:9] = 0.1
        lighter = network(grey, view[:1])
    before, after = network.rgb_to_lab(grey.float() / 255), network.rgb_to_lab(lighter)
    np.testing.assert_allclose((after - before)[:, 0].detach(), 0.1, atol=1e-4)
    np.testing.assert_allclose((after - before)[:, 1:].detach(), 0, atol=1e-4)


def test_mscnn_can_undo_haze(view):
    """J = (I - A) / t + A is one factor and one addend."""
    haze, air = 0.6, 0.9
    clear = torch.randint(0, 256, (1, 3, 16, 16), generator=torch.Generator().manual_seed(0)) / 255
    hazy = ((clear * haze + air * (1 - haze)) * 255).round().byte()
    network = Mscnn()
    with torch.no_grad():
        network.coarse.combine.bias[:3] = 1 / haze - 1
        network.coarse.combine.bias[3:] = air * (1 - 1 / haze)
    torch.testing.assert_close(network(hazy, view[:1]), clear, atol=0.01, rtol=0)


def test_back_projection_leaves_what_agrees_with_the_other_scales():
    fuse = BackProjection(4, [(6, 2.0), (5, 0.5)])
    for layer in fuse.back:
        torch.nn.init.zeros_(layer.bias)
    with torch.no_grad():
        x = torch.ones(1, 4, 8, 8)
        others = [
            fuse.project[0](torch.ones(1, 4, 16, 16)),
            fuse.project[1](torch.ones(1, 4, 4, 4)),
        ]
        torch.testing.assert_close(fuse(x, others), x)
        others[0] = others[0] + 1
        assert (fuse(x, others) - x).abs().max() > 1e-3

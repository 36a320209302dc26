"""Tone curves for the whole photo, read off a small view of it.

An extension of the network of R. Zhang (2024; docs/methods.md, section 2.4), to be left out at will. Too
little light and a colour cast concern the whole photo, and a tile does not show the whole; a
view of 64 x 64 pixels does, at no cost. The view also gives the context vector of the channel
attention.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.enhance.network import VIEW_SIDE

TONES = 256
"""Values of 8 bits."""

_KNOTS = 17
"""Points of a curve between which it is linear, 16 tones apart. A judgement."""

_QUANTILES = 17
"""Quantiles of each channel that the network sees. A judgement."""

_CHANNELS = (3, 16, 32, 48, 64)
"""Of the convolutions over the view, each at half the side of the one before. A judgement."""


@dataclass(frozen=True)
class Grading:
    """The change of a whole photo's tones and colours.

    Attributes:
        table: (B, 3, 256) value, 0..1 nominally, that each stored value of each channel becomes.
        colour_matrix: (B, 3, 3) matrix applied to the colours after that.
        context: (B, K) what the view shows, for the channel attention.

    Example:
        >>> grading = GlobalCurves(context=4).eval()(torch.rand(1, 3, 64, 64))
        >>> tuple(grading.table.shape), grading.colour_matrix[0].tolist()
        ((1, 3, 256), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    """

    table: Tensor
    colour_matrix: Tensor
    context: Tensor


class GlobalCurves(nn.Module):
    """Reads curves and context off a view by a small convolutional network.

    A curve is the identity plus an offset, linear between 17 knots. At the start all offsets are zero.

    Args:
        context: Length of the context vector.
        hidden: Width of the layer between.

    Example:
        >>> grading = GlobalCurves(context=4).eval()(torch.rand(1, 3, 64, 64))
        >>> [round(value, 2) for value in grading.table[0, 0, [0, 51, 255]].tolist()]  # at first
        [0.0, 0.2, 1.0]
    """

    identity: Tensor
    hats: Tensor
    places: Tensor

    def __init__(self, context: int, hidden: int = 96) -> None:
        super().__init__()
        steps = itertools.pairwise(_CHANNELS)
        layers = [layer for a, b in steps for layer in (nn.Conv2d(a, b, 3, 2, 1), nn.ReLU())]
        self.look = nn.Sequential(*layers)
        inputs = 2 * _CHANNELS[-1] + 3 * _QUANTILES
        self.think = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.context = nn.Linear(hidden, context)
        self.curves = nn.Linear(hidden, 3 * _KNOTS)
        self.mixing = nn.Linear(hidden, 9)
        for layer in (self.curves, self.mixing):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.register_buffer("identity", torch.linspace(0, 1, TONES), persistent=False)
        self.register_buffer("hats", _make_hat_functions(), persistent=False)
        places = torch.linspace(0, VIEW_SIDE**2 - 1, _QUANTILES).round().long()
        self.register_buffer("places", places, persistent=False)

    def forward(self, view: Tensor) -> Grading:
        """Grade (B, 3, 64, 64) views, 0..1."""
        maps = self.look(view)
        quantiles = view.flatten(2).sort(dim=2).values[:, :, self.places]
        statistics = [maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3)), quantiles.flatten(1)]
        hidden = self.think(torch.cat(statistics, dim=1))
        offsets = self.curves(hidden).reshape(-1, 3, _KNOTS)
        mixing = self.mixing(hidden).reshape(-1, 3, 3)
        return Grading(
            table=self.identity + offsets @ self.hats,
            colour_matrix=torch.eye(3, device=view.device) + mixing,
            context=torch.relu(self.context(hidden)),
        )


def apply_grading(pixels: Tensor, grading: Grading) -> Tensor:
    """Apply curves, then mixing.

    Args:
        pixels: (B, 3, H, W) whole numbers 0..255, int64.
        grading: Of the whole photos these are parts of.

    Returns:
        (B, 3, H, W), 0..1 nominally.

    Example:
        >>> table = torch.linspace(1, 0, 256).repeat(1, 3, 1)  # a negative
        >>> grading = Grading(table, torch.eye(3)[None], torch.zeros(1, 0))
        >>> pixels = torch.tensor([255, 0, 51]).reshape(1, 3, 1, 1)
        >>> [round(value, 2) for value in apply_grading(pixels, grading).flatten().tolist()]
        [0.0, 1.0, 0.8]
    """
    shape = pixels.shape
    toned = torch.gather(grading.table, 2, pixels.flatten(2))
    return (grading.colour_matrix @ toned).reshape(shape)


def _make_hat_functions() -> Tensor:
    """Return the (17, 256) weights of each knot at each stored value: linear interpolation."""
    knots = torch.linspace(0, 1, _KNOTS)[:, None]
    distance = (torch.linspace(0, 1, TONES)[None] - knots).abs() * (_KNOTS - 1)
    return (1 - distance).clamp(min=0)

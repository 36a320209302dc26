"""The distortion encoder: a photo's damage as a vector that retrieval can use.

Frozen ImageNet features of both views are projected to a short vector. In the source (R. Zhang,
"Optimizing and Assessing the Quality of E-Commerce Product Images Using Deep Learning Techniques", 2024)
the vector is what a classifier of distortion kinds has before its last layer (docs/methods.md, section
1.2, equation 1.3); here the same vector also learns that photos of like quality lie close together,
because plain cosine on features does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

LEVELS = 6
"""Levels of damage told apart: none, and five."""

SIMILARITY_SHARES = (0.3, 0.6, 0.1)
"""Parts of a similarity: the projected vector, people's quality, the ensemble's; their sum is 1. Chosen
with the temperature on held-out rated photos and held-out damaged products (decision 6)."""

_READOUTS = len(SIMILARITY_SHARES) - 1
_CLIP = 6.0
"""Deviations at which a standardised feature is cut, so that one extreme does not decide. A
convention."""

_QUALITY_MARGIN = 0.1
"""Quality outside 0..1 that still counts: the best and the worst differ among themselves. A
judgement."""


@dataclass(frozen=True)
class ProjectionShape:
    """Sizes of the projection.

    Attributes:
        inputs: Length of the concatenated features.
        hidden: Width of the hidden layer.
        vector: Length of the distortion vector.
        kinds: Distortion kinds told apart, pristine included.

    Example:
        >>> shape = ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)
        >>> Projection(shape).layers[-1].out_features
        8
    """

    inputs: int
    hidden: int
    vector: int
    kinds: int


@dataclass(frozen=True)
class ProjectionOutput:
    """The projection's answer for a batch.

    Attributes:
        vector: (B, D) distortion vectors, unit length.
        kinds: (B, Z) logits of the kinds.
        levels: (B, 6) logits of the levels 0..5.
        quality: (B,) quality, 0..1 nominally; trains the vector, is not what is published.
        code: (B, D + 4) what ships: the vector and the angles of both linear readouts, unit length.

    Example:
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> output = projection(torch.zeros(2, 40))
        >>> tuple(output.code.shape), tuple(output.kinds.shape), tuple(output.levels.shape)
        ((2, 12), (2, 5), (2, 6))
    """

    vector: Tensor
    kinds: Tensor
    levels: Tensor
    quality: Tensor
    code: Tensor


class Readouts(nn.Module):
    """Quality read off standardised features by two lines, as angles.

    A cosine between vectors cannot order photos by one number, but it can compare angles: each quality q
    becomes the point ``(cos pi q, sin pi q)``, so that the similarity of two photos falls with the
    difference of their qualities. A strongly regularised line over all features generalises better than
    what two layers learn from a few thousand ratings; the layers know more about damage.

    Example:
        >>> points = Readouts(4)(torch.zeros(1, 4))  # before the fit every quality is a half
        >>> points[0].abs().round().tolist()
        [[0.0, 1.0], [0.0, 1.0]]
    """

    weights: Tensor
    offsets: Tensor

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(_READOUTS, inputs))
        self.register_buffer("offsets", torch.full((_READOUTS,), 0.5))

    def forward(self, scaled: Tensor) -> Tensor:
        """Points on the half circle, (B, 2, 2), of (B, F) standardised features."""
        quality = (scaled @ self.weights.T + self.offsets).clamp(-_QUALITY_MARGIN, 1 + _QUALITY_MARGIN)
        return torch.stack([torch.cos(torch.pi * quality), torch.sin(torch.pi * quality)], dim=2)


class Projection(nn.Module):
    """Standardise features, project them in two layers, classify from the vector.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> projection.fit_scaling(torch.randn(100, 40) * 3 + 5)
        >>> round(projection(torch.randn(2, 40) * 3 + 5).code.norm(dim=1).mean().item(), 4)
        1.0
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: ProjectionShape, dropout: float = 0.4) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.inputs))
        self.register_buffer("deviation", torch.ones(shape.inputs))
        self.layers = nn.Sequential(
            nn.Dropout(dropout / 2),
            nn.Linear(shape.inputs, shape.hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(shape.hidden, shape.vector),
        )
        self.kinds = nn.Linear(shape.vector, shape.kinds)
        self.levels = nn.Linear(shape.vector, LEVELS)
        self.quality = nn.Linear(shape.vector, 1)
        self.readouts = Readouts(shape.inputs)

    def fit_scaling(self, features: Tensor) -> None:
        """Take location and scale from (N, F) features."""
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0) + 1e-3)

    def scale_features(self, features: Tensor) -> Tensor:
        """Features standardised, extremes cut."""
        return ((features - self.mean) / self.deviation).clamp(-_CLIP, _CLIP)

    def forward(self, features: Tensor) -> ProjectionOutput:
        """Read (B, F) features."""
        scaled = self.scale_features(features)
        raw = self.layers(scaled)
        vector = F.normalize(raw, dim=1)
        parts = [vector, *self.readouts(scaled).unbind(1)]
        weighted = [share**0.5 * part for share, part in zip(SIMILARITY_SHARES, parts, strict=True)]
        return ProjectionOutput(
            vector=vector,
            kinds=self.kinds(raw),
            levels=self.levels(raw),
            quality=self.quality(raw).squeeze(1) + 0.5,
            code=torch.cat(weighted, dim=1),
        )


class ProjectionHead(nn.Module):
    """The projection as it ships: five blocks of features in, vector, kinds and level out.

    Example:
        >>> head = ProjectionHead(Projection(ProjectionShape(10, 16, 8, 5))).eval()
        >>> code, kinds, level = head(*(torch.zeros(1, 2) for _ in range(5)))
        >>> tuple(code.shape), round(kinds.sum().item(), 4), 0 <= level.item() <= 5
        ((1, 12), 1.0, True)
    """

    def __init__(self, projection: Projection) -> None:
        super().__init__()
        self.projection = projection

    def forward(
        self,
        whole_content: Tensor,
        whole_statistics: Tensor,
        measured: Tensor,
        native_content: Tensor,
        native_statistics: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Read the features of both views.

        Args:
            whole_content: (B, 1280) head vector of the whole view.
            whole_statistics: (B, 1632) stage statistics of the whole view.
            measured: (B, 2 K) measurements, see `packshot.encode.measurement_input`.
            native_content: (B, 1280) head vector of the native view.
            native_statistics: (B, 1632) stage statistics of the native view.

        Returns:
            (B, D + 4) distortion vectors, (B, Z) kind probabilities, (B,) expected level 0..5.
        """
        blocks = [whole_content, whole_statistics, measured, native_content, native_statistics]
        output = self.projection(torch.cat(blocks, dim=1))
        steps = torch.arange(LEVELS, dtype=torch.float32)
        level = (output.levels.softmax(1) * steps).sum(1)
        return output.code, output.kinds.softmax(1), level

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

from packshot.train.features import CONTENT_SIZE
from packshot.train.networks.kernel_head import KernelHead
from packshot.train.networks.quality_head import READINGS, QualityHead

LEVELS = 6
"""Levels of damage told apart: none, and five."""

VECTOR_SHARE = 0.3
"""Part of a similarity that the projected vector has, 0..1."""

READING_SHARES = (0.25, 0.15, 0.15, 0.15)
"""Parts of the readings. With `VECTOR_SHARE` their sum is 1; chosen with the temperature on held-out
rated photos (docs/decisions/0034-a-score-that-means-what-a-shop-means.md)."""

_CLIP = 6.0
"""Deviations at which a standardised feature is cut, so that one extreme does not decide. A
convention."""

QUALITY_MARGIN = 0.1
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
        faults: Faults whose chance is told.
        content: Length of the content vector, which comes first in the features.

    Example:
        >>> shape = ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)
        >>> Projection(shape).layers[-1].out_features
        8
    """

    inputs: int
    hidden: int
    vector: int
    kinds: int
    faults: int = 0
    content: int = CONTENT_SIZE


@dataclass(frozen=True)
class ProjectionOutput:
    """The projection's answer for a batch.

    Attributes:
        vector: (B, D) distortion vectors, unit length.
        kinds: (B, Z) logits of the kinds.
        levels: (B, 6) logits of the levels 0..5.
        quality: (B,) quality, 0..1 nominally; trains the vector, is not what is published.
        code: (B, D + 8) what ships: the vector and the angles of the readings, unit length.
        readouts: What the lines say.

    Example:
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> output = projection(torch.zeros(2, 40))
        >>> tuple(output.code.shape), tuple(output.kinds.shape), tuple(output.levels.shape)
        ((2, 16), (2, 5), (2, 6))
    """

    vector: Tensor
    kinds: Tensor
    levels: Tensor
    quality: Tensor
    code: Tensor
    readouts: ReadoutOutput


class Readouts(nn.Module):
    """Readings of quality, chances of faults, and of a product photo: by lines, and by a taught head.

    A strongly regularised line over all standardised features generalises better than what two layers
    learn from a few thousand ratings; the layers know more about damage. What the network that was
    taught the whole view says of it by itself is worth as much: both are averaged. A cosine between
    vectors cannot order photos by one number, but it can compare angles: each reading q becomes the
    point ``(cos pi q, sin pi q)``, so that the similarity of two photos falls with the difference of
    their readings.

    Example:
        >>> readouts = Readouts(inputs=4, faults=2)
        >>> readouts(torch.zeros(1, 4)).readings.tolist()  # before the fit every reading is a half
        [[0.5, 0.5, 0.5, 0.5]]
        >>> taught = torch.full((1, 7), 20.0)  # sure of everything
        >>> readouts(torch.zeros(1, 4), taught, share=0.25).readings.tolist()
        [[0.625, 0.625, 0.625, 0.625]]
    """

    weights: Tensor
    offsets: Tensor
    slopes: Tensor
    taught_slopes: Tensor
    intercepts: Tensor

    def __init__(self, inputs: int, faults: int = 0) -> None:
        super().__init__()
        self.faults = faults
        rows = len(READINGS) + faults + 1
        self.register_buffer("weights", torch.zeros(rows, inputs))
        self.register_buffer("offsets", torch.full((rows,), 0.5))
        self.register_buffer("slopes", torch.ones(faults + 1))
        self.register_buffer("taught_slopes", torch.zeros(faults + 1))
        self.register_buffer("intercepts", torch.zeros(faults + 1))

    def forward(self, scaled: Tensor, taught: Tensor | None = None, share: float = 0.0) -> ReadoutOutput:
        """Read features.

        Args:
            scaled: (B, F), standardised.
            taught: (B, 4 + faults + 1) logits of a head; None where there is none.
            share: Part of a reading, 0..1, that these have; the line has the rest.
        """
        lines = scaled @ self.weights.T + self.offsets
        quality, chances = lines[:, : len(READINGS)], lines[:, len(READINGS) :]
        logits = chances * self.slopes + self.intercepts
        if taught is not None:
            told = torch.sigmoid(taught[:, : len(READINGS)])
            quality = share * told + (1 - share) * quality
            logits = logits + taught[:, len(READINGS) :] * self.taught_slopes
        quality = quality.clamp(-QUALITY_MARGIN, 1 + QUALITY_MARGIN)
        told_chances = torch.sigmoid(logits)
        return ReadoutOutput(quality, told_chances[:, : self.faults], told_chances[:, self.faults])


@dataclass(frozen=True)
class ReadoutOutput:
    """What the lines say of a batch.

    Attributes:
        readings: (B, 4) by `READINGS`, 0..1 and a little beyond.
        faults: (B, Y) chance of each fault.
        product: (B,) chance that it is a product photo.

    Example:
        >>> output = Readouts(inputs=4, faults=2)(torch.zeros(1, 4))
        >>> output.faults.shape, output.product.shape
        (torch.Size([1, 2]), torch.Size([1]))
    """

    readings: Tensor
    faults: Tensor
    product: Tensor

    @property
    def points(self) -> Tensor:
        """(B, 4, 2) the readings as points of the half circle."""
        angles = torch.pi * self.readings
        return torch.stack([torch.cos(angles), torch.sin(angles)], dim=2)


def join_code(vector: Tensor, readouts: ReadoutOutput) -> Tensor:
    """Join a projected vector and readings to what ships: cosines of it are those of its parts, shared.

    Args:
        vector: (B, D), unit length.
        readouts: Whose readings.

    Returns:
        (B, D + 8), unit length.

    Example:
        >>> readouts = Readouts(inputs=4)(torch.zeros(2, 4))
        >>> join_code(torch.eye(2), readouts).norm(dim=1).round(decimals=4).tolist()
        [1.0, 1.0]
    """
    shares = (VECTOR_SHARE, *READING_SHARES)
    parts = [vector, *readouts.points.unbind(1)]
    weighted = [share**0.5 * part for share, part in zip(shares, parts, strict=True)]
    return torch.cat(weighted, dim=1)


class Projection(nn.Module):
    """Standardise features, project them in two layers, classify from the vector.

    Attributes:
        shape: Its sizes.
        taught: Head of the network that was taught the whole view, whose features come first; None for
            one that was not.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> projection.fit_scaling(torch.randn(100, 40) * 3 + 5)
        >>> round(projection(torch.randn(2, 40) * 3 + 5).code.norm(dim=1).mean().item(), 4)
        1.0
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        shape: ProjectionShape,
        dropout: float = 0.4,
        taught: QualityHead | KernelHead | None = None,
    ) -> None:
        super().__init__()
        self.shape = shape
        self.taught = None if taught is None else taught.requires_grad_(False).eval()
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
        self.readouts = Readouts(shape.inputs, shape.faults)

    def fit_scaling(self, features: Tensor) -> None:
        """Take location and scale from (N, F) features."""
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0) + 1e-3)

    def scale_features(self, features: Tensor) -> Tensor:
        """Features standardised, extremes cut."""
        return ((features - self.mean) / self.deviation).clamp(-_CLIP, _CLIP)

    def ask_taught(self, features: Tensor) -> Tensor | None:
        """Logits of the taught head for (B, F) features; None without one."""
        return None if self.taught is None else self.taught(features[:, : self.taught.inputs])

    def forward(self, features: Tensor) -> ProjectionOutput:
        """Read (B, F) features."""
        scaled = self.scale_features(features)
        raw = self.layers(scaled)
        vector = F.normalize(raw, dim=1)
        share = 0.0 if self.taught is None else self.taught.share
        readouts: ReadoutOutput = self.readouts(scaled, self.ask_taught(features), share)
        return ProjectionOutput(
            vector=vector,
            kinds=self.kinds(raw),
            levels=self.levels(raw),
            quality=self.quality(raw).squeeze(1) + 0.5,
            code=join_code(vector, readouts),
            readouts=readouts,
        )


class ProjectionHead(nn.Module):
    """The projection as it ships: five blocks of features in, everything that is told of a photo out.

    Example:
        >>> head = ProjectionHead(Projection(ProjectionShape(10, 16, 8, 5, faults=3))).eval()
        >>> code, kinds, level, readings, faults, product = head(*(torch.zeros(1, 2) for _ in range(5)))
        >>> tuple(code.shape), round(kinds.sum().item(), 4), 0 <= level.item() <= 5, readings.tolist()
        ((1, 16), 1.0, True, [[50.0, 50.0, 50.0, 50.0]])
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
    ) -> tuple[Tensor, ...]:
        """Read the features of both views.

        Args:
            whole_content: (B, 1280) head vector of the whole view.
            whole_statistics: (B, 3360) statistics of the whole view.
            measured: (B, 2 K) measurements, see `packshot.encode.measurement_input`.
            native_content: (B, 1280) head vector of the native view.
            native_statistics: (B, 1632) stage statistics of the native view.

        Returns:
            (B, D + 8) distortion vectors, (B, Z) kind probabilities, (B,) expected level 0..5, (B, 4)
            readings 0..100 and a little beyond, (B, Y) chances of faults, (B,) chance of a product
            photo.
        """
        blocks = [whole_content, whole_statistics, measured, native_content, native_statistics]
        output = self.projection(torch.cat(blocks, dim=1))
        steps = torch.arange(LEVELS, dtype=torch.float32)
        level = (output.levels.softmax(1) * steps).sum(1)
        readouts = output.readouts
        told = (100 * readouts.readings, readouts.faults, readouts.product)
        return output.code, output.kinds.softmax(1), level, *told

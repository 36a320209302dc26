"""What rated photos say of another by kernel ridge regression, in the form of a `QualityHead`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from packshot.arrays import Float32Array, Float64Array, IndexArray

_CLIP = 6.0
"""Deviations at which a standardised feature is cut. A convention."""

_MARGIN = 0.01
"""Distance from 0 and 1 that a prediction keeps, so that its log odds are finite."""


@dataclass(frozen=True, eq=False)
class KernelTargets:
    """Targets that some of the photos have.

    Attributes:
        rows: (M,) the photos that have them.
        values: (M, K), 0..1.

    Example:
        >>> KernelTargets(np.arange(3), np.zeros((3, 2))).values.shape
        (3, 2)
    """

    rows: IndexArray
    values: Float64Array


class KernelHead(nn.Module):
    """Kernel ridge regression with a Gaussian kernel, as log odds.

    Attributes:
        share: As of a `QualityHead`: of five shares, from 0 to 1, the one with which all three readings
            ordered the photos held out well.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(60, 2)).astype(np.float32)
        >>> targets = KernelTargets(np.arange(60), 1 / (1 + np.exp(-features[:, :1].astype(float))))
        >>> head = KernelHead.fit(features, [targets], penalty=0.01, sharpness=0.5)
        >>> odds = head(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))[:, 0]
        >>> bool((odds - torch.tensor([0.0, 1.0])).abs().max() < 0.3)
        True
    """

    share: Final = 0.75

    mean: Tensor
    deviation: Tensor
    points: Tensor
    weights: Tensor
    offsets: Tensor

    def __init__(self, inputs: int, points: int, outputs: int, sharpness: float) -> None:
        super().__init__()
        self.inputs, self.sharpness = inputs, sharpness
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("deviation", torch.ones(inputs))
        self.register_buffer("points", torch.zeros(points, inputs))
        self.register_buffer("weights", torch.zeros(points, outputs))
        self.register_buffer("offsets", torch.zeros(outputs))

    @classmethod
    def fit(
        cls,
        features: Float32Array,
        targets: Sequence[KernelTargets],
        penalty: float,
        sharpness: float,
    ) -> KernelHead:
        """Fit.

        Args:
            features: (N, F) of all photos that have any target.
            targets: Their columns, one after the other, are the outputs.
            penalty: Above 0; larger is smoother.
            sharpness: Of the kernel, over standardised features divided by the root of F.
        """
        outputs = sum(part.values.shape[1] for part in targets)
        head = cls(features.shape[1], len(features), outputs, sharpness)
        head.mean.copy_(torch.from_numpy(features.mean(axis=0)))
        head.deviation.copy_(torch.from_numpy(features.std(axis=0) + 1e-6))
        head.points.copy_(head.scale(torch.from_numpy(features)))
        kernel = head.compare(head.points).numpy().astype(np.float64)
        column = 0
        for part in targets:
            end, centre = column + part.values.shape[1], part.values.mean(axis=0)
            known = kernel[np.ix_(part.rows, part.rows)] + penalty * np.eye(len(part.rows))
            solved = np.linalg.solve(known, part.values - centre)
            head.weights[part.rows, column:end] = torch.from_numpy(solved).float()
            head.offsets[column:end] = torch.from_numpy(centre).float()
            column = end
        return head.eval()

    def scale(self, features: Tensor) -> Tensor:
        """Standardise (B, F) features and divide by the root of F."""
        scaled: Tensor = ((features - self.mean) / self.deviation).clamp(-_CLIP, _CLIP)
        return scaled / float(np.sqrt(self.inputs))

    def compare(self, scaled: Tensor) -> Tensor:
        """(B, N) kernel of scaled features with all points."""
        squares = scaled.square().sum(1, keepdim=True) + self.points.square().sum(1)
        distances: Tensor = (squares - 2 * scaled @ self.points.T).clamp(min=0)
        kernel: Tensor = torch.exp(-self.sharpness * distances)
        return kernel

    def predict(self, features: Tensor) -> Tensor:
        """Predict the targets of (B, F) features; (B, K)."""
        return self.compare(self.scale(features)) @ self.weights + self.offsets

    def forward(self, features: Tensor) -> Tensor:
        """Read (B, F) features; (B, K) log odds of the predictions."""
        return torch.logit(self.predict(features).clamp(_MARGIN, 1 - _MARGIN))

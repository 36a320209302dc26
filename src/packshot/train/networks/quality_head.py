"""What a taught network says of quality, faults, and kind of photo, from its own features."""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from packshot.assess.atlas import Calibrated

READINGS = tuple(aspect.value for aspect in Calibrated if aspect is not Calibrated.PEOPLE_TECHNICAL)
"""What is read off features as points: the three ratings of product photos, and what people say of
photos of anything."""


class QualityHead(nn.Module):
    """A layer normalisation and a line for each thing that is told.

    Attributes:
        share: Part of a reading, 0..1, and of the log odds of a fault, that it has beside a line over
            all features. Of none, a quarter and a half the one that ordered photos of other shops best,
            on the photos held out.
        inputs: Length of the features.
        faults: How many faults.
        max_feature: Features above are cut: deviations of early stages have no bound.

    Example:
        >>> import torch
        >>> head = QualityHead(inputs=6, faults=2).eval()
        >>> tuple(head(torch.zeros(3, 6)).shape)  # 4 readings, 2 faults, a product photo or not
        (3, 7)
    """

    share: Final = 0.25

    def __init__(self, inputs: int, faults: int, max_feature: float = 30.0) -> None:
        super().__init__()
        self.inputs, self.max_feature = inputs, max_feature
        self.norm = nn.LayerNorm(inputs)
        self.lines = nn.Linear(inputs, len(READINGS) + faults + 1)

    def normalise(self, features: Tensor) -> Tensor:
        """Normalise (B, inputs) features."""
        normalised: Tensor = self.norm(features.clamp(max=self.max_feature))
        return normalised

    def forward(self, features: Tensor) -> Tensor:
        """Read (B, inputs) features.

        Returns:
            (B, 4 + faults + 1) logits: the readings by `READINGS`, the chance of each fault, that of a
            product photo.
        """
        logits: Tensor = self.lines(self.normalise(features))
        return logits

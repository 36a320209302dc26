"""The mask network: where the product is, in photos whose background does not tell."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.model import Model
from packshot.encode.views import whole_view
from packshot.errors import ModelError

MASK_MODEL: Final = "mask.onnx"

VIEW_SIDE: Final = 256
"""Photos are squeezed to a square of this side, in pixels, for the mask network."""

LEAST_CONFIDENCE: Final = 0.5
"""Below this the network abstains."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """What the network says of a photo.

    Attributes:
        product: (S / 2, S / 2) how likely each part of the squeezed photo is product, 0..1.
        presence: How likely the photo shows a product at all, 0..1.
    """

    product: Float32Array
    presence: float

    @property
    def overlap(self) -> float:
        """Intersection over union with the truth that its own probabilities expect; 0..1."""
        likely = self.product >= 0.5
        sure, missed = self.product[likely].sum(), self.product[~likely].sum()
        either = np.count_nonzero(likely) + missed
        return float(sure / either) if either > 0 else 0.0


@dataclass(frozen=True)
class Calibration:
    """From what the network says to the chance that its mask is right.

    Attributes:
        offset: Of the log odds.
        overlap: Log odds per log odds of the expected overlap.
        presence: Log odds per log odds of presence.
    """

    offset: float
    overlap: float
    presence: float

    def confidence(self, seen: Likelihood) -> float:
        """The chance, 0..1, that there is a product and that the mask overlaps it by 0.8."""
        odds = (
            self.offset + self.overlap * log_odds(seen.overlap) + self.presence * log_odds(seen.presence)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def log_odds(probability: float) -> float:
    """Logarithm of p / (1 - p), with p kept within 0.001 and 0.999."""
    kept = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(kept / (1 - kept))


@dataclass(frozen=True)
class MaskNetwork:
    """Photos to product masks. Build with `packaged`.

    Attributes:
        model: The network.
    """

    model: Model

    @classmethod
    def packaged(cls, threads: int = 1) -> MaskNetwork:
        """The network that ships with the package.

        Args:
            threads: Threads that one call may use; the masks do not depend on it.
        """
        return cls(Model.packaged(MASK_MODEL, threads))

    @cached_property
    def calibration(self) -> Calibration:
        """How far to trust it.

        Raises:
            ModelError: The file does not say.
        """
        text = self.model.session.get_modelmeta().custom_metadata_map.get("calibration")
        if text is None:
            raise ModelError(f"{self.model.name} does not state its calibration")
        return Calibration(**json.loads(text))

    def see(self, pixels: Pixels) -> Likelihood:
        """Look for the product.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """
        seen = self.model.run(pixels=whole_view(pixels, VIEW_SIDE)[None])
        return Likelihood(seen["product"][0], float(seen["presence"][0]))

    def confidence(self, seen: Likelihood) -> float:
        """The chance, 0..1, that what was seen is a product and lies there."""
        return self.calibration.confidence(seen)

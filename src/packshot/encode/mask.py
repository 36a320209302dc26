"""The mask network: it finds the product in photos whose background does not tell."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.errors import ModelError

MASK_MODEL: Final = "mask.onnx"

VIEW_SIDE: Final = 256
"""Photos are squeezed to a square of this side, in pixels, for the mask network."""

MIN_CONFIDENCE: Final = 0.5
"""Chance, 0..1, that the mask is right (`MaskCalibration`), below which the network abstains: a mask
that is used is right more often than not. Calibrated on 400 held-out composites and scenes
(`packshot/weights/mask.md`)."""


@dataclass(frozen=True, eq=False)
class MaskPrediction:
    """Output of the network for one photo.

    Attributes:
        product: (S / 2, S / 2) how likely each part of the squeezed photo is product, 0..1.
        presence: How likely the photo shows a product at all, 0..1.

    Example:
        >>> import numpy as np
        >>> prediction = MaskPrediction(product=np.array([[0.9, 0.1], [0.8, 0.2]]), presence=0.97)
        >>> round(prediction.overlap_estimate, 2)
        0.74
    """

    product: Float32Array
    presence: float

    @property
    def overlap_estimate(self) -> float:
        """Intersection over union with the truth that its own probabilities expect; 0..1."""
        is_product = self.product >= 0.5
        expected_intersection, expected_missed = (
            self.product[is_product].sum(),
            self.product[~is_product].sum(),
        )
        expected_union = np.count_nonzero(is_product) + expected_missed
        return float(expected_intersection / expected_union) if expected_union > 0 else 0.0


@dataclass(frozen=True)
class MaskCalibration:
    """Calibration: from what the network says to the chance that its mask is right.

    Attributes:
        offset: Of the log odds.
        overlap: Log odds per log odds of the expected overlap.
        presence: Log odds per log odds of presence.

    Example:
        >>> import numpy as np
        >>> calibration = MaskCalibration(offset=-1.0, overlap=1.0, presence=0.5)
        >>> prediction = MaskPrediction(product=np.full((2, 2), 0.9), presence=0.95)
        >>> round(calibration.confidence(prediction), 2)
        0.94
    """

    offset: float
    overlap: float
    presence: float

    def confidence(self, prediction: MaskPrediction) -> float:
        """Compute the chance, 0..1, that there is a product and that the mask overlaps it by 0.8."""
        odds = (
            self.offset
            + self.overlap * log_odds(prediction.overlap_estimate)
            + self.presence * log_odds(prediction.presence)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def log_odds(probability: float) -> float:
    """Compute the logarithm of p / (1 - p), with p kept within 0.001 and 0.999.

    Example:
        >>> round(log_odds(0.5), 3), round(log_odds(0.9), 3), log_odds(1.0) == log_odds(0.999)
        (0.0, 2.197, True)
    """
    clipped = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(clipped / (1 - clipped))


@dataclass(frozen=True)
class MaskNetwork:
    """Photos to product masks. Build with `load_shipped`.

    Attributes:
        model: The network.

    Example:
        >>> from packshot.photo import Photo
        >>> network = MaskNetwork.load_shipped()
        >>> prediction = network.predict(Photo.open("examples/photos/mug.jpg").pixels)
        >>> prediction.product.shape, network.confidence(prediction) > MIN_CONFIDENCE
        ((128, 128), True)
    """

    model: Model

    @classmethod
    def load_shipped(cls, threads: int = 1) -> MaskNetwork:
        """Load the network that ships with the package.

        Args:
            threads: Threads that one call may use; the masks do not depend on it.
        """
        return cls(Model.load_shipped(MASK_MODEL, threads))

    @cached_property
    def calibration(self) -> MaskCalibration:
        """Calibration of its confidence.

        Raises:
            ModelError: The file does not say.
        """
        text = self.model.session.get_modelmeta().custom_metadata_map.get("calibration")
        if text is None:
            raise ModelError(f"{self.model.name} does not state its calibration")
        return MaskCalibration(**json.loads(text))

    def predict(self, pixels: Pixels) -> MaskPrediction:
        """Predict where the product is.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """
        outputs = self.model.run(pixels=to_whole_view(pixels, VIEW_SIDE)[None])
        return MaskPrediction(outputs["product"][0], float(outputs["presence"][0]))

    def confidence(self, prediction: MaskPrediction) -> float:
        """Compute the chance, 0..1, that what was seen is a product and lies there."""
        return self.calibration.confidence(prediction)

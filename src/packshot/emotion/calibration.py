"""Calibration of the emotion network: when a side counts, and how sure the polarity is."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from packshot.encode import Model
from packshot.errors import ModelError
from packshot.report import Polarity

_POLARITIES = {
    (True, True): Polarity.MIXED,
    (True, False): Polarity.POSITIVE,
    (False, True): Polarity.NEGATIVE,
    (False, False): Polarity.NEUTRAL,
}


_METADATA_KEYS = {"positive_threshold": "positive_bar", "negative_threshold": "negative_bar"}
"""What files of models call some of the constants."""


@dataclass(frozen=True)
class EmotionCalibration:
    """Constants that were set with the network, on photos it was not trained on.

    Attributes:
        positive_threshold: Intensity, 0..1, from which the positive side counts as present.
        negative_threshold: The same of the negative side.
        probability_scale: Slope of the logistic of the mean valence, per step of the scale.
        probability_offset: Its constant.

    Example:
        >>> calibration = EmotionCalibration(0.4, 0.3, probability_scale=2.0, probability_offset=-8.0)
        >>> calibration.polarity(positive=0.6, negative=0.1).value, calibration.probability(valence=4.0)
        ('positive', 0.5)
    """

    positive_threshold: float
    negative_threshold: float
    probability_scale: float
    probability_offset: float

    @classmethod
    def from_model(cls, model: Model) -> EmotionCalibration:
        """Read the constants in a model's file.

        Raises:
            ModelError: One is missing, or is not a finite number.
        """
        return cls(**{field.name: _read_number(model, field.name) for field in fields(cls)})

    def polarity(self, positive: float, negative: float) -> Polarity:
        """Return the polarity: which sides are present, by their intensities of 0..1."""
        return _POLARITIES[positive >= self.positive_threshold, negative >= self.negative_threshold]

    def probability(self, valence: float) -> float:
        """Compute the chance that a photo is rated pleasant, given that it is not rated in between.

        Args:
            valence: Mean of the distribution over the ratings, 1..7.
        """
        return 0.5 + 0.5 * math.tanh((self.probability_scale * valence + self.probability_offset) / 2)


def _read_number(model: Model, name: str) -> float:
    key = _METADATA_KEYS.get(name, name)
    value = model.read_metadata(key)
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ModelError(f"{model.name} states {value!r} as its {key}: not a number")
    return float(value)

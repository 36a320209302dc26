"""From what the network answers to words: when a side counts, and how sure the polarity is."""

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


@dataclass(frozen=True)
class EmotionCalibration:
    """Constants that were set with the network, on photos it was not trained on.

    Attributes:
        positive_bar: Intensity, 0..1, from which the positive side counts as present.
        negative_bar: The same of the negative side.
        probability_scale: Slope of the logistic of the mean valence, per step of the scale.
        probability_offset: Its constant.
    """

    positive_bar: float
    negative_bar: float
    probability_scale: float
    probability_offset: float

    @classmethod
    def from_model(cls, model: Model) -> EmotionCalibration:
        """The constants in a model's file.

        Raises:
            ModelError: One is missing, or is not a finite number.
        """
        constants = {field.name: model.read_metadata(field.name) for field in fields(cls)}
        for name, value in constants.items():
            if type(value) not in (int, float) or not math.isfinite(value):
                raise ModelError(f"{model.name} states {value!r} as its {name}: not a number")
        return cls(**constants)

    def polarity(self, positive: float, negative: float) -> Polarity:
        """Which sides are present, by their intensities of 0..1."""
        return _POLARITIES[positive >= self.positive_bar, negative >= self.negative_bar]

    def probability(self, valence: float) -> float:
        """Chance that people rate a photo pleasant, given that they do not rate it in between.

        Args:
            valence: Mean of the distribution over the ratings, 1..7.
        """
        return 0.5 + 0.5 * math.tanh((self.probability_scale * valence + self.probability_offset) / 2)

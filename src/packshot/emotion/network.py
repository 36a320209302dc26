"""The emotion network: a photo to a distribution of ratings, two intensities and two attention maps.

After Y. Zhang, Z. Wei, "An Image Classification and Retrieval Algorithm for Product Display in
E-Commerce Transactions", Traitement du Signal 39(5), 2022, section 2 (doi 10.18280/ts.390547);
docs/methods.md, section 3, says what it computes and what differs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from packshot.arrays import Float32Array, Pixels
from packshot.emotion.calibration import EmotionCalibration
from packshot.encode import Model
from packshot.encode.views import to_whole_view
from packshot.errors import ModelError

EMOTION_MODEL = "emotion.onnx"
RATING_COUNT = 7
"""Steps of the ratings of valence, 1 very negative to 7 very positive, as in OASIS (Kurdi, Lozano,
Banaji 2017)."""


_OUTPUTS = frozenset({"distribution", "intensities", "maps"})


@dataclass(frozen=True, eq=False)
class EmotionPrediction:
    """Output of the network for one photo.

    Attributes:
        distribution: (7,) probability of each rating of valence, 1 .. 7; sums to 1.
        positive_intensity: 0..1.
        negative_intensity: 0..1.
        positive_map: (h, w) where the positive branch found its evidence, 0 or more, upright.
        negative_map: (h, w) the same of the negative branch.

    Example:
        >>> import numpy as np
        >>> distribution = np.array([0, 0, 0, 0.5, 0.25, 0.25, 0], np.float32)
        >>> prediction = EmotionPrediction(distribution, 0.5, 0.1, np.ones((9, 9)), np.zeros((9, 9)))
        >>> float(prediction.distribution @ np.arange(1, 8))  # The mean rating.
        4.75
    """

    distribution: Float32Array
    positive_intensity: float
    negative_intensity: float
    positive_map: Float32Array
    negative_map: Float32Array


@dataclass(frozen=True)
class EmotionNetwork:
    """The network, ready to run. Build with `load_shipped` or `from_path`.

    Attributes:
        model: Takes ``pixels`` (N, S, S, 3) uint8 RGB, gives ``distribution`` (N, 7), ``intensities``
            (N, 2) and ``maps`` (N, 2, h, w), the positive side first.
        calibration: What its file states.

    Example:
        >>> from packshot.photo import Photo
        >>> network = EmotionNetwork.load_shipped()
        >>> prediction = network.predict(Photo.open("examples/photos/mug.jpg").pixels)
        >>> network.input_side, round(float(prediction.distribution.sum()), 3)
        (288, 1.0)
    """

    model: Model
    calibration: EmotionCalibration

    @classmethod
    def load_shipped(cls, threads: int = 1) -> EmotionNetwork:
        """Load the network that ships with the package; its answers do not depend on the threads.

        Raises:
            ModelError: This installation lacks it.
        """
        return cls._from_model(Model.load_shipped(EMOTION_MODEL, threads))

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], threads: int = 1) -> EmotionNetwork:
        """Load a network of the user's own, as `packshot train emotion` writes it.

        Raises:
            ModelError: Unreadable, or not such a network.
        """
        return cls._from_model(Model.from_path(path, threads))

    @classmethod
    def _from_model(cls, model: Model) -> EmotionNetwork:
        if not _is_emotion_model(model):
            raise ModelError(f"{model.name} is not an emotion network: see packshot/weights/emotion.md")
        return cls(model, EmotionCalibration.from_model(model))

    @cached_property
    def input_side(self) -> int:
        """Side of the square view that the network takes, in pixels."""
        return int(self.model.session.get_inputs()[0].shape[1])

    def predict(self, pixels: Pixels) -> EmotionPrediction:
        """Run the network on the whole photo, squeezed to a square.

        Args:
            pixels: (H, W, 3) uint8 RGB, upright.
        """
        outputs = self.model.run(pixels=to_whole_view(pixels, self.input_side)[None])
        positive, negative = outputs["intensities"][0]
        distribution = outputs["distribution"][0]
        return EmotionPrediction(distribution, float(positive), float(negative), *outputs["maps"][0])


def _is_emotion_model(model: Model) -> bool:
    """Return whether a model takes square pictures and gives what an emotion network gives."""
    inputs = {tensor.name: tensor.shape for tensor in model.session.get_inputs()}
    shape = inputs.get("pixels", [])
    square = len(shape) == 4 and isinstance(shape[1], int) and shape[1] == shape[2]
    return len(inputs) == 1 and square and set(model.output_names) >= _OUTPUTS

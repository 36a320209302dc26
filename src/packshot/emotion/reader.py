"""The emotion reader: one photo in, one `Emotion` out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from packshot.arrays import Float32Array
from packshot.emotion.attention import find_regions, to_rows
from packshot.emotion.network import RATING_COUNT, EmotionNetwork
from packshot.encode.content import DECODE_SIDE
from packshot.errors import UnreadablePhoto
from packshot.photo import Limits, Photo, PhotoSource
from packshot.report import AttentionRegion, Emotion, Status

_DIGITS = 3
"""Decimal places of published numbers."""

_RATING_VALUES = np.arange(1, RATING_COUNT + 1, dtype=np.float64)


class EmotionReader:
    """Predicts how people feel about photos, by a network that learned it from their ratings.

    Loads the network once. The same photo gets the same answer on every run and thread count. What it
    learned are feelings about photos in general; it knows nothing of products, and of what sells.

    Example:
        >>> emotion = EmotionReader().read("examples/photos/mug.jpg")
        >>> 1 <= emotion.valence <= 7, len(emotion.distribution)
        (True, 7)
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        threads: int = 1,
        limits: Limits | None = None,
    ) -> None:
        """Load the network.

        Args:
            model: One of the user's own, see `EmotionNetwork`; None for the one that ships.
            threads: Threads for the network.
            limits: What to refuse before decoding.

        Raises:
            ModelError: The model is not there, or is no emotion network.
        """
        if model is None:
            self.network = EmotionNetwork.load_shipped(threads)
        else:
            self.network = EmotionNetwork.from_path(model, threads)
        self.limits = Limits() if limits is None else limits

    def read(self, source: PhotoSource) -> Emotion:
        """Read one photo.

        Args:
            source: A path, the bytes of a file, a binary file, a Pillow image or an array: see
                `packshot.photo.PhotoSource`.

        Raises:
            UnreadablePhoto: The input cannot be decoded.
        """
        return self.read_photo(Photo.open(source, limits=self.limits, max_side=DECODE_SIDE))

    def read_many(self, sources: Iterable[PhotoSource]) -> Iterator[Emotion]:
        """Read a stream of photos in order; what is no photo becomes a record that says so."""
        for source in sources:
            try:
                yield self.read(source)
            except UnreadablePhoto as error:
                yield make_failed_emotion(error)

    def read_photo(self, photo: Photo) -> Emotion:
        """Read a photo that is decoded already; at the size of an assessment it answers as `read`."""
        prediction = self.network.predict(photo.pixels)
        calibration = self.network.calibration
        positive = _round_share(prediction.positive_intensity)
        negative = _round_share(prediction.negative_intensity)
        valence, spread = moments(prediction.distribution)
        return Emotion(
            path=photo.name,
            status=Status.OK,
            polarity=calibration.polarity(positive, negative),
            positive_probability=_round_share(calibration.probability(valence)),
            positive_intensity=positive,
            negative_intensity=negative,
            positive_threshold=calibration.positive_threshold,
            negative_threshold=calibration.negative_threshold,
            valence=round(valence, _DIGITS),
            valence_spread=round(spread, _DIGITS),
            valence_scale=(1, RATING_COUNT),
            distribution=tuple(_round_share(float(one)) for one in prediction.distribution),
            positive_regions=_find_side_regions(
                prediction.positive_map, positive >= calibration.positive_threshold
            ),
            negative_regions=_find_side_regions(
                prediction.negative_map, negative >= calibration.negative_threshold
            ),
            positive_map=to_rows(prediction.positive_map),
            negative_map=to_rows(prediction.negative_map),
            models={"emotion": self.network.model.fingerprint},
        )


def make_failed_emotion(error: UnreadablePhoto) -> Emotion:
    """Make the record of a photo whose emotion was not read.

    Example:
        >>> make_failed_emotion(UnreadablePhoto("mug.jpg", "is no photo")).error
        'is no photo'
    """
    return Emotion(path=error.name, status=Status(error.status), error=error.reason)


def load_shipped_reader() -> Callable[[Photo], Emotion]:
    """Load the shipped reader for decoded photos; a function of a module, so picklable.

    Example:
        >>> read_emotion = load_shipped_reader()
        >>> emotion = read_emotion(Photo.open("examples/photos/mug.jpg"))
        >>> round(sum(emotion.distribution), 2)
        1.0
    """
    return EmotionReader().read_photo


def moments(distribution: Float32Array) -> tuple[float, float]:
    """Compute the mean and standard deviation of ratings.

    Args:
        distribution: (7,) share of each rating, 1 .. 7; need not quite sum to 1.

    Example:
        >>> import numpy as np
        >>> mean, deviation = moments(np.array([0, 0.5, 0, 0, 0, 0.5, 0], np.float32))
        >>> mean, deviation
        (4.0, 2.0)
    """
    shares = distribution.astype(np.float64) / float(distribution.sum(dtype=np.float64))
    mean = float(shares @ _RATING_VALUES)
    return mean, float(np.sqrt(shares @ (_RATING_VALUES - mean) ** 2))


def _round_share(value: float) -> float:
    """Round as published: few digits, and never outside 0..1 by an error of rounding."""
    return round(min(max(value, 0.0), 1.0), _DIGITS)


def _find_side_regions(attention: Float32Array, is_present: bool) -> tuple[AttentionRegion, ...]:
    """Find the regions of a side; of one that is not there, none."""
    return find_regions(attention) if is_present else ()

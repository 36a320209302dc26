"""The emotion reader: one photo in, one `Emotion` out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from packshot.arrays import Float32Array
from packshot.emotion.attention import attended, rows
from packshot.emotion.network import RATINGS, EmotionNetwork
from packshot.encode.content import SEEN_SIDE
from packshot.errors import UnreadablePhoto
from packshot.photo import Limits, Photo, PhotoSource
from packshot.report import AttentionRegion, Emotion, Status

_DIGITS = 3
_RATING = np.arange(1, RATINGS + 1, dtype=np.float64)


class EmotionReader:
    """Says how people feel about photos, by a network that learned it from their ratings.

    Loads the network once. The same photo gets the same answer on every run and thread count. What it
    learned are feelings about photos in general; it knows nothing of products, and of what sells.
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
            self.network = EmotionNetwork.packaged(threads)
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
        return self.read_photo(Photo.open(source, limits=self.limits, max_side=SEEN_SIDE))

    def read_many(self, sources: Iterable[PhotoSource]) -> Iterator[Emotion]:
        """Read a stream of photos in order; what is no photo becomes a row that says so."""
        for source in sources:
            try:
                yield self.read(source)
            except UnreadablePhoto as error:
                yield unread(error)

    def read_photo(self, photo: Photo) -> Emotion:
        """Read a photo that is decoded already; at the size of an assessment it answers as `read`."""
        response = self.network.respond(photo.pixels)
        calibration = self.network.calibration
        positive = _share(response.positive_intensity)
        negative = _share(response.negative_intensity)
        valence, spread = moments(response.distribution)
        return Emotion(
            path=photo.name,
            status=Status.OK,
            polarity=calibration.polarity(positive, negative),
            positive_probability=_share(calibration.probability(valence)),
            positive_intensity=positive,
            negative_intensity=negative,
            positive_bar=calibration.positive_bar,
            negative_bar=calibration.negative_bar,
            valence=round(valence, _DIGITS),
            valence_spread=round(spread, _DIGITS),
            valence_scale=(1, RATINGS),
            distribution=tuple(_share(float(one)) for one in response.distribution),
            positive_regions=_behind(response.positive_map, positive >= calibration.positive_bar),
            negative_regions=_behind(response.negative_map, negative >= calibration.negative_bar),
            positive_map=rows(response.positive_map),
            negative_map=rows(response.negative_map),
            models={"emotion": self.network.model.fingerprint},
        )


def unread(error: UnreadablePhoto) -> Emotion:
    """The row for a photo whose emotion was not read."""
    return Emotion(path=error.name, status=Status(error.status), error=error.reason)


def packaged_reading() -> Callable[[Photo], Emotion]:
    """The packaged reader for photos that others decoded; a function of a module, so picklable."""
    return EmotionReader().read_photo


def moments(distribution: Float32Array) -> tuple[float, float]:
    """Mean and standard deviation of ratings.

    Args:
        distribution: (7,) share of each rating, 1 .. 7; need not quite sum to 1.
    """
    shares = distribution.astype(np.float64) / float(distribution.sum(dtype=np.float64))
    mean = float(shares @ _RATING)
    return mean, float(np.sqrt(shares @ (_RATING - mean) ** 2))


def _share(value: float) -> float:
    """As it is published: few digits, and never outside 0..1 by an error of rounding."""
    return round(min(max(value, 0.0), 1.0), _DIGITS)


def _behind(attention: Float32Array, present: bool) -> tuple[AttentionRegion, ...]:
    """The regions of a side; of one that is not there, none."""
    return attended(attention) if present else ()

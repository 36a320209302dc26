"""The content encoder and the distortion encoder, run one after the other on many photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packshot.arrays import Float32Array, Pixels
from packshot.encode.measurement_input import to_network_input
from packshot.encode.model import Model
from packshot.encode.views import to_native_view, to_whole_view
from packshot.errors import InvalidInput

Measurements = Mapping[str, float | None]

CONTENT_MODEL = "content.onnx"
DISTORTION_MODEL = "distortion.onnx"


@dataclass(frozen=True, eq=False)
class PhotoEncoding:
    """Vectors and estimates of the networks for one photo.

    Attributes:
        content: (C,) content vector: what is pictured.
        distortion: (D,) distortion vector: how it is damaged.
        kinds: (Z,) probability of each distortion kind of `Encoders.kinds`; sums to 1.
        level: Expected damage level, 0 none .. 5 severe.

    Example:
        >>> import numpy as np
        >>> encoding = PhotoEncoding(np.ones(4), np.ones(2), kinds=np.array([0.1, 0.7, 0.2]), level=2.4)
        >>> int(encoding.kinds.argmax())  # The likeliest kind of damage.
        1
    """

    content: Float32Array
    distortion: Float32Array
    kinds: Float32Array
    level: float


@dataclass(frozen=True)
class Encoders:
    """Both networks. Build with `load_shipped`; running them is free of side effects.

    Attributes:
        content: uint8 whole views to content vectors and stage statistics.
        distortion: uint8 native views, and the former, to everything else.

    Example:
        >>> from packshot.photo import Photo
        >>> encoders = Encoders.load_shipped()
        >>> photo = Photo.open("examples/photos/jar-heavy-jpeg.jpg")
        >>> (encoding,) = encoders.encode([photo.pixels], [{"noise": 1.2}])
        >>> len(encoding.kinds) == len(encoders.kinds), encoding.level > 1
        (True, True)
    """

    content: Model
    distortion: Model

    @classmethod
    def load_shipped(cls, threads: int = 1) -> Encoders:
        """Load the encoders that ship with the package.

        Args:
            threads: Threads that one call may use; the vectors do not depend on it.
        """
        return cls(
            Model.load_shipped(CONTENT_MODEL, threads), Model.load_shipped(DISTORTION_MODEL, threads)
        )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Names of the distortion kinds, in the order of `PhotoEncoding.kinds`."""
        return tuple(self.distortion.read_metadata("kinds"))

    @cached_property
    def measurement_names(self) -> tuple[str, ...]:
        """Names of the measurements that the distortion encoder takes, in order."""
        return tuple(self.distortion.read_metadata("measured"))

    @cached_property
    def limits(self) -> dict[str, float]:
        """Probability, by family of kinds, that undamaged photos hardly ever reach."""
        return dict(self.distortion.read_metadata("limits"))

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Fingerprints of the content and of the distortion encoder."""
        return self.content.fingerprint, self.distortion.fingerprint

    def encode(
        self, photos: Sequence[Pixels], measurements: Sequence[Measurements]
    ) -> list[PhotoEncoding]:
        """Encode a batch of photos, in order.

        Args:
            photos: (H, W, 3) uint8 RGB each, of any sizes.
            measurements: Of each photo the raw value of its properties, None where it has no meaning.

        Returns:
            A `PhotoEncoding` for each photo; it does not depend on the others in the batch.

        Raises:
            InvalidInput: Not as many measured as photos.
        """
        if len(photos) != len(measurements):
            raise InvalidInput(f"{len(photos)} photos, but measurements of {len(measurements)}")
        return [
            self._encode_photo(photo, values) for photo, values in zip(photos, measurements, strict=True)
        ]

    def _encode_photo(self, pixels: Pixels, measurements: Measurements) -> PhotoEncoding:
        """Encode one photo: on a CPU a batch is no faster, for its maps no longer fit the cache."""
        content_outputs = self.content.run(pixels=to_whole_view(pixels)[None])
        distortion_outputs = self.distortion.run(
            pixels=to_native_view(pixels)[None],
            content=content_outputs["content"],
            statistics=content_outputs["statistics"],
            measured=to_network_input(measurements, self.measurement_names)[None],
        )
        return PhotoEncoding(
            content=content_outputs["content"][0],
            distortion=distortion_outputs["distortion"][0],
            kinds=distortion_outputs["kinds"][0],
            level=float(distortion_outputs["level"][0]),
        )

"""The content encoder and the distortion encoder, run one after the other on many photos."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.measurement_input import to_network_input
from packshot.encode.model import Model
from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, Point, to_native_view, to_whole_view
from packshot.errors import InvalidInput

READING_COUNT = 4
"""Numbers of `PhotoEncoding.readings`."""

Measurements = Mapping[str, float | None]

CONTENT_MODEL = "content.onnx"
DISTORTION_MODEL = "distortion.onnx"


@dataclass(frozen=True)
class FaultModel:
    """What is known of a fault that the network sees.

    Attributes:
        code: Code of the finding that says it.
        limit: Chance, 0..1, from which on it is a finding.
        cost: Points of the score that a photo that surely has it loses by it.

    Example:
        >>> FaultModel(code="tilted", limit=0.4, cost=22.0).limit
        0.4
    """

    code: str
    limit: float
    cost: float


def _make_unknown_readings() -> Float32Array:
    return np.full(READING_COUNT, np.nan, np.float32)


def _make_no_faults() -> Float32Array:
    return np.empty(0, np.float32)


@dataclass(frozen=True, eq=False)
class PhotoEncoding:
    """Vectors and estimates of the networks for one photo.

    Attributes:
        content: (C,) content vector: what is pictured.
        distortion: (D,) distortion vector: how it is damaged.
        kinds: (Z,) probability of each distortion kind of `Encoders.kinds`; sums to 1.
        level: Expected damage level, 0 none .. 5 severe.
        readings: (4,) what the network reads off the photo, 0..100 and a little beyond: overall,
            technical and presentation as a product photo, and what people would say of it as a photo of
            anything. NaN where it does not tell.
        faults: (Y,) chance, 0..1, of each of `Encoders.faults`.
        product: Chance, 0..1, that it is a product photo.

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
    readings: Float32Array = field(default_factory=_make_unknown_readings)
    faults: Float32Array = field(default_factory=_make_no_faults)
    product: float = 1.0


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
        >>> len(encoding.kinds) == len(encoders.kinds), len(encoding.faults) == len(encoders.faults)
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

    @classmethod
    def load(cls, folder: str | os.PathLike[str] | None, threads: int = 1) -> Encoders:
        """Load the encoders of a folder, such as ``packshot train everything`` writes.

        Args:
            folder: Of ``content.onnx`` and ``distortion.onnx``; None for those that ship.
            threads: As for `load_shipped`.

        Raises:
            ModelError: One is missing, cannot run, or does not go with the other.

        Example:
            >>> from packshot.errors import ModelError
            >>> try:
            ...     Encoders.load("nowhere")
            ... except ModelError as error:
            ...     print(error)
            cannot read the model nowhere/content.onnx: No such file or directory
        """
        if folder is None:
            return cls.load_shipped(threads)
        names = (CONTENT_MODEL, DISTORTION_MODEL)
        encoders = cls(*(Model.from_path(Path(folder) / name, threads) for name in names))
        encoders._check()
        return encoders

    def _check(self) -> None:
        """Check that both take what they will be given: else every photo would fail, one by one."""
        self.content.check_shapes(
            {"pixels": (WHOLE_SIDE, WHOLE_SIDE, 3), "content": (None,), "statistics": (None,)}
        )
        given = {name: self.content.shapes[name] for name in ("content", "statistics")}
        told = {name: (len(getattr(self, name)),) for name in ("kinds", "faults")}
        self.distortion.check_shapes(
            {
                "pixels": (NATIVE_SIDE, NATIVE_SIDE, 3),
                **given,
                "measured": (2 * len(self.measurement_names),),
                **told,
                "distortion": (None,),
                "level": (),
                "readings": (READING_COUNT,),
                "product": (),
            }
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

    @cached_property
    def faults(self) -> tuple[FaultModel, ...]:
        """The faults that it tells the chance of, in the order of `PhotoEncoding.faults`."""
        return tuple(FaultModel(**fault) for fault in self.distortion.read_metadata("faults"))

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Fingerprints of the content and of the distortion encoder."""
        return self.content.fingerprint, self.distortion.fingerprint

    def encode(
        self,
        photos: Sequence[Pixels],
        measurements: Sequence[Measurements],
        centres: Sequence[Point | None] | None = None,
    ) -> list[PhotoEncoding]:
        """Encode a batch of photos, in order.

        Args:
            photos: (H, W, 3) uint8 RGB each, of any sizes.
            measurements: Of each photo the raw value of its properties, None where it has no meaning.
            centres: The middle of each product, across and down in pixels; None where it is not known.

        Returns:
            A `PhotoEncoding` for each photo; it does not depend on the others in the batch.

        Raises:
            InvalidInput: Not as many measured as photos.
        """
        if len(photos) != len(measurements):
            raise InvalidInput(f"{len(photos)} photos, but measurements of {len(measurements)}")
        known_centres = [None] * len(photos) if centres is None else centres
        return [
            self._encode_photo(photo, values, centre)
            for photo, values, centre in zip(photos, measurements, known_centres, strict=True)
        ]

    def _encode_photo(
        self, pixels: Pixels, measurements: Measurements, centre: Point | None
    ) -> PhotoEncoding:
        """Encode one photo: on a CPU a batch is no faster, for its maps no longer fit the cache."""
        content_outputs = self.content.run(pixels=to_whole_view(pixels)[None])
        outputs = self.distortion.run(
            pixels=to_native_view(pixels, centre=centre)[None],
            content=content_outputs["content"],
            statistics=content_outputs["statistics"],
            measured=to_network_input(measurements, self.measurement_names)[None],
        )
        return PhotoEncoding(
            content=content_outputs["content"][0],
            distortion=outputs["distortion"][0],
            kinds=outputs["kinds"][0],
            level=float(outputs["level"][0]),
            readings=outputs["readings"][0],
            faults=outputs["faults"][0],
            product=float(outputs["product"][0]),
        )

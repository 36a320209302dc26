"""The content encoder and the distortion encoder, run one after the other on many photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packshot.arrays import Float32Array, Pixels
from packshot.encode.measured import measured_input
from packshot.encode.model import Model
from packshot.encode.views import native_view, whole_view
from packshot.errors import InvalidInput

Measured = Mapping[str, float | None]

CONTENT_MODEL = "content.onnx"
DISTORTION_MODEL = "distortion.onnx"


@dataclass(frozen=True, eq=False)
class Code:
    """What the networks make of one photo.

    Attributes:
        content: (C,) content vector: what is pictured.
        distortion: (D,) distortion vector: how it is damaged.
        kinds: (Z,) probability of each distortion kind of `Encoders.kinds`; sums to 1.
        level: Expected damage level, 0 none .. 5 severe.
    """

    content: Float32Array
    distortion: Float32Array
    kinds: Float32Array
    level: float


@dataclass(frozen=True)
class Encoders:
    """Both networks. Build with `packaged`; running them is free of side effects.

    Attributes:
        content: uint8 whole views to content vectors and stage statistics.
        distortion: uint8 native views, and the former, to everything else.
    """

    content: Model
    distortion: Model

    @classmethod
    def packaged(cls, threads: int = 1) -> Encoders:
        """The encoders that ship with the package.

        Args:
            threads: Threads that one call may use; the vectors do not depend on it.
        """
        return cls(Model.packaged(CONTENT_MODEL, threads), Model.packaged(DISTORTION_MODEL, threads))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Names of the distortion kinds, in the order of `Code.kinds`."""
        return tuple(self.distortion.stated("kinds"))

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Names of the measurements that the distortion encoder takes, in order."""
        return tuple(self.distortion.stated("measured"))

    @cached_property
    def limits(self) -> dict[str, float]:
        """By family of kinds, the probability that undamaged photos hardly ever reach."""
        return dict(self.distortion.stated("limits"))

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Which content and which distortion encoder made a vector."""
        return self.content.fingerprint, self.distortion.fingerprint

    def encode(self, photos: Sequence[Pixels], measured: Sequence[Measured]) -> list[Code]:
        """Encode a batch of photos, in order.

        Args:
            photos: (H, W, 3) uint8 RGB each, of any sizes.
            measured: Of each photo the raw value of its properties, None where it has no meaning.

        Returns:
            A `Code` for each photo; it does not depend on the others in the batch.

        Raises:
            InvalidInput: Not as many measured as photos.
        """
        if len(photos) != len(measured):
            raise InvalidInput(f"{len(photos)} photos, but measurements of {len(measured)}")
        return [self._code(photo, values) for photo, values in zip(photos, measured, strict=True)]

    def _code(self, pixels: Pixels, measured: Measured) -> Code:
        """One photo at a time: on a CPU a batch is no faster, for its maps no longer fit the cache."""
        seen = self.content.run(pixels=whole_view(pixels)[None])
        damage = self.distortion.run(
            pixels=native_view(pixels)[None],
            content=seen["content"],
            statistics=seen["statistics"],
            measured=measured_input(measured, self.measured)[None],
        )
        return Code(
            content=seen["content"][0],
            distortion=damage["distortion"][0],
            kinds=damage["kinds"][0],
            level=float(damage["level"][0]),
        )

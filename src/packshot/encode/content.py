"""The content network of search: what is pictured, as a vector, whatever its quality.

The one of the score was taught quality, and is a little worse at telling what is pictured
(docs/decisions/0034-a-score-that-means-what-a-shop-means.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.photo import Photo, PhotoSource

SEARCH_MODEL = "search.onnx"

SEARCH_SIDE = 224
"""Pixels a side of the view of search: what EfficientNet-Lite0 was trained on."""

DECODE_SIDE = 1024
"""Photos are shrunk to this long side when they are decoded, as for an assessment."""


@dataclass(frozen=True)
class ContentEncoder:
    """Photos to content vectors. Build with `load_shipped`.

    Attributes:
        model: The content network.

    Example:
        >>> import numpy as np
        >>> encoder = ContentEncoder.load_shipped()
        >>> names = ("mug", "mug-warm-cast", "speaker")
        >>> vectors = np.stack([encoder.encode_file(f"examples/photos/{name}.jpg") for name in names])
        >>> mug, warm, speaker = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        >>> bool(mug @ warm > mug @ speaker)
        True
    """

    model: Model

    @classmethod
    def load_shipped(cls, threads: int = 1) -> ContentEncoder:
        """Load the network that ships with the package.

        Args:
            threads: Threads that one call may use; the vectors do not depend on it.
        """
        return cls(Model.load_shipped(SEARCH_MODEL, threads))

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the network: vectors of different ones cannot be compared."""
        return self.model.fingerprint

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(next(o.shape[-1] for o in self.model.session.get_outputs() if o.name == "content"))

    def encode(self, pixels: Pixels) -> Float32Array:
        """Compute the content vector of the whole view.

        Args:
            pixels: (H, W, 3) uint8 RGB.

        Returns:
            (C,), as the network gives it: not of length 1.
        """
        return np.asarray(self.model.run(pixels=to_whole_view(pixels, SEARCH_SIDE)[None])["content"][0])

    def encode_file(self, source: PhotoSource) -> Float32Array:
        """Compute the content vector of a file.

        Raises:
            UnreadablePhoto: It cannot be decoded.
        """
        return self.encode(Photo.open(source, max_side=DECODE_SIDE).pixels)

"""Signatures of photos that are not there."""

import numpy as np

from packshot.search.duplicates.signature import FileStamp, Signature


def normalise(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def make_signature(number, content, hashes=(0, 0), blank=False):
    return Signature(
        path=f"{number}.jpg",
        stamp=FileStamp(100, 0),
        digest=str(number),
        pixel_digest=str(number),
        width=10,
        height=10,
        blank=blank,
        hashes=hashes,
        content=content,
        taken="2026-01-01T00:00:00",
        taken_from="file",
    )

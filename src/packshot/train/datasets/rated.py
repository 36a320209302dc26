"""Validation splits of rated photos that no near-duplicate crosses."""

from __future__ import annotations

import numpy as np

from packshot.arrays import Float32Array, IndexArray, Mask


def group_near_duplicates(vectors: Float32Array, threshold: float) -> IndexArray:
    """Group photos linked by likeness above a threshold, through any chain of others.

    Args:
        vectors: (N, C) content vectors; centred here, since raw ones share a common part.
        threshold: Cosine above which two photos belong together.

    Returns:
        (N,) group numbers, each the smallest index of its group.

    Example:
        >>> vectors = np.array([[1, 0, 0], [0.99, 0.1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
        >>> group_near_duplicates(vectors, threshold=0.8).tolist()
        [0, 0, 2, 3]
    """
    centred = vectors - vectors.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    is_similar = centred @ centred.T > threshold
    labels = np.arange(len(vectors))
    while True:
        propagated = np.array(
            [labels[row].min() for row in is_similar | np.eye(len(labels), dtype=bool)]
        )
        if np.array_equal(propagated, labels):
            return labels
        labels = propagated


def make_validation_mask(groups: IndexArray, share: float, seed: int) -> Mask:
    """Choose photos for validation: whole groups, about `share` of all groups.

    Args:
        groups: (N,) group numbers.
        share: 0..1.
        seed: Of the draw.

    Returns:
        (N,) True for validation.

    Example:
        >>> groups = np.array([0, 0, 1, 2, 2, 3])
        >>> mask = make_validation_mask(groups, share=0.5, seed=0)
        >>> bool(mask[0] == mask[1]), len(np.unique(groups[mask]))
        (True, 2)
    """
    names = np.unique(groups)
    np.random.default_rng(seed).shuffle(names)
    return np.isin(groups, names[: int(share * len(names))])

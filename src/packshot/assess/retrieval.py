"""Assessment by retrieval of content and distortion, as pure functions: docs/methods.md, section 1.

After R. Zhang, "Optimizing and Assessing the Quality of E-Commerce Product Images Using Deep Learning
Techniques", Traitement du Signal 41(4), 2024, section 2 (doi 10.18280/ts.410417). Equations are numbered
as in docs/methods.md: 1.1 to 1.7 are the paper's 1 to 7.

Vectors are rows. "Similarity" is larger for closer vectors under every distance, so the same code
ranks by any of them: the cosine itself, or ``1 / (1 + d)`` for the Euclidean and Manhattan distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from packshot.arrays import Float32Array, FloatArray, IndexArray
from packshot.errors import InvalidInput


class Distance(StrEnum):
    """Comparisons of two vectors, those of the paper's table 2.

    Example:
        >>> import numpy as np
        >>> query, rows = np.array([1, 0], np.float32), np.array([[0.6, 0.8]], np.float32)
        >>> [f"{distance} {similarity(query, rows, distance)[0]:.2f}" for distance in Distance]
        ['cosine 0.60', 'euclidean 0.53', 'manhattan 0.45']
    """

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"


class Aggregation(StrEnum):
    """Aggregation of the retained scores to one.

    `SIMPLE` is the mean (equation 1.6). `WEIGHTED` weights by content similarity (equation 1.7).
    `KERNEL` weights by ``exp(Psi_f / temperature)`` (equation 1.8): nearness in distortion decides, as
    the encoder was trained.

    Example:
        >>> import numpy as np
        >>> content, distortion = np.array([0.9, 0.3], np.float32), np.array([0.5, 0.52], np.float32)
        >>> for aggregation in Aggregation:
        ...     options = RetrievalOptions(aggregation=aggregation)
        ...     weights = evidence_weights(content, distortion, options)
        ...     print(aggregation, [f"{weight:.2f}" for weight in weights])
        simple ['0.50', '0.50']
        weighted ['0.75', '0.25']
        kernel ['0.40', '0.60']
    """

    SIMPLE = "simple"
    WEIGHTED = "weighted"
    KERNEL = "kernel"


@dataclass(frozen=True)
class RetrievalOptions:
    """Options of retrieval.

    The defaults were chosen on photos rated by people and on product photos damaged on purpose; decision
    4 and `benchmarks/results/people_scores.csv` say what each choice brings.

    Attributes:
        pool: Groups kept by content similarity (J of equation 1.2 where `neighbours` equals it).
        neighbours: Groups kept of those, by distortion similarity of their best version.
        distance: Compares content vectors and distortion vectors.
        aggregation: Turns the retained scores into one.
        temperature: Of the `KERNEL` weights, in units of cosine; smaller trusts the nearest evidence
            more. Chosen on rated photos and on held-out damaged products (decision 6).
        residual_share: How much of what a rating differs from its own reading is carried over to the
            photo, 0..1 (equation 1.9). None averages ratings as they are.

    Example:
        >>> RetrievalOptions(neighbours=16).pool
        800
        >>> RetrievalOptions.from_paper(neighbours=10).aggregation.value
        'weighted'
    """

    pool: int = 800
    neighbours: int = 64
    distance: Distance = Distance.COSINE
    aggregation: Aggregation = Aggregation.KERNEL
    temperature: float = 0.05
    residual_share: float | None = 0.25

    def __post_init__(self) -> None:
        """Refuse counts below one and a temperature that is not positive."""
        if self.pool < 1 or self.neighbours < 1:
            raise InvalidInput("pool and neighbours must be at least 1")
        if self.temperature <= 0:
            raise InvalidInput("temperature must be positive")

    @classmethod
    def from_paper(cls, neighbours: int = 10) -> RetrievalOptions:
        """Return the paper's form: content alone picks J groups, content similarity weights them."""
        return cls(
            pool=neighbours,
            neighbours=neighbours,
            aggregation=Aggregation.WEIGHTED,
            residual_share=None,
        )


def normalise_rows(vectors: FloatArray) -> Float32Array:
    """Scale rows to length 1; rows of zeros stay zero.

    Args:
        vectors: (..., D).

    Returns:
        (..., D) float32.

    Example:
        >>> import numpy as np
        >>> normalise_rows(np.array([[0, 5], [0, 0]])).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12)), np.float32)


def similarity(query: Float32Array, rows: Float32Array, distance: Distance) -> Float32Array:
    """Compute the similarity of one vector to many (equations 1.1, 1.4, and alternatives).

    Args:
        query: (D,), unit length.
        rows: (N, D), unit length.
        distance: Which comparison.

    Returns:
        (N,): cosine in -1..1, or ``1 / (1 + d)`` in 0..1.

    Example:
        >>> import numpy as np
        >>> query, rows = np.array([1, 0], np.float32), np.array([[1, 0], [0, 1]], np.float32)
        >>> similarity(query, rows, Distance.COSINE).tolist()
        [1.0, 0.0]
        >>> [f"{value:.2f}" for value in similarity(query, rows, Distance.MANHATTAN)]
        ['1.00', '0.33']
    """
    if distance is Distance.COSINE:
        return rows @ query
    difference = rows - query
    if distance is Distance.EUCLIDEAN:
        distances = np.sqrt(np.einsum("nd,nd->n", difference, difference))
    else:
        distances = np.abs(difference).sum(axis=1)
    return np.asarray(1 / (1 + distances), np.float32)


def find_largest(values: Float32Array, count: int) -> IndexArray:
    """Return the indices of the `count` largest values, largest first; ties go to the smaller index.

    Example:
        >>> import numpy as np
        >>> find_largest(np.array([0.2, 0.9, 0.5, 0.9], np.float32), 3).tolist()
        [1, 3, 2]
    """
    count = min(count, len(values))
    if count == 0:
        return np.empty(0, dtype=np.intp)
    # Which of equal ones a partition of indices keeps depends on the processor; its value does not.
    smallest = np.partition(values, len(values) - count)[len(values) - count]
    candidates = np.flatnonzero(values >= smallest)
    return candidates[np.argsort(-values[candidates], kind="stable")][:count]


def best_similarities(similarities: Float32Array, starts: IndexArray) -> Float32Array:
    """Return, for each group, the largest distortion similarity of its versions (equation 1.5).

    Args:
        similarities: (N,) distortion similarity of every example, ordered by group.
        starts: (G + 1,) first example of each group, then N.

    Returns:
        (G,); -inf for a group without examples.

    Example:
        >>> import numpy as np
        >>> similarities = np.array([0.25, 0.75, 0.5], np.float32)
        >>> best_similarities(similarities, starts=np.array([0, 2, 3])).tolist()
        [0.75, 0.5]
    """
    best = np.full(len(starts) - 1, -np.inf, np.float32)
    occupied = np.flatnonzero(np.diff(starts))
    if len(occupied):
        best[occupied] = np.maximum.reduceat(similarities, starts[occupied])
    return best


def find_best_versions(
    similarities: Float32Array, group_of: IndexArray, groups: IndexArray
) -> IndexArray:
    """Find, in each retained group, the version with the largest distortion similarity (equation 1.5).

    Args:
        similarities: (N,) distortion similarity of every example.
        group_of: (N,) group index of every example, non-decreasing.
        groups: (P,) retained group indices, each with at least one example.

    Returns:
        (P,) example indices, in the order of `groups`.

    Example:
        >>> import numpy as np
        >>> similarities, group_of = np.array([0.25, 0.75, 0.5], np.float32), np.array([0, 0, 1])
        >>> find_best_versions(similarities, group_of, groups=np.array([1, 0])).tolist()
        [2, 1]
    """
    starts = np.searchsorted(group_of, groups, side="left")
    ends = np.searchsorted(group_of, groups, side="right")
    sizes = ends - starts
    offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    members = np.arange(int(sizes.sum())) - np.repeat(offsets - starts, sizes)
    values = similarities[members]
    best = np.maximum.reduceat(values, offsets)
    hits = np.flatnonzero(values == np.repeat(best, sizes))
    owner = np.repeat(np.arange(len(groups)), sizes)[hits]
    _, first = np.unique(owner, return_index=True)
    return members[hits[first]]


def evidence_weights(
    content: Float32Array, distortion: Float32Array, options: RetrievalOptions
) -> Float32Array:
    """Compute the share of each retained example in the score (equations 1.6, 1.7 or 1.8).

    Args:
        content: (K,) content similarities of the retained groups.
        distortion: (K,) distortion similarities of the retained versions.
        options: Which aggregation, and its temperature.

    Returns:
        (K,) non-negative, summing to 1.

    Example:
        >>> import numpy as np
        >>> content, distortion = np.array([0.9, 0.3], np.float32), np.array([0.5, 0.52], np.float32)
        >>> [f"{w:.2f}" for w in evidence_weights(content, distortion, RetrievalOptions.from_paper())]
        ['0.75', '0.25']
        >>> [f"{w:.2f}" for w in evidence_weights(content, distortion, RetrievalOptions())]
        ['0.40', '0.60']
    """
    if options.aggregation is Aggregation.SIMPLE:
        unscaled = np.ones_like(content)
    elif options.aggregation is Aggregation.WEIGHTED:
        unscaled = np.maximum(content, np.float32(1e-6))
    else:
        unscaled = np.exp((distortion - distortion.max()) / np.float32(options.temperature))
    return np.asarray(unscaled / unscaled.sum(), np.float32)

"""Random batches of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from packshot.arrays import IndexArray


def iter_row_batches(count: int, size: int, generator: np.random.Generator) -> Iterator[IndexArray]:
    """Yield batches of random rows without end: no row comes again before a round is over.

    A round leaves out the rows that do not fill a last batch, others each time.

    Args:
        count: Rows there are.
        size: Rows of a batch; all of them where there are fewer.
        generator: Of the order.

    Yields:
        (size,) row numbers, each different.

    Example:
        >>> batches = iter_row_batches(6, 2, np.random.default_rng(0))
        >>> sorted(int(row) for _ in range(3) for row in next(batches))
        [0, 1, 2, 3, 4, 5]
    """
    size = min(size, count)
    while True:
        order = generator.permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]

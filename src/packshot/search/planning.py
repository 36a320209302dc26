"""What search structure fits how many vectors of how many numbers."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.errors import InvalidInput

NAMED_KINDS = ("exact", "pq", "ivf-pq")
"""Kinds of index that every engine knows."""

EXACT_UP_TO = 50_000
"""Vectors that are looked at one by one when no kind is asked for."""

_TRAINING_PER_CELL = 40
"""faiss asks for 39 vectors for each cell at least."""
_LEAST_TRAINING = 1_000
_MOST_TRAINING = 1 << 18
_CELLS_PER_ROOT = 4
_MOST_CODED, _LEAST_CODED, _STEP = 256, 8, 4


@dataclass(frozen=True)
class Plan:
    """A structure to build.

    Attributes:
        sentence: For `faiss.index_factory`.
        training: Vectors to train it with, at most.
    """

    sentence: str
    training: int


def plan(kind: str | None, vectors: int, dimensions: int) -> Plan | None:
    """The structure for so many vectors; None to look at every one.

    Args:
        kind: "exact", "pq", "ivf-pq", a sentence for faiss, or None to follow from the number.
        vectors: To search.
        dimensions: Of a vector.

    Returns:
        Cells (a power of two near four times the square root of the number), code size and training
        sample; None also where there are too few vectors to train on.
    """
    if kind == "exact" or (kind is None and vectors <= EXACT_UP_TO):
        return None
    cells = 1 if kind == "pq" else cells_for(vectors)
    training = min(max(cells * _TRAINING_PER_CELL, 20 * _LEAST_TRAINING), _MOST_TRAINING)
    if kind not in (None, "pq", "ivf-pq"):
        return Plan(kind, _MOST_TRAINING)
    if vectors < _LEAST_TRAINING or cells < 1:
        return None
    return Plan(_sentence(cells, dimensions), training)


def checked_kind(kind: str | None, dimensions: int) -> str | None:
    """The kind, if there is such a one.

    Raises:
        InvalidInput: Neither a name of ours nor a sentence that faiss understands for these dimensions.
    """
    if kind is None or kind in NAMED_KINDS:
        return kind
    import faiss

    try:
        faiss.index_factory(dimensions, kind)
    except RuntimeError as error:
        reason = str(error).rsplit("Error: ", 1)[-1].splitlines()[0]
        raise InvalidInput(
            f"{kind!r} is neither exact, pq, ivf-pq nor a sentence that faiss understands: {reason}"
        ) from error
    return kind


def cells_for(vectors: int) -> int:
    """The largest power of two that is no more than four roots and leaves each cell enough."""
    most = min(_CELLS_PER_ROOT * vectors**0.5, vectors / _TRAINING_PER_CELL)
    return 1 << (int(most).bit_length() - 1) if most >= 1 else 0


def _sentence(cells: int, dimensions: int) -> str:
    """Fewer numbers, rotated so that they matter alike; cells; four bits a number, many read at once."""
    coded = min(dimensions, _MOST_CODED) // _STEP * _STEP
    if coded < _LEAST_CODED:
        return f"IVF{cells},SQ8"
    return f"PCAR{coded},IVF{cells},PQ{coded}x4fs"

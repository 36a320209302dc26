"""Choice of a search structure by the number and length of vectors."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.errors import InvalidInput

NAMED_KINDS = ("exact", "pq", "ivf-pq")
"""Kinds of index that every engine knows."""

EXACT_UP_TO = 50_000
"""Vectors that are looked at one by one when no kind is asked for: exhaustive search is fast enough up
to there. A judgement."""

_TRAINING_PER_CELL = 40
"""faiss asks for 39 vectors for each cell at least."""
_MIN_TRAINING_VECTORS = 1_000
"""Vectors below which there are too few to learn codes from, and every one is looked at."""

_MAX_TRAINING_VECTORS = 1 << 18
"""Vectors that a structure is trained with, at most, to bound time and memory. A judgement."""

_CELLS_PER_ROOT = 4
"""Cells for each square root of the number of vectors; faiss's guidelines have 4 to 16
(docs/methods.md, equation 4.19)."""

_MAX_CODED_NUMBERS, _MIN_CODED_NUMBERS, _CODED_STEP = 256, 8, 4
"""Numbers of a vector that are coded: 256 at most, for the same recall with a quarter of the candidates
that half the bits need (decision 13); fewer than 8 are kept at 8 bits each; in fours, as fast scan
reads them."""


@dataclass(frozen=True)
class StructurePlan:
    """A structure to build.

    Attributes:
        factory_string: For `faiss.index_factory`.
        training_vectors: Vectors to train it with, at most.

    Example:
        >>> StructurePlan("PCAR256,IVF512,PQ256x4fs", training_vectors=20_480).factory_string.split(",")
        ['PCAR256', 'IVF512', 'PQ256x4fs']
    """

    factory_string: str
    training_vectors: int


def plan_structure(kind: str | None, vectors: int, dimensions: int) -> StructurePlan | None:
    """Plan the structure for so many vectors; None to look at every one.

    Args:
        kind: "exact", "pq", "ivf-pq", a sentence for faiss, or None to follow from the number.
        vectors: To search.
        dimensions: Of a vector.

    Returns:
        Cells (a power of two near four times the square root of the number), code size and training
        sample; None also where there are too few vectors to train on.

    Example:
        >>> plan_structure(None, vectors=1_000_000, dimensions=1280)
        StructurePlan(factory_string='PCAR256,IVF2048,PQ256x4fs', training_vectors=81920)
        >>> plan_structure(None, vectors=10_000, dimensions=1280) is None  # Looked at one by one.
        True
    """
    if kind == "exact" or (kind is None and vectors <= EXACT_UP_TO):
        return None
    cells = 1 if kind == "pq" else choose_cell_count(vectors)
    training_vectors = min(
        max(cells * _TRAINING_PER_CELL, 20 * _MIN_TRAINING_VECTORS), _MAX_TRAINING_VECTORS
    )
    if kind not in (None, "pq", "ivf-pq"):
        return StructurePlan(kind, _MAX_TRAINING_VECTORS)
    if vectors < _MIN_TRAINING_VECTORS or cells < 1:
        return None
    return StructurePlan(_build_factory_string(cells, dimensions), training_vectors)


def check_kind(kind: str | None, dimensions: int) -> str | None:
    """Check that there is such a kind; return it.

    Raises:
        InvalidInput: Neither a name of ours nor a factory string that faiss understands.

    Example:
        >>> check_kind("ivf-pq", dimensions=64), check_kind("IVF16,PQ8x4fs", dimensions=64)
        ('ivf-pq', 'IVF16,PQ8x4fs')
    """
    if kind is None or kind in NAMED_KINDS:
        return kind
    import faiss

    try:
        faiss.index_factory(dimensions, kind)
    except RuntimeError as error:
        reason = str(error).rsplit("Error: ", 1)[-1].splitlines()[0]
        raise InvalidInput(
            f"{kind!r} is neither exact, pq, ivf-pq nor a factory string of faiss: {reason}"
        ) from error
    return kind


def choose_cell_count(vectors: int) -> int:
    """Return the largest power of two up to four roots of the number that leaves each cell enough.

    Example:
        >>> [choose_cell_count(vectors) for vectors in (1_000, 100_000, 1_000_000)]
        [16, 1024, 2048]
    """
    max_cells = min(_CELLS_PER_ROOT * vectors**0.5, vectors / _TRAINING_PER_CELL)
    return 1 << (int(max_cells).bit_length() - 1) if max_cells >= 1 else 0


def _build_factory_string(cells: int, dimensions: int) -> str:
    """Build it: main directions, rotated so that they matter alike; cells; four bits a number."""
    coded = min(dimensions, _MAX_CODED_NUMBERS) // _CODED_STEP * _CODED_STEP
    if coded < _MIN_CODED_NUMBERS:
        return f"IVF{cells},SQ8"
    return f"PCAR{coded},IVF{cells},PQ{coded}x4fs"

"""A faiss structure over the rows of a vector file: trained, filled, tuned, asked for candidates."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from packshot.arrays import ByteArray, Float32Array, Int64Array, Mask
from packshot.errors import IndexDamaged, InvalidInput, VectorIndexError
from packshot.files import writing
from packshot.search.items import Distance, IndexSettings
from packshot.search.ledger import Published
from packshot.search.planning import Plan
from packshot.search.ranking import nearest, scan, unit
from packshot.search.vector_file import VectorFile

TARGET_RECALL = 0.97
"""Of the ten nearest, reached on novel queries when an index is tuned."""

_ANSWERS = 10
_TUNING_QUERIES, _SPLICED = 256, 3
_DEPTHS = (20, 40, 80, 120, 160, 240, 320, 480, 640, 1280)
_MOST_PROBES = 512
_BLOCK = 1 << 14
_ITERATIONS = 10
_SEED = 0
_EXACT_BELOW = 5_000
"""Vectors that meet the conditions of a query: so few are looked at one by one."""
_NANOSECONDS_PER_CODE, _NANOSECONDS_PER_PROBE, _NANOSECONDS_PER_NUMBER = 4.0, 100.0, 2.0


@dataclass(frozen=True, eq=False)
class Structure:
    """A faiss index whose ids are row numbers, and how to ask it.

    Attributes:
        index: The faiss index, over `ranking.unit` vectors.
        published: What the ledger says of it; `rows` are those before it that it holds.
        distance: Between vectors.
    """

    index: Any
    published: Published
    distance: Distance

    @property
    def rows(self) -> int:
        """It holds the rows before this one."""
        return self.published.rows

    def too_few(self, allowed: int, k: int) -> bool:
        """Whether those that meet conditions are so few that they are better looked at one by one."""
        few = min(_EXACT_BELOW, self.rows // 4)
        return allowed <= max(few, 2 * self._depth(k))

    def candidates(self, queries: Float32Array, k: int, allowed: Mask) -> list[Int64Array]:
        """Rows that are likely to be among the k nearest of those allowed.

        Args:
            queries: (Q, D).
            k: Answers wanted of them.
            allowed: (rows,) which rows may be given.
        """
        share = np.count_nonzero(allowed) / max(self.rows, 1)
        probes = max(1, round(self.published.probes / max(share, 1e-9)))
        return self._asked(queries, self._depth(k), probes, None if share == 1 else allowed)

    def _depth(self, k: int) -> int:
        return int(np.ceil(self.published.depth * max(1.0, k / _ANSWERS)))

    def _asked(
        self, queries: Float32Array, depth: int, probes: int, allowed: Mask | None = None
    ) -> list[Int64Array]:
        depth = min(depth, max(self.rows, 1))
        wanted = unit(queries, self.distance)
        cells = _cells(self.index)
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        if cells is None:
            return self._masked(wanted, depth, allowed)
        _, rows = self.index.search(
            wanted, depth, params=_parameters(self.index, min(probes, cells.nlist), bits)
        )
        return [row[row >= 0] for row in rows]

    def _masked(self, wanted: Float32Array, depth: int, allowed: Mask | None) -> list[Int64Array]:
        """Structures without cells do not all know of conditions: ask for more, and leave out."""
        share = 1.0 if allowed is None else max(float(allowed.mean()), 1 / max(self.rows, 1))
        _, rows = self.index.search(wanted, min(int(depth / share) + depth, self.rows))
        found = [row[row >= 0] for row in rows]
        return found if allowed is None else [row[allowed[row]][:depth] for row in found]


def build(plan: Plan, vectors: VectorFile, alive: Mask, settings: IndexSettings) -> Structure:
    """Train a structure on a sample of the living rows and put them all in.

    Raises:
        InvalidInput: A sentence of the user's that cannot be built from these vectors.
    """
    import faiss

    living = np.flatnonzero(alive)
    generator = np.random.default_rng(_SEED)
    sample = np.sort(generator.choice(living, min(plan.training, len(living)), replace=False))
    try:
        index = faiss.index_factory(settings.dimensions, plan.sentence)
        _make_training_short(index)
        index.train(unit(vectors.take(sample), settings.distance))
    except RuntimeError as error:
        raise InvalidInput(
            f"faiss cannot build {plan.sentence!r} from these vectors: {error}"
        ) from error
    published = Published("", 0, 0, len(living), 1, _DEPTHS[0], plan.sentence)
    structure = extended(Structure(index, published, settings.distance), vectors, len(alive))
    return _tuned(structure, vectors, living)


def extended(structure: Structure, vectors: VectorFile, rows: int) -> Structure:
    """The structure with the rows up to `rows` put in; dead ones too: its ids are row numbers."""
    for first in range(structure.rows, rows, _BLOCK):
        block = np.arange(first, min(first + _BLOCK, rows))
        structure.index.add(unit(vectors.take(block), structure.distance))
    return replace(structure, published=replace(structure.published, rows=rows))


def save(structure: Structure, path: Path) -> Structure:
    """Write a structure and wait until the disk has it; it counts once the ledger names it.

    Raises:
        VectorIndexError: It cannot be written.
    """
    import faiss

    # Not by faiss itself: it does not see that the last bytes found no space.
    data = faiss.serialize_index(structure.index)
    with writing(path, VectorIndexError), path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    published = replace(structure.published, file=path.name, checksum=zlib.crc32(data))
    return replace(structure, published=published)


def load(published: Published, folder: Path, distance: Distance) -> Structure:
    """Read a structure.

    Raises:
        FileNotFoundError: A newer one has taken its place.
        IndexDamaged: The file is not what was written.
    """
    import faiss

    path = folder / published.file
    if _checksum(path) != published.checksum:
        raise IndexDamaged(f"{path} is not what was written: compact the index to build it anew")
    return Structure(faiss.read_index(str(path)), published, distance)


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _cells(index: Any) -> Any:
    """The inverted file inside, None where there is none."""
    import faiss

    return faiss.try_extract_index_ivf(index)


def _make_training_short(index: Any) -> None:
    """Few rounds of clustering; no ordering of codes for a search by bits that nobody asks for."""
    cells = _cells(index)
    if cells is not None:
        cells.cp.niter, cells.cp.seed = _ITERATIONS, _SEED
    inner = _inner(index)
    if hasattr(inner, "do_polysemous_training"):
        inner.do_polysemous_training = False


def _inner(index: Any) -> Any:
    """The index behind a change of the vectors, or the index itself."""
    import faiss

    outer = faiss.downcast_index(index)
    return faiss.downcast_index(outer.index) if isinstance(outer, faiss.IndexPreTransform) else outer


def _parameters(index: Any, probes: int, bits: ByteArray | None) -> Any:
    """Parameters of one search, so that the index itself need not be changed."""
    import faiss

    selector = {} if bits is None else {"sel": faiss.IDSelectorBitmap(bits)}
    inner = faiss.SearchParametersIVF(nprobe=probes, **selector)
    if isinstance(faiss.downcast_index(index), faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=inner)
    return inner


def _tuned(structure: Structure, vectors: VectorFile, living: Int64Array) -> Structure:
    """The cheapest probes and depth that find enough of the ten nearest to novel queries."""
    queries = _novel(structure.distance, vectors, living)
    trials = list(_trials(structure, queries, vectors, living))
    reached = [trial for trial in trials if trial[0] >= TARGET_RECALL]
    _, probes, depth = (
        min(reached, key=lambda trial: _cost(structure, *trial[1:])) if reached else max(trials)
    )
    return replace(structure, published=replace(structure.published, probes=probes, depth=depth))


def _novel(distance: Distance, vectors: VectorFile, living: Int64Array) -> Float32Array:
    """Each number from one of three vectors, (Q, D): as photos of something new they lie where few do.

    Vectors of the index itself have near relatives there: they are too easy to tune with.
    """
    generator = np.random.default_rng(_SEED)
    number = min(_TUNING_QUERIES, len(living) // _SPLICED)
    chosen = generator.choice(living, (_SPLICED, number), replace=False)
    parts = np.stack([unit(vectors.take(rows), distance) for rows in chosen])
    return np.asarray(np.choose(generator.integers(0, _SPLICED, parts.shape[1:]), parts), np.float32)


def _trials(
    structure: Structure, queries: Float32Array, vectors: VectorFile, living: Int64Array
) -> Iterator[tuple[float, int, int]]:
    """Recall, probes and depth. The first of a long list are what a short one would be."""
    truth = _true_neighbours(structure.distance, queries, vectors, living)
    cells = _cells(structure.index)
    probes, most = 1, 1 if cells is None else min(cells.nlist, _MOST_PROBES)
    while probes <= most:
        found = structure._asked(queries, _DEPTHS[-1], probes)
        for depth in _DEPTHS:
            yield _recall(found, truth, depth), probes, depth
        probes *= 2


def _recall(found: list[Int64Array], truth: list[set[int]], depth: int) -> float:
    right = sum(len(true & set(rows[:depth].tolist())) for rows, true in zip(found, truth, strict=True))
    return right / max(sum(map(len, truth)), 1)


def _true_neighbours(
    distance: Distance, queries: Float32Array, vectors: VectorFile, living: Int64Array
) -> list[set[int]]:
    """Of each query its ten nearest rows."""
    blocks = (living[start : start + _BLOCK] for start in range(0, len(living), _BLOCK))
    found = scan(queries, ((rows, vectors.take(rows)) for rows in blocks), _ANSWERS, distance)
    return [
        set(nearest(query, rows, vectors.take(rows), _ANSWERS, distance)[0].tolist())
        for query, rows in zip(queries, found, strict=True)
    ]


def _cost(structure: Structure, probes: int, depth: int) -> float:
    """Nanoseconds of a query, roughly."""
    cells = _cells(structure.index)
    scanned = structure.rows if cells is None else structure.rows * probes / cells.nlist
    return float(
        scanned * _NANOSECONDS_PER_CODE
        + probes * _NANOSECONDS_PER_PROBE
        + depth * structure.index.d * _NANOSECONDS_PER_NUMBER
    )

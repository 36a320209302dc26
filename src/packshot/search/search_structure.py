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
from packshot.files import translate_write_errors
from packshot.search.item_catalog import StructureRecord
from packshot.search.items import Distance, IndexSettings
from packshot.search.planning import StructurePlan
from packshot.search.ranking import rank_nearest, scan, to_unit_vectors
from packshot.search.vector_file import VectorFile

TARGET_RECALL = 0.97
"""Share of the ten nearest that must be found on novel queries when an index is tuned. At this target
real photos reach .988 (decision 13)."""

_TUNING_ANSWERS = 10
"""Nearest neighbours whose recall is tuned."""

_TUNING_QUERIES, _VECTORS_PER_QUERY = 256, 3
"""Queries that an index is tuned with, and the vectors that each is made of: of two they are too easy,
of three about as hard as photos that the index has never seen (decision 13)."""

_DEPTHS = (20, 40, 80, 120, 160, 240, 320, 480, 640, 1280)
"""Candidates ranked exactly, for ten answers, that are tried."""

_MAX_PROBES = 512
"""Cells looked into that are tried, at most, in powers of two."""

_BLOCK_ROWS = 1 << 14
"""Vectors read at a time: bounds memory."""

_CLUSTERING_ITERATIONS = 10
"""Rounds of k-means for the cells: faiss's default for inverted files."""

_SEED = 0
"""Of samples and clustering, so that the same vectors make the same index."""

_EXACT_BELOW_ROWS = 5_000
"""Vectors that meet the conditions of a query: so few are looked at one by one. A judgement."""

_NANOSECONDS_PER_CODE, _NANOSECONDS_PER_PROBE, _NANOSECONDS_PER_NUMBER = 4.0, 100.0, 2.0
"""What a code scanned, a cell looked into, and a number of a vector ranked exactly cost, roughly: only
their ratio matters, to choose between settings that find as much."""


@dataclass(frozen=True, eq=False)
class SearchStructure:
    """A faiss index whose ids are row numbers, and its search parameters.

    Attributes:
        faiss_index: The faiss index, over `ranking.unit` vectors.
        record: Its entry in the catalog; `rows` are those before it that it holds.
        distance: Between vectors.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=4, distance=Distance.EUCLIDEAN)
        >>> vectors, file = np.eye(4, dtype=np.float32), VectorFile(Path("vectors.bin"), settings)
        >>> _ = file.append(vectors, 0)
        >>> structure = build_structure(StructurePlan("Flat", 4), file, np.ones(4, bool), settings)
        >>> int(structure.find_candidates(vectors[2:3], k=1, allowed=np.ones(4, bool))[0][0])
        2
    """

    faiss_index: Any
    record: StructureRecord
    distance: Distance

    @property
    def rows(self) -> int:
        """It holds the rows before this one."""
        return self.record.rows

    def should_scan(self, allowed: int, k: int) -> bool:
        """Return whether so few meet conditions that they are better looked at one by one."""
        max_scanned = min(_EXACT_BELOW_ROWS, self.rows // 4)
        return allowed <= max(max_scanned, 2 * self._depth(k))

    def find_candidates(self, queries: Float32Array, k: int, allowed: Mask) -> list[Int64Array]:
        """Find rows that are likely to be among the k nearest of those allowed.

        Args:
            queries: (Q, D).
            k: Answers wanted of them.
            allowed: (rows,) which rows may be given.
        """
        share = np.count_nonzero(allowed) / max(self.rows, 1)
        probes = max(1, round(self.record.probes / max(share, 1e-9)))
        return self._search(queries, self._depth(k), probes, None if share == 1 else allowed)

    def _depth(self, k: int) -> int:
        return int(np.ceil(self.record.depth * max(1.0, k / _TUNING_ANSWERS)))

    def _search(
        self, queries: Float32Array, depth: int, probes: int, allowed: Mask | None = None
    ) -> list[Int64Array]:
        depth = min(depth, max(self.rows, 1))
        unit_queries = to_unit_vectors(queries, self.distance)
        ivf = _extract_ivf(self.faiss_index)
        allowed_bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        if ivf is None:
            return self._search_and_filter(unit_queries, depth, allowed)
        _, rows = self.faiss_index.search(
            unit_queries,
            depth,
            params=_build_search_parameters(self.faiss_index, min(probes, ivf.nlist), allowed_bits),
        )
        return [row[row >= 0] for row in rows]

    def _search_and_filter(
        self, unit_queries: Float32Array, depth: int, allowed: Mask | None
    ) -> list[Int64Array]:
        """Search for more, and leave out: structures without cells do not all know of conditions."""
        share = 1.0 if allowed is None else max(float(allowed.mean()), 1 / max(self.rows, 1))
        _, rows = self.faiss_index.search(unit_queries, min(int(depth / share) + depth, self.rows))
        found = [row[row >= 0] for row in rows]
        return found if allowed is None else [row[allowed[row]][:depth] for row in found]


def build_structure(
    plan: StructurePlan, vectors: VectorFile, alive: Mask, settings: IndexSettings
) -> SearchStructure:
    """Train a structure on a sample of the living rows and put them all in.

    Raises:
        InvalidInput: A sentence of the user's that cannot be built from these vectors.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=4, distance=Distance.EUCLIDEAN)
        >>> vectors, file = np.eye(4, dtype=np.float32), VectorFile(Path("vectors.bin"), settings)
        >>> _ = file.append(vectors, 0)
        >>> structure = build_structure(StructurePlan("Flat", 4), file, np.ones(4, bool), settings)
        >>> structure.rows, structure.record.factory_string
        (4, 'Flat')
    """
    import faiss

    live_rows = np.flatnonzero(alive)
    generator = np.random.default_rng(_SEED)
    sample = np.sort(
        generator.choice(live_rows, min(plan.training_vectors, len(live_rows)), replace=False)
    )
    try:
        index = faiss.index_factory(settings.dimensions, plan.factory_string)
        _limit_training(index)
        index.train(to_unit_vectors(vectors.read_rows(sample), settings.distance))
    except RuntimeError as error:
        raise InvalidInput(
            f"faiss cannot build {plan.factory_string!r} from these vectors: {error}"
        ) from error
    record = StructureRecord("", 0, 0, len(live_rows), 1, _DEPTHS[0], plan.factory_string)
    structure = extend_structure(SearchStructure(index, record, settings.distance), vectors, len(alive))
    return _tune(structure, vectors, live_rows)


def extend_structure(structure: SearchStructure, vectors: VectorFile, rows: int) -> SearchStructure:
    """Put the rows up to `rows` into a structure; dead ones too: its ids are row numbers.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=4, distance=Distance.EUCLIDEAN)
        >>> vectors, file = np.eye(4, dtype=np.float32), VectorFile(Path("vectors.bin"), settings)
        >>> _ = file.append(vectors, 0)
        >>> structure = build_structure(StructurePlan("Flat", 4), file, np.ones(4, bool), settings)
        >>> _ = file.append(vectors, 4)
        >>> extend_structure(structure, file, rows=8).rows
        8
    """
    for first in range(structure.rows, rows, _BLOCK_ROWS):
        block = np.arange(first, min(first + _BLOCK_ROWS, rows))
        structure.faiss_index.add(to_unit_vectors(vectors.read_rows(block), structure.distance))
    return replace(structure, record=replace(structure.record, rows=rows))


def save_structure(structure: SearchStructure, path: Path) -> SearchStructure:
    """Write a structure and wait until the disk has it; it counts once the catalog names it.

    Raises:
        VectorIndexError: It cannot be written.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=4, distance=Distance.EUCLIDEAN)
        >>> vectors, file = np.eye(4, dtype=np.float32), VectorFile(Path("vectors.bin"), settings)
        >>> _ = file.append(vectors, 0)
        >>> structure = build_structure(StructurePlan("Flat", 4), file, np.ones(4, bool), settings)
        >>> save_structure(structure, Path("structure.faiss")).record.file
        'structure.faiss'
    """
    import faiss

    # Not by faiss itself: it does not see that the last bytes found no space.
    data = faiss.serialize_index(structure.faiss_index)
    with translate_write_errors(path, VectorIndexError), path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    record = replace(structure.record, file=path.name, checksum=zlib.crc32(data))
    return replace(structure, record=record)


def load_structure(record: StructureRecord, folder: Path, distance: Distance) -> SearchStructure:
    """Read a structure.

    Raises:
        FileNotFoundError: A newer one has taken its place.
        IndexDamaged: The file is not what was written.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=4, distance=Distance.EUCLIDEAN)
        >>> vectors, file = np.eye(4, dtype=np.float32), VectorFile(Path("vectors.bin"), settings)
        >>> _ = file.append(vectors, 0)
        >>> structure = build_structure(StructurePlan("Flat", 4), file, np.ones(4, bool), settings)
        >>> saved = save_structure(structure, Path("structure.faiss"))
        >>> load_structure(saved.record, Path(), settings.distance).rows
        4
    """
    import faiss

    path = folder / record.file
    if _compute_checksum(path) != record.checksum:
        raise IndexDamaged(f"{path} is not what was written: rebuild it with --compact")
    return SearchStructure(faiss.read_index(str(path)), record, distance)


def _compute_checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _extract_ivf(index: Any) -> Any:
    """Return the inverted file inside, None where there is none."""
    import faiss

    return faiss.try_extract_index_ivf(index)


def _limit_training(index: Any) -> None:
    """Limit training to few rounds of clustering, and no order of codes for a search by bits."""
    ivf = _extract_ivf(index)
    if ivf is not None:
        ivf.cp.niter, ivf.cp.seed = _CLUSTERING_ITERATIONS, _SEED
    inner = _unwrap_index(index)
    if hasattr(inner, "do_polysemous_training"):
        inner.do_polysemous_training = False


def _unwrap_index(index: Any) -> Any:
    """Return the index behind a change of the vectors, or the index itself."""
    import faiss

    outer = faiss.downcast_index(index)
    return faiss.downcast_index(outer.index) if isinstance(outer, faiss.IndexPreTransform) else outer


def _build_search_parameters(index: Any, probes: int, bits: ByteArray | None) -> Any:
    """Build parameters of one search, so that the index itself need not be changed."""
    import faiss

    selector = {} if bits is None else {"sel": faiss.IDSelectorBitmap(bits)}
    inner = faiss.SearchParametersIVF(nprobe=probes, **selector)
    if isinstance(faiss.downcast_index(index), faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=inner)
    return inner


def _tune(structure: SearchStructure, vectors: VectorFile, live_rows: Int64Array) -> SearchStructure:
    """Choose the cheapest probes and depth that find enough of the ten nearest to novel queries."""
    queries = _make_novel_queries(structure.distance, vectors, live_rows)
    trials = list(_iter_trials(structure, queries, vectors, live_rows))
    good_trials = [trial for trial in trials if trial[0] >= TARGET_RECALL]
    _, probes, depth = (
        min(good_trials, key=lambda trial: _estimate_cost_ns(structure, *trial[1:]))
        if good_trials
        else max(trials)
    )
    return replace(structure, record=replace(structure.record, probes=probes, depth=depth))


def _make_novel_queries(distance: Distance, vectors: VectorFile, live_rows: Int64Array) -> Float32Array:
    """Make (Q, D) queries, each number from one of three vectors: they lie where few vectors do.

    Vectors of the index itself have near relatives there: they are too easy to tune with.
    """
    generator = np.random.default_rng(_SEED)
    query_count = min(_TUNING_QUERIES, len(live_rows) // _VECTORS_PER_QUERY)
    chosen = generator.choice(live_rows, (_VECTORS_PER_QUERY, query_count), replace=False)
    parts = np.stack([to_unit_vectors(vectors.read_rows(rows), distance) for rows in chosen])
    return np.asarray(
        np.choose(generator.integers(0, _VECTORS_PER_QUERY, parts.shape[1:]), parts), np.float32
    )


def _iter_trials(
    structure: SearchStructure, queries: Float32Array, vectors: VectorFile, live_rows: Int64Array
) -> Iterator[tuple[float, int, int]]:
    """Yield recall, probes and depth. The first of a long list are what a short one would be."""
    truth = _find_true_neighbours(structure.distance, queries, vectors, live_rows)
    ivf = _extract_ivf(structure.faiss_index)
    probes, max_probes = 1, 1 if ivf is None else min(ivf.nlist, _MAX_PROBES)
    while probes <= max_probes:
        found = structure._search(queries, _DEPTHS[-1], probes)
        for depth in _DEPTHS:
            yield _compute_recall(found, truth, depth), probes, depth
        probes *= 2


def _compute_recall(found: list[Int64Array], truth: list[set[int]], depth: int) -> float:
    hit_count = sum(
        len(true_rows & set(rows[:depth].tolist())) for rows, true_rows in zip(found, truth, strict=True)
    )
    return hit_count / max(sum(map(len, truth)), 1)


def _find_true_neighbours(
    distance: Distance, queries: Float32Array, vectors: VectorFile, live_rows: Int64Array
) -> list[set[int]]:
    """Find the ten nearest rows of each query."""
    blocks = (live_rows[start : start + _BLOCK_ROWS] for start in range(0, len(live_rows), _BLOCK_ROWS))
    found = scan(
        queries, ((rows, vectors.read_rows(rows)) for rows in blocks), _TUNING_ANSWERS, distance
    )
    return [
        set(rank_nearest(query, rows, vectors.read_rows(rows), _TUNING_ANSWERS, distance)[0].tolist())
        for query, rows in zip(queries, found, strict=True)
    ]


def _estimate_cost_ns(structure: SearchStructure, probes: int, depth: int) -> float:
    """Estimate the nanoseconds of a query, roughly."""
    ivf = _extract_ivf(structure.faiss_index)
    scanned_rows = structure.rows if ivf is None else structure.rows * probes / ivf.nlist
    return float(
        scanned_rows * _NANOSECONDS_PER_CODE
        + probes * _NANOSECONDS_PER_PROBE
        + depth * structure.faiss_index.d * _NANOSECONDS_PER_NUMBER
    )

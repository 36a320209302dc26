"""Table 4: are the first answers of the same kind, or the same product, as the photo asked about?

Every product photo is asked about; it is not its own answer. The catalogue holds all product photos and
photos of other things (BIQ2021, OASIS) to be mistaken for them; then the same among 100 000 more vectors
drawn from the distribution of the latter. Exhaustive search, PQ and IVF-PQ answer the same questions by
both distances, as Packshot ranks them, and by their codes alone, as the source does; the loss is in
points against exhaustive.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.support.content_vectors import (
    PhotoVectors,
    VectorDistribution,
    load_photo_vectors,
)
from benchmarks.support.record import write_results
from packshot.arrays import Float32Array, Int64Array
from packshot.search import Distance, Hit, IndexSettings, Item, create_index
from packshot.search.planning import choose_cell_count
from packshot.search.ranking import to_unit_vectors

KINDS = ("exact", "pq", "ivf-pq")
CODES_ALONE = {"pq, codes alone": "PQ64", "ivf-pq, codes alone": "IVF{cells},PQ64"}
SAMPLED_COUNTS = (0, 100_000)
_ANSWERS = 5
_PROBES = 16


def main(data: Path) -> None:
    """A row for each catalogue, distance and kind of index."""
    photo_vectors = load_photo_vectors(data)
    others = VectorDistribution(photo_vectors.vectors[photo_vectors.kinds == ""])
    rows: list[dict[str, object]] = []
    for sampled in SAMPLED_COUNTS:
        vectors = np.concatenate([photo_vectors.vectors, others.sample(sampled)])
        for distance in Distance:
            rows += _iter_rows(photo_vectors, vectors, distance)
            print(*rows[-len(KINDS) - len(CODES_ALONE) :], sep="\n")
            print(write_results("index_accuracy", rows))


def _iter_rows(
    photo_vectors: PhotoVectors, vectors: Float32Array, distance: Distance
) -> Iterator[dict[str, object]]:
    query_rows = np.flatnonzero(photo_vectors.kinds != "")
    exhaustive: dict[str, float] = {}
    for kind in (*KINDS, *CODES_ALONE):
        answer = _query_codes if kind in CODES_ALONE else _query_index
        structure, answers = answer(vectors, query_rows, distance, kind)
        figures = _compute_accuracy(photo_vectors, query_rows, answers)
        exhaustive = exhaustive or figures
        losses = {f"{name}_loss": round(exhaustive[name] - figures[name], 2) for name in figures}
        columns = {
            "distance": distance,
            "index": kind,
            "photos": len(photo_vectors.vectors),
            "structure": structure,
        }
        drawn = {"drawn": len(vectors) - len(photo_vectors.vectors)}
        yield columns | drawn | {name: round(value, 2) for name, value in figures.items()} | losses


def _query_index(
    vectors: Float32Array, query_rows: Int64Array, distance: Distance, kind: str
) -> tuple[str, list[list[int]]]:
    """Numbers of the nearest to each vector asked about, itself left out."""
    settings = IndexSettings(dimensions=vectors.shape[1], distance=distance, kind=kind)
    with (
        tempfile.TemporaryDirectory() as folder,
        create_index(Path(folder) / "index", settings) as index,
    ):
        index.add([Item(str(n), vector) for n, vector in enumerate(vectors)])
        index.flush()
        answers = index.query(vectors[query_rows], _ANSWERS + 1)
        return index.describe(), [
            _drop_own_row(own, map(_to_number, hits))
            for own, hits in zip(query_rows, answers, strict=True)
        ]


def _query_codes(
    vectors: Float32Array, query_rows: Int64Array, distance: Distance, kind: str
) -> tuple[str, list[list[int]]]:
    """The same by the codes of a faiss index alone."""
    import faiss

    factory_string = CODES_ALONE[kind].format(cells=choose_cell_count(len(vectors)))
    index = faiss.index_factory(vectors.shape[1], factory_string)
    units = to_unit_vectors(vectors, distance)
    index.train(units)
    index.add(units)
    if factory_string.startswith("IVF"):
        index.nprobe = _PROBES
    _, answers = index.search(units[query_rows], _ANSWERS + 1)
    return f"faiss {factory_string}", [
        _drop_own_row(own, row.tolist()) for own, row in zip(query_rows, answers, strict=True)
    ]


def _to_number(hit: Hit) -> int:
    return int(hit.id)


def _drop_own_row(own: int, found: Iterable[int]) -> list[int]:
    return [row for row in found if row not in (own, -1)][:_ANSWERS]


def _compute_accuracy(
    photo_vectors: PhotoVectors, query_rows: Int64Array, answers: list[list[int]]
) -> dict[str, float]:
    """Percent: of first answers of the same type and subtype; of questions whose product is in five.

    Vectors that were drawn are of no type.
    """
    drawn = max(max(row) for row in answers) + 1
    kinds, groups = (
        np.concatenate([names, np.full(drawn, "")])
        for names in (photo_vectors.kinds, photo_vectors.groups)
    )
    types = np.array([kind.split("/")[0] for kind in kinds])
    names, counts = np.unique(photo_vectors.groups, return_counts=True)
    several = set(names[counts > 1]) - {""}
    paired = [
        (own, rows) for own, rows in zip(query_rows, answers, strict=True) if groups[own] in several
    ]
    return {
        "type_first": _to_percent(
            types[own] == types[rows[0]] for own, rows in zip(query_rows, answers, strict=True)
        ),
        "type_in_5": _to_percent(
            types[own] == types[row]
            for own, rows in zip(query_rows, answers, strict=True)
            for row in rows
        ),
        "subtype_first": _to_percent(
            kinds[own] == kinds[rows[0]] for own, rows in zip(query_rows, answers, strict=True)
        ),
        "product_in_5": _to_percent(groups[own] in groups[rows] for own, rows in paired),
    }


def _to_percent(hits: Iterable[object]) -> float:
    return 100 * float(np.mean(list(hits)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)

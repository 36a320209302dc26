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

from benchmarks.content_vectors import Distribution, Floats, Photos, photos
from packshot.arrays import Int64Array
from packshot.search import Distance, Hit, IndexSettings, Item, create_index
from packshot.search.planning import cells_for
from packshot.search.ranking import unit
from benchmarks.record import write

KINDS = ("exact", "pq", "ivf-pq")
CODES_ALONE = {"pq, codes alone": "PQ64", "ivf-pq, codes alone": "IVF{cells},PQ64"}
DRAWN = (0, 100_000)
_ANSWERS = 5
_PROBES = 16


def main(data: Path) -> None:
    """A row for each catalogue, distance and kind of index."""
    shown = photos(data)
    others = Distribution(shown.vectors[shown.kinds == ""])
    rows: list[dict[str, object]] = []
    for drawn in DRAWN:
        vectors = np.concatenate([shown.vectors, others.draw(drawn)])
        for distance in Distance:
            rows += _compared(shown, vectors, distance)
            print(*rows[-len(KINDS) - len(CODES_ALONE) :], sep="\n")
            print(write("index_accuracy", rows))


def _compared(shown: Photos, vectors: Floats, distance: Distance) -> Iterator[dict[str, object]]:
    asked = np.flatnonzero(shown.kinds != "")
    exhaustive: dict[str, float] = {}
    for kind in (*KINDS, *CODES_ALONE):
        answer = _by_codes if kind in CODES_ALONE else _by_index
        structure, answers = answer(vectors, asked, distance, kind)
        figures = _accuracy(shown, asked, answers)
        exhaustive = exhaustive or figures
        losses = {f"{name}_loss": round(exhaustive[name] - figures[name], 2) for name in figures}
        about = {
            "distance": distance,
            "index": kind,
            "photos": len(shown.vectors),
            "structure": structure,
        }
        drawn = {"drawn": len(vectors) - len(shown.vectors)}
        yield about | drawn | {name: round(value, 2) for name, value in figures.items()} | losses


def _by_index(
    vectors: Floats, asked: Int64Array, distance: Distance, kind: str
) -> tuple[str, list[list[int]]]:
    """Numbers of the nearest to each vector asked about, itself left out."""
    settings = IndexSettings(dimensions=vectors.shape[1], distance=distance, kind=kind)
    with (
        tempfile.TemporaryDirectory() as folder,
        create_index(Path(folder) / "index", settings) as index,
    ):
        index.add([Item(str(n), vector) for n, vector in enumerate(vectors)])
        index.flush()
        answers = index.query(vectors[asked], _ANSWERS + 1)
        return index.describe(), [
            _others(own, map(_number, hits)) for own, hits in zip(asked, answers, strict=True)
        ]


def _by_codes(
    vectors: Floats, asked: Int64Array, distance: Distance, kind: str
) -> tuple[str, list[list[int]]]:
    """The same by the codes of a faiss index alone."""
    import faiss

    sentence = CODES_ALONE[kind].format(cells=cells_for(len(vectors)))
    index = faiss.index_factory(vectors.shape[1], sentence)
    units = unit(vectors, distance)
    index.train(units)
    index.add(units)
    if sentence.startswith("IVF"):
        index.nprobe = _PROBES
    _, answers = index.search(units[asked], _ANSWERS + 1)
    return f"faiss {sentence}", [
        _others(own, row.tolist()) for own, row in zip(asked, answers, strict=True)
    ]


def _number(hit: Hit) -> int:
    return int(hit.id)


def _others(own: int, found: Iterable[int]) -> list[int]:
    return [row for row in found if row not in (own, -1)][:_ANSWERS]


def _accuracy(shown: Photos, asked: Int64Array, answers: list[list[int]]) -> dict[str, float]:
    """Percent: of first answers of the same type and subtype; of questions whose product is in five.

    Vectors that were drawn are of no type.
    """
    drawn = max(max(row) for row in answers) + 1
    kinds, groups = (
        np.concatenate([names, np.full(drawn, "")]) for names in (shown.kinds, shown.groups)
    )
    types = np.array([kind.split("/")[0] for kind in kinds])
    names, counts = np.unique(shown.groups, return_counts=True)
    several = set(names[counts > 1]) - {""}
    paired = [(own, rows) for own, rows in zip(asked, answers, strict=True) if groups[own] in several]
    return {
        "type_first": _percent(
            types[own] == types[rows[0]] for own, rows in zip(asked, answers, strict=True)
        ),
        "type_in_5": _percent(
            types[own] == types[row] for own, rows in zip(asked, answers, strict=True) for row in rows
        ),
        "subtype_first": _percent(
            kinds[own] == kinds[rows[0]] for own, rows in zip(asked, answers, strict=True)
        ),
        "product_in_5": _percent(groups[own] in groups[rows] for own, rows in paired),
    }


def _percent(hits: Iterable[object]) -> float:
    return 100 * float(np.mean(list(hits)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)

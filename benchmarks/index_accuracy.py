"""Table 4: are the first answers of the same kind, or the same product, as the photo asked about?

Every product photo is asked about; it is not its own answer. The catalogue holds all product photos and
photos of other things (BIQ2021, OASIS) to be mistaken for them. Exhaustive search, PQ and IVF-PQ answer
the same questions by both distances; the loss is in points against exhaustive search.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from content_vectors import Photos, photos
from packshot.search import Distance, IndexSettings, Item, VectorIndex, create_index
from record import write

KINDS = ("exact", "pq", "ivf-pq")
_ANSWERS = 5


def main(data: Path) -> None:
    """A row for each distance and kind of index."""
    shown = photos(data)
    rows: list[dict[str, object]] = []
    for distance in Distance:
        exhaustive: dict[str, float] = {}
        for kind in KINDS:
            structure, figures = _figures(shown, distance, kind)
            exhaustive = exhaustive or figures
            losses = {f"{name}_loss": round(exhaustive[name] - figures[name], 2) for name in figures}
            rows.append({"distance": distance, "index": kind, "photos": len(shown.vectors)})
            rows[-1]["structure"] = structure
            rows[-1] |= {name: round(value, 2) for name, value in figures.items()} | losses
            print(rows[-1])
    print(write("index_accuracy", rows))


def _figures(shown: Photos, distance: Distance, kind: str) -> tuple[str, dict[str, float]]:
    settings = IndexSettings(dimensions=shown.vectors.shape[1], distance=distance, kind=kind)
    with (
        tempfile.TemporaryDirectory() as folder,
        create_index(Path(folder) / "index", settings) as index,
    ):
        index.add([Item(str(n), vector) for n, vector in enumerate(shown.vectors)])
        index.flush()
        return index.describe(), _accuracy(index, shown)


def _accuracy(index: VectorIndex, shown: Photos) -> dict[str, float]:
    """Percent: of first answers of the same type and subtype; of questions whose product is in five."""
    types = np.array([kind.split("/")[0] for kind in shown.kinds])
    asked = np.flatnonzero(types != "")
    answers = [
        [int(hit.id) for hit in hits if int(hit.id) != own][:_ANSWERS]
        for own, hits in zip(asked, index.query(shown.vectors[asked], _ANSWERS + 1), strict=True)
    ]
    names, counts = np.unique(shown.groups, return_counts=True)
    several = set(names[counts > 1]) - {""}
    paired = [
        (own, rows) for own, rows in zip(asked, answers, strict=True) if shown.groups[own] in several
    ]
    return {
        "type_first": _percent(
            types[own] == types[rows[0]] for own, rows in zip(asked, answers, strict=True)
        ),
        "type_in_5": _percent(
            types[own] == types[row] for own, rows in zip(asked, answers, strict=True) for row in rows
        ),
        "subtype_first": _percent(
            shown.kinds[own] == shown.kinds[rows[0]] for own, rows in zip(asked, answers, strict=True)
        ),
        "product_in_5": _percent(shown.groups[own] in shown.groups[rows] for own, rows in paired),
    }


def _percent(hits: Iterable[object]) -> float:
    return 100 * float(np.mean(list(hits)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)

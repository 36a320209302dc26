"""Are small differences told, and is nothing told where photos were only saved again?

    python -m benchmarks.search.small_differences [--data ../shared/data] [--limit N] [--split val]

Original photos get a line of print ("250 g", "50 ml", black or white, 2 to 5 % of the height, on a label
or not) or are size charts, drawn. A pair differs in the print alone; its counterpart is the same picture
twice. All are saved as JPEG of qualities drawn from 60 to 95 for both. A pair is right when it is a
variant where something differs, and a copy where nothing does. Limits were set on split train. Writes
`results/small_differences.csv`.
"""

from __future__ import annotations

import argparse
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.photo import Photo
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.view import PhotoView
from packshot.sources import read_rows

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
_TEXTS = (("250 g", "500 g"), ("50 ml", "80 ml"), ("No. 1", "No. 4"))
_CHARTS = 20


def print_pair(pixels: Pixels, generator: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Print one of two texts on a photo, in the same place."""
    height, width = pixels.shape[:2]
    tall = round(height * generator.uniform(0.02, 0.05))
    font, stroke = _FONTS[int(generator.integers(len(_FONTS)))], max(1, round(tall / 10))
    scale = cv2.getFontScaleFromHeight(font, tall, stroke)
    texts = _TEXTS[int(generator.integers(len(_TEXTS)))]
    (wide, _), _ = cv2.getTextSize(texts[1], font, scale, stroke)
    left = int(generator.uniform(0.2, 0.7) * (width - wide))
    base = int(generator.uniform(0.3, 0.8) * height)
    label = np.s_[max(0, base - 2 * tall) : base + tall, max(0, left - tall) : left + wide + tall]
    under = pixels.copy()
    if generator.random() < 0.5:
        under[label] = (245, 245, 240)
    ink = (25, 25, 30) if under[label].mean() > 120 else (240, 240, 240)
    first, second = under.copy(), under.copy()
    for picture, text in zip((first, second), texts, strict=True):
        cv2.putText(picture, text, (left, base), font, scale, ink, stroke, cv2.LINE_AA)
    return first, second


def draw_charts(generator: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Two size charts that differ in one to eleven numbers."""
    numbers = generator.integers(60, 120, (7, 4))
    others = numbers.copy()
    for _ in range(int(generator.integers(1, 12))):
        row, column = generator.integers(7), generator.integers(4)
        others[row, column] = 60 + (numbers[row, column] - 60 + generator.integers(1, 60)) % 60
    return _draw_chart(numbers), _draw_chart(others)


def _draw_chart(numbers: np.ndarray) -> Pixels:
    page = np.full((700, 600, 3), 255, np.uint8)
    cv2.putText(page, "SIZE CHART", (150, 60), _FONTS[0], 1.3, (0, 0, 0), 3, cv2.LINE_AA)
    for number, row in enumerate([["S", "Chest", "Waist", "Hip"], *numbers.astype(str).tolist()]):
        for column, text in enumerate(row):
            place = 30 + column * 140, 130 + number * 70
            cv2.putText(page, text, place, _FONTS[0], 0.8, (20, 20, 20), 2, cv2.LINE_AA)
        cv2.line(page, (10, 150 + number * 70), (590, 150 + number * 70), (150, 150, 150), 1)
    return page


def make_rows(paths: list[Path]) -> Iterator[dict[str, object]]:
    """A row for each sort of picture, and each of the two questions."""
    counts: Counter[tuple[str, str]] = Counter()
    for sort, name, pair in _iter_pairs(paths):
        generator = np.random.default_rng(zlib.crc32(f"qualities {name}".encode()))
        first, same, other = (_make_view(one, generator) for one in (pair[0], pair[0], pair[1]))
        told, again = compare(first, other), compare(first, same)
        counts[sort, "pairs"] += 1
        counts[sort, "differences_told"] += told.is_variant and bool(told.differences)
        counts[sort, "differences_called_copies"] += told.is_copy
        counts[sort, "copies_found"] += again.is_copy
        counts[sort, "copies_called_different"] += again.is_variant
    columns = list(dict.fromkeys(column for _, column in counts))
    for sort in dict.fromkeys(sort for sort, _ in counts):
        yield {"picture": sort, **{column: counts[sort, column] for column in columns}}


def _iter_pairs(paths: list[Path]) -> Iterator[tuple[str, str, tuple[Pixels, Pixels]]]:
    for path in paths:
        generator = np.random.default_rng(zlib.crc32(f"print {path.name}".encode()))
        yield "print on a photo", path.name, print_pair(Photo.open(path).pixels, generator)
    for number in range(_CHARTS):
        yield "size chart", f"chart {number}", draw_charts(np.random.default_rng(1000 + number))


def _make_view(pixels: Pixels, generator: np.random.Generator) -> PhotoView:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(generator.integers(60, 96)))
    return PhotoView.from_photo(Photo.open(file.getvalue()))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=200, help="most photos")
    parser.add_argument("--split", default="val", choices=("train", "val"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    folder = arguments.data / "products"
    rows = [row for row in read_rows(folder / "manifest.csv") if row["split"] == arguments.split]
    paths = [folder / row["file"] for row in rows]
    table = list(make_rows(paths[:: -(-len(paths) // arguments.limit)]))
    for row in table:
        print(*row.values(), sep="\t")
    print(write_results("small_differences", table))


if __name__ == "__main__":
    main()

"""What `packshot optimize` makes of 100 real photos, before and after, to be looked at.

    python -m benchmarks.enhancement.contact_sheet [--limit 100] [--sheet docs/images/optimize.jpg]

Photos of the two free sets (clothing-dataset, CC0: at home; Contoso, MIT: of a shop), evenly spread over
each, none left out. Each is optimised as a user would. First comes what was
changed, with the steps, then what was left as it was, with the first reason.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from packshot.arrays import Pixels
from packshot.assess.assessor import Assessor
from packshot.enhance.optimizer import Optimizer
from packshot.photo import Photo
from packshot.report import Action, Enhancement
from packshot.train.datasets.damaged import read_manifest

SHARES = {"clothingds": 0.7, "contoso": 0.3}
"""Sources whose photos may be shown again, and their share of the sheet."""

TILE, CAPTION, GAP, COLUMNS = 128, 16, 6, 6
GROUND = (235, 235, 235)
JPEG_QUALITY = 82


@dataclass(frozen=True, eq=False)
class SheetEntry:
    """A photo before and after, and what is said of it."""

    is_changed: bool
    caption: str
    before: Pixels
    after: Pixels


def list_photos(data: Path, limit: int) -> list[Path]:
    """List so many photos, evenly spread over each source."""
    manifest = data / "products" / "manifest.csv"
    originals = [one for split in ("train", "val") for one in read_manifest(manifest, split)]
    chosen = []
    for source, share in SHARES.items():
        paths = sorted(original.path for original in originals if original.source == source)
        places = np.linspace(0, len(paths) - 1, min(len(paths), round(share * limit)), dtype=int)
        chosen += [paths[place] for place in places]
    return chosen


@lru_cache(maxsize=1)
def _load_optimizer() -> Optimizer:
    return Optimizer(Assessor(draws_map=False))


def optimize_photo(path: Path) -> SheetEntry:
    """Optimise one photo."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        record = _load_optimizer().enhance(path, Path(folder) / path.name)
        before, after = (Photo.open(one).pixels for one in (path, Path(record.output or path)))
    is_changed = record.action is Action.ENHANCED
    return SheetEntry(is_changed, make_caption(record), before, after)


def make_caption(record: Enhancement) -> str:
    """Name the steps; of what was left alone the first change that was called for and not made."""
    if record.action is Action.ENHANCED:
        return ", ".join(record.steps)
    return next((f"left: {one.reason.value}" for one in record.abstentions), "left as it was")


def draw_sheet(entries: Sequence[SheetEntry]) -> Image.Image:
    """Draw all pairs with their captions, what was changed first."""
    ordered = sorted(entries, key=lambda entry: not entry.is_changed)
    across, down = 2 * TILE + GAP, TILE + CAPTION
    rows = -(-len(ordered) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (across + GAP) + GAP, rows * (down + GAP) + GAP), GROUND)
    pen = ImageDraw.Draw(sheet)
    for number, entry in enumerate(ordered):
        left = GAP + number % COLUMNS * (across + GAP)
        top = GAP + number // COLUMNS * (down + GAP)
        pen.text((left, top), _shorten(entry.caption, pen, across), fill=(0, 0, 0))
        for place, pixels in ((left, entry.before), (left + TILE + 2, entry.after)):
            tile = _fit(pixels)
            sheet.paste(tile, (place + (TILE - tile.width) // 2, top + CAPTION))
    return sheet


def _shorten(text: str, pen: ImageDraw.ImageDraw, width: int) -> str:
    while pen.textlength(text) > width:
        text = text[:-2].rstrip(".") + "."
    return text


def _fit(pixels: Pixels) -> Image.Image:
    image = Image.fromarray(pixels)
    image.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    return image


def _iter_entries(paths: Sequence[Path], workers: int) -> Iterator[SheetEntry]:
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, entry in enumerate(pool.map(optimize_photo, paths), start=1):
            print(f"\r{number} of {len(paths)} photos", end="", file=sys.stderr)
            yield entry


def main(arguments: argparse.Namespace) -> None:
    """Optimise all photos and draw the sheet."""
    entries = list(_iter_entries(list_photos(arguments.data, arguments.limit), arguments.workers))
    changed = sum(entry.is_changed for entry in entries)
    print(f"\n{changed} of {len(entries)} changed")
    draw_sheet(entries).save(arguments.sheet, quality=JPEG_QUALITY)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sheet", type=Path, default=Path("docs/images/optimize.jpg"))
    main(parser.parse_args())

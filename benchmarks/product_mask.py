"""Overlap of product masks with the truth: the network that ships, the classical way, U2-Net (small).

Composites of held-out products (cut out exactly, on white) and held-out scenes; scenes without a
product, where only abstaining is right; and held-out photos at home, where U2-Net stands in for the
truth. A contact sheet of those photos with the outlines found can be drawn for the eye.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import Mask, Pixels
from packshot.assess.inspection import Inspector
from packshot.assess.location import find_by_network
from packshot.encode.mask import MaskNetwork
from packshot.encode.model import Model
from packshot.measure.planes import make_planes
from packshot.measure.product import product_of
from packshot.photo import Photo
from packshot.train.datasets.composites import Composer, Example
from packshot.train.datasets.cutouts import cut_out
from packshot.train.datasets.damaged import read_manifest
from packshot.train.datasets.masks import empty
from packshot.train.datasets.taught import Taught, is_held_out, salience, taught
from benchmarks.record import write

TRAINED_ON = ("luma", "contoso", "abantecart")
HOMES = "clothingds"
SIDE = 384
SCENES = 95

Method = Callable[[Pixels], Mask | None]


@dataclass
class Tally:
    """Overlaps of one method on one set; None where it abstained."""

    overlaps: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self, name: str, method: str) -> dict[str, object]:
        """As a row of the table."""
        given = [value for value in self.overlaps if value is not None]
        every = [value or 0.0 for value in self.overlaps]
        return {
            "set": name,
            "method": method,
            "photos": len(every),
            "abstained_percent": round(100 * (1 - len(given) / len(every)), 1),
            "mean_overlap_of_all": round(float(np.mean(every)), 4),
            "mean_overlap_where_given": round(float(np.mean(given)), 4) if given else "",
            "median_where_given": round(float(np.median(given)), 4) if given else "",
            "at_least_0.8_percent_where_given": round(100 * float(np.mean(np.array(given) >= 0.8)), 1)
            if given
            else "",
            "cpu_ms": round(1000 * float(np.median(self.seconds)), 1),
        }


def main(data: Path, teacher: Path, work: Path, repeats: int, sheet: Path | None) -> None:
    """Run every method on every set."""
    cv2.setNumThreads(1)
    scenes = _scenes(data, teacher, work)
    sets = {
        "composites, sources trained on": _composites(data, scenes, repeats, True),
        "composites, other sources": _composites(data, scenes, repeats, False),
        "scenes without a product": _nothing(scenes),
        "photos at home, against U2-Net": _homes(data, teacher, work),
    }
    rows = [row for name, examples in sets.items() for row in _rows(name, examples, teacher)]
    print(write("product_mask", rows))
    if sheet is not None:
        _draw(sets["photos at home, against U2-Net"], sheet)


def _scenes(data: Path, teacher: Path, work: Path) -> list[Taught]:
    every = sorted((data / "biq2021" / "images").iterdir()) + sorted(
        (data / "oasis" / "images").iterdir()
    )
    held = [path for path in every if is_held_out(path.name)]
    chosen = [held[int(place)] for place in np.random.default_rng(0).permutation(len(held))[:SCENES]]
    return taught(chosen, teacher, work, print)


def _composites(data: Path, scenes: Sequence[Taught], repeats: int, trained: bool) -> list[Example]:
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    random = np.random.default_rng(7)
    products = [
        cut_out(Photo.open(one.path, max_side=640).pixels, one.path.stem)
        for one in originals
        if (one.source in TRAINED_ON) == trained and one.source != HOMES
    ]
    found = [product for product in products if product is not None]
    composer = Composer(found, scenes, SIDE)
    return [composer.compose(random, product) for product in found for _ in range(repeats)]


def _nothing(scenes: Sequence[Taught]) -> list[Example]:
    blank = np.zeros((SIDE, SIDE), np.uint8)
    return [Example(cv2.resize(one.pixels, (SIDE, SIDE)), blank, 0.0) for one in empty(scenes)]


def _homes(data: Path, teacher: Path, work: Path) -> list[Example]:
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    answers = taught([one.path for one in originals if one.source == HOMES], teacher, work, print)
    return [Example(one.pixels, one.mask, 1.0) for one in answers]


def _rows(name: str, examples: Sequence[Example], teacher: Path) -> Iterator[dict[str, object]]:
    for method, find in _methods(teacher).items():
        tally = Tally()
        for example in examples:
            begun = time.process_time()
            found = find(example.pixels)
            tally.seconds.append(time.process_time() - begun)
            tally.overlaps.append(None if found is None else _overlap(found, example.mask))
        row = tally.row(name, method)
        print(row)
        yield row


def _methods(teacher: Path) -> dict[str, Method]:
    network, u2net = MaskNetwork.packaged(), Model.from_path(teacher)
    return {
        "network": lambda pixels: _network(network, pixels),
        "network, never abstaining": lambda pixels: network.see(pixels).product >= 0.5,
        "classical": _classical,
        "joined, as it is used": lambda pixels: _joined(network, pixels),
        "U2-Net (small)": lambda pixels: salience(u2net, pixels) > 127,
    }


def _network(network: MaskNetwork, pixels: Pixels) -> Mask | None:
    found = find_by_network(network, make_planes(pixels))
    return None if found is None else found.mask


def _classical(pixels: Pixels) -> Mask | None:
    found = product_of(make_planes(pixels))
    return None if found is None else found.mask


def _joined(network: MaskNetwork, pixels: Pixels) -> Mask | None:
    found = Inspector(network).inspect(pixels).product
    return None if found is None else found.mask


def _overlap(found: Mask, truth: Pixels) -> float:
    size = truth.shape[::-1]
    likely = cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    either = np.count_nonzero(likely | (truth > 127))
    return np.count_nonzero(likely & (truth > 127)) / either if either else 0.0


def _draw(examples: Sequence[Example], path: Path) -> None:
    """The photos with the network's outline in magenta, grey where it abstained."""
    network, tiles = MaskNetwork.packaged(), []
    for example in examples:
        found = _network(network, example.pixels)
        shown = cv2.resize(example.pixels, (180, 220), interpolation=cv2.INTER_AREA)
        if found is None:
            shown = np.repeat(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        else:
            mask = cv2.resize(found.astype(np.uint8), (180, 220), interpolation=cv2.INTER_NEAREST)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(shown, outlines, -1, (255, 0, 200), 2)
        tiles.append(shown)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 7)
    rows = [np.hstack(tiles[start : start + 7]) for start in range(0, len(tiles), 7)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])
    print(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--teacher", type=Path, required=True, help="u2netp.onnx")
    parser.add_argument("--work", type=Path, required=True, help="folder of the teacher's answers")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    main(given.data, given.teacher, given.work, given.repeats, given.sheet)

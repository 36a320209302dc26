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

from benchmarks.support.record import write_results
from packshot.arrays import Mask, Pixels
from packshot.assess.inspection import Inspector
from packshot.assess.product_location import find_product_by_network
from packshot.encode.mask import MaskNetwork
from packshot.encode.model import Model
from packshot.measure.planes import make_planes
from packshot.measure.product import find_plain_product
from packshot.photo import Photo
from packshot.train.datasets.composites import Composer, MaskExample
from packshot.train.datasets.cutouts import extract_cutout
from packshot.train.datasets.damaged import read_manifest
from packshot.train.datasets.masks import select_empty
from packshot.train.datasets.teacher_masks import (
    TeacherMask,
    is_held_out,
    load_teacher_masks,
    predict_saliency,
)

TRAINING_SOURCES = ("luma", "contoso", "abantecart")
HOME_SOURCE = "clothingds"
SIDE = 384
SCENES = 95

Method = Callable[[Pixels], Mask | None]


@dataclass
class OverlapTally:
    """Overlaps of one method on one set; None where it abstained."""

    overlaps: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def to_row(self, name: str, method: str) -> dict[str, object]:
        """As a row of the table."""
        predicted = [value for value in self.overlaps if value is not None]
        all_overlaps = [value or 0.0 for value in self.overlaps]
        return {
            "set": name,
            "method": method,
            "photos": len(all_overlaps),
            "abstained_percent": round(100 * (1 - len(predicted) / len(all_overlaps)), 1),
            "mean_overlap_of_all": round(float(np.mean(all_overlaps)), 4),
            "mean_overlap_where_given": round(float(np.mean(predicted)), 4) if predicted else "",
            "median_where_given": round(float(np.median(predicted)), 4) if predicted else "",
            "at_least_0.8_percent_where_given": round(
                100 * float(np.mean(np.array(predicted) >= 0.8)), 1
            )
            if predicted
            else "",
            "cpu_ms": round(1000 * float(np.median(self.seconds)), 1),
        }


def main(data: Path, teacher: Path, work: Path, repeats: int, sheet: Path | None) -> None:
    """Run every method on every set."""
    cv2.setNumThreads(1)
    scenes = _load_scenes(data, teacher, work)
    sets = {
        "composites, sources trained on": _make_composites(data, scenes, repeats, True),
        "composites, other sources": _make_composites(data, scenes, repeats, False),
        "scenes without a product": _make_empty_examples(scenes),
        "photos at home, against U2-Net": _load_home_photos(data, teacher, work),
    }
    rows = [row for name, examples in sets.items() for row in _iter_rows(name, examples, teacher)]
    print(write_results("product_mask", rows))
    if sheet is not None:
        _draw_sheet(sets["photos at home, against U2-Net"], sheet)


def _load_scenes(data: Path, teacher: Path, work: Path) -> list[TeacherMask]:
    every = sorted((data / "biq2021" / "images").iterdir()) + sorted(
        (data / "oasis" / "images").iterdir()
    )
    held = [path for path in every if is_held_out(path.name)]
    chosen = [held[int(place)] for place in np.random.default_rng(0).permutation(len(held))[:SCENES]]
    return load_teacher_masks(chosen, teacher, work, print)


def _make_composites(
    data: Path, scenes: Sequence[TeacherMask], repeats: int, trained: bool
) -> list[MaskExample]:
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    random = np.random.default_rng(7)
    products = [
        extract_cutout(Photo.open(one.path, max_side=640).pixels, one.path.stem)
        for one in originals
        if (one.source in TRAINING_SOURCES) == trained and one.source != HOME_SOURCE
    ]
    found = [product for product in products if product is not None]
    composer = Composer(found, scenes, SIDE)
    return [composer.compose(random, product) for product in found for _ in range(repeats)]


def _make_empty_examples(scenes: Sequence[TeacherMask]) -> list[MaskExample]:
    blank = np.zeros((SIDE, SIDE), np.uint8)
    return [
        MaskExample(cv2.resize(one.pixels, (SIDE, SIDE)), blank, 0.0) for one in select_empty(scenes)
    ]


def _load_home_photos(data: Path, teacher: Path, work: Path) -> list[MaskExample]:
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    masks = load_teacher_masks(
        [one.path for one in originals if one.source == HOME_SOURCE], teacher, work, print
    )
    return [MaskExample(one.pixels, one.mask, 1.0) for one in masks]


def _iter_rows(name: str, examples: Sequence[MaskExample], teacher: Path) -> Iterator[dict[str, object]]:
    for method, find in _load_methods(teacher).items():
        tally = OverlapTally()
        for example in examples:
            started = time.process_time()
            found = find(example.pixels)
            tally.seconds.append(time.process_time() - started)
            tally.overlaps.append(None if found is None else _overlap(found, example.mask))
        row = tally.to_row(name, method)
        print(row)
        yield row


def _load_methods(teacher: Path) -> dict[str, Method]:
    network, u2net = MaskNetwork.load_shipped(), Model.from_path(teacher)
    return {
        "network": lambda pixels: _mask_with_network(network, pixels),
        "network, never abstaining": lambda pixels: network.predict(pixels).product >= 0.5,
        "classical": _mask_classically,
        "joined, as it is used": lambda pixels: _mask_with_both(network, pixels),
        "U2-Net (small)": lambda pixels: predict_saliency(u2net, pixels) > 127,
    }


def _mask_with_network(network: MaskNetwork, pixels: Pixels) -> Mask | None:
    found = find_product_by_network(network, make_planes(pixels))
    return None if found is None else found.mask


def _mask_classically(pixels: Pixels) -> Mask | None:
    found = find_plain_product(make_planes(pixels))
    return None if found is None else found.mask


def _mask_with_both(network: MaskNetwork, pixels: Pixels) -> Mask | None:
    found = Inspector(network).inspect(pixels).product
    return None if found is None else found.mask


def _overlap(found: Mask, truth: Pixels) -> float:
    size = truth.shape[::-1]
    predicted = cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    union = np.count_nonzero(predicted | (truth > 127))
    return np.count_nonzero(predicted & (truth > 127)) / union if union else 0.0


def _draw_sheet(examples: Sequence[MaskExample], path: Path) -> None:
    """The photos with the network's outline in magenta, grey where it abstained."""
    network, tiles = MaskNetwork.load_shipped(), []
    for example in examples:
        found = _mask_with_network(network, example.pixels)
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
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--teacher", type=Path, required=True, help="u2netp.onnx")
    parser.add_argument("--work", type=Path, required=True, help="folder of the teacher's answers")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    main(arguments.data, arguments.teacher, arguments.work, arguments.repeats, arguments.sheet)

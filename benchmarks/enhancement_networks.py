"""The enhancement network against its ablations and its learned rivals, on held-out products.

Trains whatever the folder of runs does not hold yet: each network for as many batches of parts, on the
same originals, damaged alike, with the same losses; those with tone curves see some batches of small
views first. Then measures all of them, and the model that ships if one is given, on every validation
product, damaged by the mix that its place in the list fixes. Training is cut short to be affordable: it
is the ranking that counts, and the shipped model, trained much longer, has its own row.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from packshot.enhance.network import EnhancementNetwork
from packshot.measure.reference.ssim import ssim
from packshot.photo.pixels import Pixels
from packshot.train.datasets.damaged import read_manifest
from packshot.train.networks.enhancement.variants import VARIANTS, build
from packshot.train.recipes.enhancement import BEST_FILE, Setting, train_variant
from packshot.train.recipes.enhancement_check import CheckSet, Damaged, capped_psnr, enhance
from packshot.train.recipes.enhancement_step import EnhancementRecipe
from record import write

Enhance = Callable[[Pixels], Pixels]

_CPU = torch.device("cpu")


def main(
    setting: Setting, runs: Path, recipe: EnhancementRecipe, shipped: Path | None, photos_wanted: int
) -> None:
    """Train what is missing, measure everything, write one row for each network."""
    for name in VARIANTS:
        train_variant(name, setting, recipe, runs / name, lambda line: print(line, flush=True))
    photos = CheckSet(read_manifest(setting.products, "val"), count=photos_wanted).photos
    rows = [_row(name, change, photos) | about for name, change, about in _all(runs, shipped)]
    for row in rows:
        print(row)
    print(write("enhancement_networks", rows))


def _all(runs: Path, shipped: Path | None) -> Iterator[tuple[str, Enhance, dict[str, object]]]:
    """Name, what it does to a photo, and what is known about it."""
    yield "damaged, nothing done", lambda pixels: pixels, {"parameters": 0, "trained_steps": 0}
    for name in VARIANTS:
        network = build(name).eval()
        kept = torch.load(runs / name / BEST_FILE, weights_only=True, map_location=_CPU)
        network.load_state_dict(kept["network"])
        about = {"parameters": _size(network), "trained_steps": kept["step"]}
        yield name, lambda pixels, network=network: enhance(network, pixels, _CPU), about
    if shipped is not None:
        model = EnhancementNetwork.from_path(shipped)
        step = model.model.session.get_modelmeta().custom_metadata_map["step"]
        yield "shipped", model.enhance, {"parameters": _size(build("full")), "trained_steps": step}


def _row(name: str, change: Enhance, photos: list[Damaged]) -> dict[str, object]:
    began = time.process_time()
    enhanced = [change(photo.pixels) for photo in photos]
    seconds = time.process_time() - began
    pairs = [(photo.original, picture) for photo, picture in zip(photos, enhanced, strict=True)]
    reached = [capped_psnr(*pair) for pair in pairs]
    before = [capped_psnr(photo.original, photo.pixels) for photo in photos]
    return {
        "network": name,
        "photos": len(photos),
        "psnr": round(float(np.mean(reached)), 3),
        "gain": round(float(np.mean(reached) - np.mean(before)), 3),
        "better": round(float(np.mean(np.greater(reached, before))), 3),
        "ssim": round(float(np.mean([ssim(*pair) for pair in pairs])), 4),
        "undamaged_psnr": round(
            float(np.mean([capped_psnr(p.original, change(p.original)) for p in photos])), 2
        ),
        "cpu_seconds_per_megapixel": round(seconds / sum(p.pixels.size / 3e6 for p in photos), 3),
    }


def _size(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).parents[1]
    data = root.parent / "shared" / "data" / "products" / "manifest.csv"
    parser.add_argument("--products", type=Path, default=data)
    parser.add_argument("--source", action="append", default=[], help="train on these only")
    parser.add_argument("--runs", type=Path, default=root / ".cache" / "runs")
    parser.add_argument("--shipped", type=Path, help="the model that ships")
    parser.add_argument("--steps", type=int, default=3000, help="batches of parts")
    parser.add_argument("--view-steps", type=int, default=1500, help="batches of small views before")
    parser.add_argument("--photos", type=int, default=1000, help="at most so many to measure")
    arguments = parser.parse_args()
    lasting = EnhancementRecipe.lasting(arguments.steps, arguments.view_steps)
    main(
        Setting(arguments.products, tuple(arguments.source), threads=1),
        arguments.runs,
        replace(lasting, tuned_share=0.0, check_every=500),
        arguments.shipped,
        arguments.photos,
    )

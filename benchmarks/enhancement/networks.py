"""The enhancement network against ablations, learned rivals and classical methods (Tables 5 and 6).

    python -m benchmarks.enhancement.networks --curves RUN/best.pt --source clothingds --source contoso \
        --source luma --source abantecart

Trains whatever the folder of runs does not hold yet: each network for as many batches of parts, on the
same originals, damaged alike, with the same losses and seed; those with tone curves take over the same
trained ones, so that ablations differ in the branches alone. Training is cut short to be affordable: it
is the ranking that counts, and the model that ships, trained longer, has its own row.

Then measures everything on every validation product under two mixes of damage: "continuous", which the
networks were trained on (`train/datasets/mixes.py`), and "levels", of the damage model's levels 1 to 3,
which they were not (`damage_mix.py`).

Writes `results/enhancement_networks.csv`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.support.damage_mix import apply_damage_mix
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.enhance.baselines import (
    clahe,
    equalise_histogram,
    non_local_means,
    smooth_with_guided_filter,
)
from packshot.enhance.classical import restore
from packshot.enhance.network import EnhancementNetwork
from packshot.errors import InvalidInput
from packshot.measure.natural.niqe import niqe
from packshot.measure.natural.uiqm import uiqm
from packshot.measure.reference.ciede2000 import mean_ciede2000
from packshot.measure.reference.ssim import ssim
from packshot.train.datasets.damaged import read_manifest
from packshot.train.networks.enhancement.variants import VARIANTS, build_network
from packshot.train.recipes.enhancement import LATEST_FILE, EnhancementSettings, train_variant
from packshot.train.recipes.enhancement_step import EnhancementRecipe
from packshot.train.recipes.enhancement_validation import (
    DamagedPhoto,
    ValidationSet,
    capped_psnr,
    enhance_with_network,
)

Enhance = Callable[[Pixels], Pixels]

_CPU = torch.device("cpu")
_CLASSICAL: dict[str, Enhance] = {
    "HE": equalise_histogram,
    "CLAHE": clahe,
    "NLM": non_local_means,
    "GF": smooth_with_guided_filter,
    "classical pipeline": lambda pixels: restore(pixels)[0],
}
_DEFAULT_NETWORKS = (
    "full",
    "neither",
    "no-laplacian",
    "no-wavelet",
    "no-curves",
    "srcnn",
    "enhancegan",
    "mscnn",
    "msbdn",
)


@dataclass(frozen=True, eq=False)
class Method:
    """Something that enhances, and what is known about it."""

    name: str
    enhance: Enhance
    parameters: int = 0
    trained_steps: int = 0


def main(
    names: Sequence[str],
    settings: EnhancementSettings,
    runs: Path,
    recipe: EnhancementRecipe,
    shipped: bool,
    limit: int,
) -> None:
    """Train what is missing, measure everything, write one row for each method and mix."""
    for name in names:
        train_variant(name, settings, recipe, runs / name, lambda line: print(line, flush=True))
    continuous = ValidationSet(read_manifest(settings.products, "val"), count=limit).photos
    levels = [
        DamagedPhoto(photo.original, apply_damage_mix(photo.original, seed)[0])
        for seed, photo in enumerate(continuous)
    ]
    rows = []
    for method in _iter_methods(names, runs, shipped):
        undamaged_psnr = [
            capped_psnr(photo.original, method.enhance(photo.original)) for photo in continuous
        ]
        for mix, photos in (("continuous", continuous), ("levels", levels)):
            rows.append(
                _measure_row(method, mix, photos)
                | {"undamaged_psnr": round(float(np.mean(undamaged_psnr)), 2)}
            )
            print(rows[-1], flush=True)
    print(write_results("enhancement_networks", sorted(rows, key=lambda row: str(row["mix"]))))


def _iter_methods(names: Sequence[str], runs: Path, shipped: bool) -> Iterator[Method]:
    yield Method("damaged", lambda pixels: pixels)
    for name, change in _CLASSICAL.items():
        yield Method(name, change)
    for name in names:
        network = build_network(name).eval()
        checkpoint = torch.load(runs / name / LATEST_FILE, weights_only=True, map_location=_CPU)
        network.load_state_dict(checkpoint["averaged"])
        yield Method(name, _make_runner(network), _count_parameters(network), checkpoint["step"])
    if shipped:
        model = EnhancementNetwork.load_shipped()
        step = model.model.session.get_modelmeta().custom_metadata_map["step"]
        size = _count_parameters(build_network("full"))
        yield Method("shipped", model.enhance, size, int(step))
        both = "classical pipeline, then shipped"
        yield Method(both, lambda pixels: model.enhance(restore(pixels)[0]), size, int(step))


def _make_runner(network: torch.nn.Module) -> Enhance:
    return lambda pixels: enhance_with_network(network, pixels, _CPU)


def _measure_row(method: Method, mix: str, photos: Sequence[DamagedPhoto]) -> dict[str, object]:
    started = time.process_time()
    enhanced = [method.enhance(photo.pixels) for photo in photos]
    seconds = time.process_time() - started
    pairs = [(photo.original, picture) for photo, picture in zip(photos, enhanced, strict=True)]
    psnr_values = np.array([capped_psnr(*pair) for pair in pairs])
    gains = psnr_values - [capped_psnr(photo.original, photo.pixels) for photo in photos]
    return {
        "mix": mix,
        "method": method.name,
        "parameters": method.parameters,
        "trained_steps": method.trained_steps,
        "photos": len(photos),
        "psnr": round(float(psnr_values.mean()), 3),
        "psnr_gain": round(float(gains.mean()), 3),
        "gain_standard_error": round(float(gains.std(ddof=1) / np.sqrt(len(gains))), 3),
        "better": round(float(np.mean(gains > 0)), 3),
        "ssim": round(float(np.mean([ssim(*pair) for pair in pairs])), 4),
        "ciede2000": round(float(np.mean([mean_ciede2000(*pair) for pair in pairs])), 3),
        "uiqm": round(float(np.mean([uiqm(picture) for picture in enhanced])), 4),
        "niqe": round(float(np.nanmean([_niqe_or_nan(picture) for picture in enhanced])), 3),
        "cpu_seconds_per_megapixel": round(seconds / sum(p.pixels.size / 3e6 for p in photos), 3),
    }


def _niqe_or_nan(pixels: Pixels) -> float:
    """NIQE, or NaN where the photo is too small or too flat to have statistics."""
    try:
        return niqe(pixels)
    except InvalidInput:
        return float("nan")


def _count_parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).parents[2]
    data = root.parent / "shared" / "data" / "products" / "manifest.csv"
    parser.add_argument("--products", type=Path, default=data)
    parser.add_argument("--network", action="append", choices=list(VARIANTS), help="only these")
    parser.add_argument("--source", action="append", default=[], help="train on these only")
    parser.add_argument("--runs", type=Path, default=root / ".cache" / "runs")
    parser.add_argument("--curves", type=Path, help="a run's best.pt, whose tone curves are taken")
    parser.add_argument("--without-shipped", action="store_true", help="leave out the model that ships")
    parser.add_argument("--steps", type=int, default=1000, help="batches of parts")
    parser.add_argument("--batch", type=int, default=8, help="parts in a batch")
    parser.add_argument(
        "--view-steps", type=int, default=1500, help="batches of views, without --curves"
    )
    parser.add_argument("--photos", type=int, default=1000, help="at most so many to measure")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    base_recipe = EnhancementRecipe.from_lengths(arguments.steps, arguments.view_steps)
    main(
        arguments.network or _DEFAULT_NETWORKS,
        EnhancementSettings(
            arguments.products, tuple(arguments.source), curves=arguments.curves, threads=1
        ),
        arguments.runs,
        replace(base_recipe, batch_size=arguments.batch, tuning_share=0.0, check_every=1000),
        not arguments.without_shipped,
        arguments.photos,
    )

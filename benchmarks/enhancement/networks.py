"""The enhancement network against ablations, learned rivals and classical methods (Tables 5 and 6).

    python -m benchmarks.enhancement.networks --vgg vgg16.ckpt --source clothingds --source contoso \
        --source luma --source abantecart

Trains whatever the folder of runs does not hold yet: each network for as many batches of parts, the very
same ones, with all losses of the source in every step, from several seeds. A run that was stopped goes
on where it was. The source's network has no tone curves for the whole photo (``no-curves``); its
ablations and rivals have none either. Ours has (``full``): they learn first, from views, in steps of
their own.
Training is cut short to be affordable: it is the ranking that counts, and the model that ships, trained
longer, has its own row.

Then measures everything on products it was trained on and on all others, under two mixes of damage:
"continuous", which networks were trained on (`train/datasets/mixes.py`), and "levels", of the damage
model's levels 1 to 3, which they were not (`damage_mix.py`). A learned network's row is the mean over
its seeds; ``psnr_spread`` is the standard deviation between them.

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
from packshot.train.datasets.damaged import Original, read_manifest
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
    "no-curves",
    "no-curves-neither",
    "no-curves-no-laplacian",
    "no-curves-no-wavelet",
    "full",
    "srcnn",
    "enhancegan",
    "mscnn",
    "msbdn",
)


@dataclass(frozen=True, eq=False)
class Method:
    """Something that enhances, from one seed or several, and what is known about it."""

    name: str
    variants: Sequence[Enhance]
    parameters: int = 0
    trained_steps: int = 0


@dataclass(frozen=True)
class Training:
    """What is trained, and how."""

    names: Sequence[str]
    seeds: int
    settings: EnhancementSettings
    recipe: EnhancementRecipe
    runs: Path

    def folder(self, name: str, seed: int) -> Path:
        """Where a run's checkpoints are."""
        return self.runs / f"seed-{seed}" / name

    def train(self) -> None:
        """Train what is missing, one seed after the other."""
        for seed in range(self.seeds):
            settings = replace(self.settings, pairs=self.runs / f"seed-{seed}" / "pairs")
            recipe = replace(self.recipe, seed=seed)
            for name in self.names:
                train_variant(name, settings, recipe, self.folder(name, seed), _print_line)


def main(training: Training, shipped: bool, limit: int) -> None:
    """Train what is missing, measure everything, write one row for each method, half and mix."""
    training.train()
    methods = list(_iter_methods(training, shipped))
    rows = []
    for half, split in (("training", "train"), ("validation", "val")):
        photos = ValidationSet(_list_originals(training.settings, split), count=limit).photos
        levels = [
            DamagedPhoto(photo.original, apply_damage_mix(photo.original, seed)[0])
            for seed, photo in enumerate(photos)
        ]
        for method in methods:
            for mix, damaged in (("continuous", photos), ("levels", levels)):
                rows.append({"half": half, "mix": mix} | _measure_method(method, damaged))
                print(rows[-1], flush=True)
    keys = "half", "mix"
    print(
        write_results(
            "enhancement_networks", sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))
        )
    )


def _list_originals(settings: EnhancementSettings, split: str) -> list[Original]:
    """List those trained on, or all that are kept from training."""
    return settings.read_originals() if split == "train" else read_manifest(settings.products, split)


def _iter_methods(training: Training, shipped: bool) -> Iterator[Method]:
    yield Method("damaged", [lambda pixels: pixels])
    for name, change in _CLASSICAL.items():
        yield Method(name, [change])
    for name in training.names:
        yield _load_method(name, [training.folder(name, seed) for seed in range(training.seeds)])
    if shipped:
        model = EnhancementNetwork.load_shipped()
        step = int(model.model.session.get_modelmeta().custom_metadata_map["step"])
        size = _count_parameters(build_network("full"))
        yield Method("shipped", [model.enhance], size, step)
        both = "classical pipeline, then shipped"
        yield Method(both, [lambda pixels: model.enhance(restore(pixels)[0])], size, step)


def _load_method(name: str, folders: Sequence[Path]) -> Method:
    """Load the running averages of a network's runs."""
    runners, step = [], 0
    for folder in folders:
        network = build_network(name).eval()
        checkpoint = torch.load(folder / LATEST_FILE, weights_only=True, map_location=_CPU)
        network.load_state_dict(checkpoint["averaged"])
        runners.append(_make_runner(network))
        step = checkpoint["step"]
    return Method(name, runners, _count_parameters(build_network(name)), step)


def _make_runner(network: torch.nn.Module) -> Enhance:
    return lambda pixels: enhance_with_network(network, pixels, _CPU)


def _measure_method(method: Method, photos: Sequence[DamagedPhoto]) -> dict[str, object]:
    """Average what the method's seeds measure."""
    measured = [_measure(enhance, photos) for enhance in method.variants]
    means = {name: float(np.mean([one[name] for one in measured])) for name in measured[0]}
    return {
        "method": method.name,
        "parameters": method.parameters,
        "trained_steps": method.trained_steps,
        "seeds": len(measured),
        "photos": len(photos),
        "psnr_spread": round(float(np.std([one["psnr"] for one in measured])), 3),
        **{name: round(value, _DIGITS.get(name, 3)) for name, value in means.items()},
    }


def _measure(enhance: Enhance, photos: Sequence[DamagedPhoto]) -> dict[str, float]:
    started = time.process_time()
    pairs = [(photo.original, enhance(photo.pixels)) for photo in photos]
    seconds = time.process_time() - started
    psnr_values = np.array([capped_psnr(*pair) for pair in pairs])
    gains = psnr_values - [capped_psnr(photo.original, photo.pixels) for photo in photos]
    errors = [np.subtract(one, other, dtype=np.float32) / 255 for one, other in pairs]
    return {
        "mae": float(np.mean([np.abs(error).mean() for error in errors])),
        "mse": float(np.mean([np.square(error).mean() for error in errors])),
        "psnr": float(psnr_values.mean()),
        "psnr_gain": float(gains.mean()),
        "better": float(np.mean(gains > 0)),
        "ssim": float(np.mean([ssim(*pair) for pair in pairs])),
        "ciede2000": float(np.mean([mean_ciede2000(*pair) for pair in pairs])),
        "uiqm": float(np.mean([uiqm(picture) for _, picture in pairs])),
        "niqe": float(np.nanmean([_niqe_or_nan(picture) for _, picture in pairs])),
        "cpu_seconds_per_megapixel": seconds / sum(p.pixels.size / 3e6 for p in photos),
    }


_DIGITS = {"mae": 5, "mse": 6, "ssim": 4, "uiqm": 4}
"""Digits after the point; of others three."""


def _niqe_or_nan(pixels: Pixels) -> float:
    """NIQE, or NaN where the photo is too small or too flat to have statistics."""
    try:
        return niqe(pixels)
    except InvalidInput:
        return float("nan")


def _count_parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _print_line(line: str) -> None:
    print(line, flush=True)


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
    parser.add_argument("--vgg", type=Path, help="weights of the perceptual loss, vgg16.ckpt")
    parser.add_argument("--without-shipped", action="store_true", help="leave out the model that ships")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each network")
    parser.add_argument("--steps", type=int, default=1000, help="batches of parts")
    parser.add_argument("--batch", type=int, default=8, help="parts in a batch")
    parser.add_argument("--side", type=int, default=64, help="of parts, pixels")
    parser.add_argument("--view-steps", type=int, default=800, help="batches of views, for tone curves")
    parser.add_argument("--photos", type=int, default=48, help="at most so many of each half")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    main(
        Training(
            arguments.network or _DEFAULT_NETWORKS,
            arguments.seeds,
            EnhancementSettings(arguments.products, tuple(arguments.source), arguments.vgg, threads=1),
            replace(
                EnhancementRecipe.from_lengths(arguments.steps, arguments.view_steps),
                batch_size=arguments.batch,
                side=arguments.side,
                warm_up=arguments.steps // 10,
                average=0.99,
                check_every=arguments.steps + arguments.view_steps,
            ),
            arguments.runs,
        ),
        not arguments.without_shipped,
        arguments.photos,
    )

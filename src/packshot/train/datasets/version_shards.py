"""What is read of pairs of versions, kept in a folder: one file for each original.

Originals whose file is there are not done again: work that was stopped goes on where it was.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from packshot.arrays import AnyArray, Float16Array, Float32Array, Pixels
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.version_views import make_version_views
from packshot.errors import SourceError
from packshot.photo import Photo
from packshot.train.array_files import write_arrays
from packshot.train.datasets.damaged import read_manifest
from packshot.train.datasets.pool import ExtraFolder, choose_others
from packshot.train.datasets.version_pairs import (
    Change,
    Damage,
    draw_damages,
    draw_plain_changes,
    list_step_changes,
    make_pairs,
)
from packshot.train.networks.version_judge import VersionReader
from packshot.train.progress import Progress

SIDES: Final = (384, 512, 768)
"""Long sides, in pixels, that originals are shrunk to, each as often: the judge sees photos of up to
1024. Larger ones of whose sources are few would cost twice the time. A judgement."""

DrawDamages = Callable[[np.random.Generator], Mapping[str, Damage]]
DrawChanges = Callable[[np.random.Generator], Mapping[str, Change]]


@dataclass(frozen=True, eq=False)
class PairReadings:
    """What was read of N pairs, and what is known of them.

    Attributes:
        before: (N, 1184) float16.
        after: (N, 1184) float16.
        difference: (N, 452) float16.
        gains: (N, 4) by `GAIN_NAMES`.
        changes: (N,) names of what was done.
        damages: (N,) names of what had happened before.
        groups: (N,) which original.

    Example:
        >>> one = PairReadings(*(np.zeros((2, 3)) for _ in range(4)), *(np.array(["a", "b"]),) * 3)
        >>> one.select(np.array([True, False])).changes.tolist()
        ['a']
    """

    before: Float16Array
    after: Float16Array
    difference: Float16Array
    gains: Float32Array
    changes: AnyArray
    damages: AnyArray
    groups: AnyArray

    def select(self, rows: AnyArray) -> PairReadings:
        """Return some of the pairs."""
        return PairReadings(*(value[rows] for value in vars(self).values()))


@dataclass(frozen=True, eq=False)
class PairPlan:
    """How pairs are made of an original.

    Attributes:
        draw_damages: What happens to it.
        draw_changes: What is done then.
        per_damage: Pairs of each damaged version, at most.

    Example:
        >>> PairPlan(draw_damages, lambda generator: {}).per_damage
        8
    """

    draw_damages: DrawDamages
    draw_changes: DrawChanges
    per_damage: int = 8


def list_judge_originals(
    manifest: Path,
    sources: Collection[str],
    extra: Iterable[ExtraFolder],
    known: Collection[str] = (),
) -> list[Path]:
    r"""List the photos that pairs are made of.

    Args:
        manifest: Of product photos; those kept from training stay out.
        sources: Of these only; none for all.
        extra: Folders of more.
        known: Groups of other products that stay out, such as ``shop:mug``.

    Raises:
        SourceError: The manifest cannot be read, or there is nothing.

    Example:
        >>> _ = Path("products.csv").write_text("file,type,group,split\nmug.jpg,kitchen,1,train\n")
        >>> [path.name for path in list_judge_originals(Path("products.csv"), (), ())]
        ['mug.jpg']
    """
    products = read_manifest(manifest)
    groups = {original.group for original in products} | set(known)
    chosen = [
        original.path
        for original in products
        if original.split == "train" and (not sources or original.source in sources)
    ]
    chosen += choose_others(extra, {group.rpartition(":")[2] for group in groups})
    if not chosen:
        raise SourceError(f"{manifest} has no photos to train on of {tuple(sources)}")
    return chosen


def plan_training_pairs(network: EnhancementNetwork | None) -> PairPlan:
    """Plan what the judge is taught on: the damage model, every step, plain changes.

    Example:
        >>> sorted(plan_training_pairs(None).draw_changes(np.random.default_rng(0)))[:2]
        ['classical', 'classical by half']
    """
    steps = list_step_changes(network)
    return PairPlan(draw_damages, lambda generator: steps | draw_plain_changes(generator))


def make_shards(
    originals: Sequence[Path],
    plan: PairPlan,
    reader: VersionReader,
    folder: Path,
    progress: Progress,
) -> None:
    """Make the file of every original that has none yet.

    Args:
        originals: Photos, undamaged.
        plan: What is done to each.
        reader: Reads the pairs.
        folder: Made if it is not there.
        progress: Told about progress.

    Raises:
        SourceError: A photo cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(originals, start=1):
        target = folder / f"{_hash(path)}.npz"
        if not target.exists():
            write_arrays(vars(read_original(path, plan, reader)), target)
            progress(f"pairs: {number} of {len(originals)} originals")


def read_original(path: Path, plan: PairPlan, reader: VersionReader) -> PairReadings:
    """Make pairs of one original and read them; the same for the same name of a file.

    Raises:
        SourceError: The photo cannot be read.
    """
    generator = np.random.default_rng([_hash(path)])
    pixels = Photo.open(path, max_side=int(generator.choice(SIDES))).pixels
    if generator.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    pairs = list(
        make_pairs(
            pixels,
            plan.draw_damages(generator),
            plan.draw_changes(generator),
            generator,
            plan.per_damage,
        )
    )
    readings = [read_pair(reader, pair.before, pair.after) for _, pair in pairs]
    before, after, difference = (
        np.stack(column).astype(np.float16) for column in zip(*readings, strict=True)
    )
    return PairReadings(
        before,
        after,
        difference,
        gains=np.stack([pair.gains for _, pair in pairs]),
        changes=np.array([pair.change for _, pair in pairs]),
        damages=np.array([damage for damage, _ in pairs]),
        groups=np.array([path.name] * len(pairs)),
    )


def load_shards(folder: Path, originals: Sequence[Path]) -> PairReadings:
    """Load what `make_shards` made of some originals.

    Args:
        folder: Of the files.
        originals: One at least.

    Raises:
        FileNotFoundError: One is missing.
    """
    shards = []
    for original in originals:
        with np.load(folder / f"{_hash(original)}.npz") as arrays:
            shards.append({name: arrays[name] for name in arrays.files})
    names = ("before", "after", "difference", "gains", "changes", "damages", "groups")
    return PairReadings(*(np.concatenate([shard[name] for shard in shards]) for name in names))


def read_pair(reader: VersionReader, before: Pixels, after: Pixels) -> tuple[Float32Array, ...]:
    """Read two versions of a photo: the numbers of each, and those of both.

    Args:
        reader: The first stages of a trunk.
        before: (H, W, 3) uint8.
        after: Of the same shape.
    """
    views = make_version_views(before, after)
    inputs = (torch.from_numpy(view[None]) for view in (views.whole, views.parts, views.change))
    with torch.inference_mode():
        reading = reader(*inputs)
    return tuple(one[0].numpy() for one in (reading.before, reading.after, reading.difference))


def _hash(path: Path) -> int:
    """Return a number that only a file's name and folder fix."""
    return zlib.crc32("/".join(path.parts[-2:]).encode())

"""Product originals, damaged on purpose and labelled by the full-reference ensemble.

One shard per original holds the original itself (level 0, score 100) and its damaged versions, as the
views the encoders see. A shard is written whole or not at all, so a stopped run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, Int8Array, Int16Array
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.distort import LEVELS, Kind, distort
from packshot.encode.views import to_native_view, to_whole_view
from packshot.errors import SourceError
from packshot.files import atomic_write
from packshot.measure import measure_photo
from packshot.measure.reference import EnsembleReference
from packshot.measure.reference.ensemble import combine
from packshot.photo import Photo
from packshot.sources import read_rows

PRISTINE_KIND = "pristine"
KIND_NAMES: tuple[str, ...] = (PRISTINE_KIND, *(kind.value for kind in Kind))


@dataclass(frozen=True)
class Original:
    """An undamaged product photo.

    Attributes:
        path: The file.
        group: Photos of one product share it; a split never divides a group.
        product_type: Such as ``furniture``.
        split: ``train`` or ``val``.
        source: Where the photo comes from, and so under which terms; empty where not stated.
        licence: As the manifest states it; empty where it does not.

    Example:
        >>> original = Original(Path("mug.jpg"), group="mug", product_type="kitchen", split="train")
        >>> original.split, original.licence
        ('train', '')
    """

    path: Path
    group: str
    product_type: str
    split: str
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, eq=False)
class Shard:
    """An original and its damaged versions; N = versions + 1, the original first.

    Attributes:
        whole: (N, 256, 256, 3) uint8.
        native: (N, 224, 224, 3) uint8, the middle of the product.
        kinds: (N,) indices into `KIND_NAMES`.
        levels: (N,) 0..5.
        measures: (N, 4) MDSI, VSI, HaarPSI and FSIM against the original.
        measured: (N, K) measurements of each version alone, as `PhotoMeasurements.numbers`.

    Example:
        >>> measures = np.array([[0, 1, 1, 1]], np.float32)  # as an original is against itself
        >>> shard = Shard(*(np.zeros((1, 0)) for _ in range(4)), measures, np.zeros((1, 26)))
        >>> shard.scores.tolist()
        [100.0]
    """

    whole: ByteArray
    native: ByteArray
    kinds: Int16Array
    levels: Int8Array
    measures: Float32Array
    measured: Float32Array

    @property
    def scores(self) -> Float32Array:
        """Scores, (N,) 0..100, by the full-reference ensemble, on its present scale."""
        labels = [
            combine(mdsi=mdsi, vsi=vsi, haarpsi=haarpsi, fsim=fsim).score
            for mdsi, vsi, haarpsi, fsim in self.measures.astype(float)
        ]
        return np.array(labels, np.float32)


def read_manifest(path: Path, split: str | None = None) -> list[Original]:
    r"""Read a manifest: columns ``file, type, group, split``, perhaps ``source``, ``licence``.

    Raises:
        SourceError: It cannot be read, or a column is missing.

    Example:
        >>> rows = "file,type,group,split\nmug.jpg,kitchen,1,train\nlamp.jpg,lamps,2,val\n"
        >>> _ = Path("products.csv").write_text(rows)
        >>> [original.path.name for original in read_manifest(Path("products.csv"), "train")]
        ['mug.jpg']
    """
    rows = read_rows(path)
    missing = {"file", "type", "group", "split"} - set(rows[0] if rows else ())
    if missing:
        raise SourceError(f"{path} lacks the columns {', '.join(sorted(missing))}")
    originals = (
        Original(
            path.parent / row["file"],
            row["group"],
            row["type"],
            row["split"],
            row.get("source") or "",
            row.get("licence") or "",
        )
        for row in rows
    )
    return [original for original in originals if split in (None, original.split)]


def sample_damage(count: int, seed: int, kinds: Sequence[Kind] = tuple(Kind)) -> list[tuple[Kind, int]]:
    """Choose `count` different pairs of kind and level, every kind equally often where it divides.

    Example:
        >>> pairs = sample_damage(4, seed=0, kinds=(Kind.JPEG, Kind.WHITE_NOISE))
        >>> sorted(kind.value for kind, _ in pairs), len(set(pairs))
        (['jpeg', 'jpeg', 'white-noise', 'white-noise'], 4)
    """
    generator = np.random.default_rng(seed)
    rounds = [
        [(kind, int(level)) for kind, level in zip(kinds, column, strict=True)]
        for column in np.stack([generator.permutation(LEVELS) for _ in kinds]).T
    ]
    pairs = [pair for row in rounds for pair in generator.permutation(np.array(row, object))]
    return [(Kind(kind), int(level)) for kind, level in pairs[:count]]


def make_shard(original: Original, damage: Sequence[tuple[Kind, int]], seed: int) -> Shard:
    """Damage, label and view one original.

    Raises:
        UnreadablePhoto: The file is not a photo.

    Example:
        >>> original = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "train")
        >>> shard = make_shard(original, [(Kind.JPEG, 5)], seed=0)
        >>> shard.levels.tolist(), round(float(shard.scores[0])), bool(shard.scores[1] < 80)
        ([0, 5], 100, True)
    """
    pixels = Photo.open(original.path, max_side=ASSESSMENT_SIDE).pixels
    reference = EnsembleReference.from_pixels(pixels)
    versions = [pixels]
    for number, (kind, level) in enumerate(damage):
        versions.append(distort(pixels, kind, level, seed + number))
    labels = [reference.score(version) for version in versions]
    measurements = [measure_photo(version) for version in versions]
    natives = [
        to_native_view(version, centre=measured.product_centre)
        for version, measured in zip(versions, measurements, strict=True)
    ]
    return Shard(
        whole=np.stack([to_whole_view(version) for version in versions]),
        native=np.stack(natives),
        kinds=np.array([0, *(KIND_NAMES.index(kind.value) for kind, _ in damage)], np.int16),
        levels=np.array([0, *(level for _, level in damage)], np.int8),
        measures=np.array([(c.mdsi, c.vsi, c.haarpsi, c.fsim) for c in labels], np.float32),
        measured=np.stack([measured.vector for measured in measurements]),
    )


def save_shard(shard: Shard, path: Path) -> None:
    """Write a shard whole or not at all.

    Example:
        >>> shard = Shard(*(np.arange(3) for _ in range(6)))
        >>> save_shard(shard, Path("00000.npz"))
        >>> load_shard(Path("00000.npz")).levels.tolist()
        [0, 1, 2]
    """
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.savez(file, **vars(shard))


def load_shard(path: Path) -> Shard:
    """Read a shard that `save_shard` wrote.

    Example:
        >>> save_shard(Shard(*(np.arange(3) for _ in range(6))), Path("00000.npz"))
        >>> load_shard(Path("00000.npz")).kinds.tolist()
        [0, 1, 2]
    """
    with np.load(path) as archive:
        return Shard(**{name: archive[name] for name in archive.files})


def make_shards(
    originals: Iterable[Original], folder: Path, versions: int, workers: int, seed: int = 0
) -> Iterator[Path]:
    """Make every shard that does not exist yet; yield each as it is there.

    Args:
        originals: What to damage.
        folder: Where shards go; created if need be.
        versions: Damaged versions of each original.
        workers: Processes.
        seed: Changes which damage each original gets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (original, folder / f"{number:05d}.npz", versions, seed + 1000 * number)
        for number, original in enumerate(originals)
    ]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_make_and_save, jobs)


def _make_and_save(job: tuple[Original, Path, int, int]) -> Path:
    original, path, versions, seed = job
    cv2.setNumThreads(1)
    if not path.exists():
        save_shard(make_shard(original, sample_damage(versions, seed), seed), path)
    return path

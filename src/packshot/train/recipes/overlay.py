"""Recipe 7: the overlay network, on clean photos with text and watermarks laid over them.

The encoder starts from ImageNet; its first blocks and all of its normalisation stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import ByteArray
from packshot.photo import Photo
from packshot.train.datasets.furniture import drawn_furniture
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import OverlayBatch, OverlayExamples
from packshot.train.datasets.vessels import drawn_vessel
from packshot.train.learner import Learner, Pace, Report, tuned
from packshot.train.networks.efficientnet_lite import folded, freeze, load_pretrained
from packshot.train.networks.overlay import OverlayNetwork
from packshot.train.recipes.overlay_model import write_overlay

CHECKPOINT = "overlay.pt"
LEARNT_SIDE = 448
"""Long side of the photos that squares are cut from, before they are made a little smaller or larger."""


@dataclass(frozen=True)
class OverlayRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        steps: Batches.
        batch: Photos in each.
        side: Of the squares cut from photos, pixels.
        trunk_rate: Largest learning rate of the encoder.
        decoder_rate: Largest learning rate of the decoder.
        drawn: Pictures of furniture drawn on white that join the photos; as many of printed vessels.
        frozen_blocks: Blocks of the encoder, from the input on, that stay as they are; the stem too.
        average: Decay of the running average of the weights, which is what comes out.
        seed: Of weights and batches.
    """

    steps: int = 8600
    batch: int = 8
    side: int = 320
    trunk_rate: float = 3e-4
    decoder_rate: float = 2e-3
    drawn: int = 1350
    frozen_blocks: int = 1
    average: float = 0.995
    seed: int = 0


def overlay_loss(logits: Tensor, maps: Tensor) -> Tensor:
    """Cross-entropy of pixels, and 1 - soft overlap of each map over the whole batch.

    Args:
        logits: (B, 2, H, W).
        maps: (B, 2, H, W) in 0..1.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, maps)
    likely = torch.sigmoid(logits)
    both = (likely * maps).sum((0, 2, 3))
    either = (likely + maps - likely * maps).sum((0, 2, 3))
    return 2 * pixels + (1 - both / either.clamp_min(1)).mean()


def clean_photos(paths: Sequence[Path]) -> list[ByteArray]:
    """Photos at the size the overlay network learns from; small ones are enlarged.

    Raises:
        UnreadablePhoto: A file is not a photo.
    """
    opened = (Photo.open(path, max_side=2 * LEARNT_SIDE).pixels for path in paths)
    return [_resized(pixels) for pixels in opened]


def _resized(pixels: ByteArray) -> ByteArray:
    scale = LEARNT_SIDE / max(pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)


@dataclass(frozen=True)
class OverlayInputs:
    """What a run learns from.

    Attributes:
        checkpoint: EfficientNet-Lite0 state dictionary.
        photos: Photos without overlays.
        fonts: Folder of font files.
    """

    checkpoint: Path
    photos: tuple[Path, ...]
    fonts: Path


def begin(network: OverlayNetwork, recipe: OverlayRecipe) -> Learner[OverlayNetwork]:
    """The network ready to learn: two groups of parameters, the encoder's slower."""
    freeze(network.trunk, recipe.frozen_blocks)
    pace = Pace(recipe.steps, (recipe.trunk_rate, recipe.decoder_rate), recipe.average)
    return Learner.begin(network, tuned(network.trunk, network.decoder), pace)


def train_overlay(
    inputs: OverlayInputs, recipe: OverlayRecipe, work: Path, workers: int, report: Report
) -> OverlayNetwork:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        inputs: What to learn from.
        recipe: How.
        work: Folder of the checkpoint.
        workers: Processes that make batches.
        report: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.

    Raises:
        SourceError: No font.
    """
    torch.manual_seed(recipe.seed)
    work.mkdir(parents=True, exist_ok=True)
    random, fonts = np.random.default_rng(recipe.seed), Fonts.under(inputs.fonts)
    furniture = [drawn_furniture(LEARNT_SIDE, random) for _ in range(recipe.drawn)]
    vessels = [drawn_vessel(LEARNT_SIDE, random, fonts) for _ in range(recipe.drawn)]
    photos = [*clean_photos(inputs.photos), *furniture, *vessels]
    examples = OverlayExamples(photos, fonts, recipe.batch, recipe.side, recipe.seed)
    learner = begin(OverlayNetwork(folded(load_pretrained(str(inputs.checkpoint)))), recipe)

    def loss(network: OverlayNetwork, batch: OverlayBatch) -> Tensor:
        return overlay_loss(network(batch.pixels), batch.maps)

    return learner.run(examples, loss, work / CHECKPOINT, workers, report)


def make_overlay(
    inputs: OverlayInputs,
    recipe: OverlayRecipe,
    places: tuple[Path, Path],
    processors: tuple[int, int],
    report: Report,
) -> None:
    """Train, export and quantise.

    Args:
        inputs: What to learn from.
        recipe: How.
        places: Working folder, and the model to write.
        processors: Threads of this process, and processes that make batches.
        report: Told about progress.

    Raises:
        SourceError: No font.
    """
    work, output = places
    torch.set_num_threads(processors[0])
    network = train_overlay(inputs, recipe, work, processors[1], report)
    write_overlay(network, clean_photos(inputs.photos[::4]), Fonts.under(inputs.fonts), output)
    report(f"wrote {output}")

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
from packshot.train.datasets.furniture import draw_furniture
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import OverlayBatch, OverlayDataset
from packshot.train.datasets.vessels import draw_vessel
from packshot.train.learner import Learner, Schedule, make_parameter_groups
from packshot.train.networks.efficientnet_lite import (
    fold_normalisation,
    freeze_blocks,
    load_imagenet_weights,
)
from packshot.train.networks.overlay import OverlayNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.overlay_model import write_overlay_model

CHECKPOINT_FILE = "overlay.pt"
TRAINING_SIDE = 448
"""Pixels of the long side of the photos that squares are cut from, before they are made a little smaller
or larger."""


@dataclass(frozen=True)
class OverlayRecipe:
    """Everything that decides the outcome of a run; values are chosen by hand.

    Attributes:
        steps: Batches.
        batch_size: Photos in each.
        side: Of the squares cut from photos, pixels.
        trunk_rate: Largest learning rate of the encoder.
        decoder_rate: Largest learning rate of the decoder.
        drawn_count: Pictures of furniture drawn on white that join the photos; as many of vessels.
        frozen_blocks: Blocks of the encoder, from the input on, that stay as they are; the stem too.
        average: Decay of the running average of the weights, which is what comes out.
        seed: Of weights and batches.

    Example:
        >>> OverlayRecipe().side, OverlayRecipe(steps=100).steps
        (320, 100)
    """

    steps: int = 8600
    batch_size: int = 8
    side: int = 320
    trunk_rate: float = 3e-4
    decoder_rate: float = 2e-3
    drawn_count: int = 1350
    frozen_blocks: int = 1
    average: float = 0.995
    seed: int = 0


def overlay_loss(logits: Tensor, maps: Tensor) -> Tensor:
    """Compute cross-entropy of pixels, and 1 - soft overlap of each map over the whole batch.

    Args:
        logits: (B, 2, H, W).
        maps: (B, 2, H, W) in 0..1.

    Example:
        >>> maps = torch.zeros(1, 2, 4, 4)
        >>> maps[..., :2] = 1
        >>> [round(overlay_loss(sign * (20 * maps - 10), maps).item(), 3) for sign in (1, -1)]
        [0.0, 21.0]
    """
    pixel_loss = F.binary_cross_entropy_with_logits(logits, maps)
    probabilities = torch.sigmoid(logits)
    intersection = (probabilities * maps).sum((0, 2, 3))
    union = (probabilities + maps - probabilities * maps).sum((0, 2, 3))
    return 2 * pixel_loss + (1 - intersection / union.clamp_min(1)).mean()


def load_clean_photos(paths: Sequence[Path]) -> list[ByteArray]:
    """Load photos at the size the overlay network learns from; small ones are enlarged.

    Raises:
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> load_clean_photos([Path("examples/photos/mug.jpg")])[0].shape
        (448, 448, 3)
    """
    photos = (Photo.open(path, max_side=2 * TRAINING_SIDE).pixels for path in paths)
    return [_resize_photo(pixels) for pixels in photos]


def _resize_photo(pixels: ByteArray) -> ByteArray:
    scale = TRAINING_SIDE / max(pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)


@dataclass(frozen=True)
class OverlayInputs:
    """Data that a run learns from.

    Attributes:
        checkpoint: EfficientNet-Lite0 state dictionary.
        photos: Photos without overlays.
        fonts: Folder of font files.

    Example:
        >>> inputs = OverlayInputs(Path("lite0.pth"), (Path("a.jpg"), Path("b.jpg")), Path("fonts"))
        >>> len(inputs.photos)
        2
    """

    checkpoint: Path
    photos: tuple[Path, ...]
    fonts: Path


def make_learner(network: OverlayNetwork, recipe: OverlayRecipe) -> Learner[OverlayNetwork]:
    """Make the network ready to learn: two groups of parameters, the encoder's slower.

    Example:
        >>> from packshot.train.networks.efficientnet_lite import EfficientNetLite
        >>> learner = make_learner(OverlayNetwork(EfficientNetLite()), OverlayRecipe())
        >>> learner.step, learner.schedule.rates
        (0, (0.0003, 0.002))
    """
    freeze_blocks(network.trunk, recipe.frozen_blocks)
    pace = Schedule(recipe.steps, (recipe.trunk_rate, recipe.decoder_rate), recipe.average)
    return Learner.from_network(
        network, make_parameter_groups(network.trunk, network.decoder_parameters), pace
    )


def train_overlay(
    inputs: OverlayInputs, recipe: OverlayRecipe, work: Path, workers: int, progress: Progress
) -> OverlayNetwork:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        inputs: What to learn from.
        recipe: How.
        work: Folder of the checkpoint.
        workers: Processes that make batches.
        progress: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.

    Raises:
        SourceError: No font.
    """
    torch.manual_seed(recipe.seed)
    work.mkdir(parents=True, exist_ok=True)
    random, fonts = np.random.default_rng(recipe.seed), Fonts.from_folder(inputs.fonts)
    furniture = [draw_furniture(TRAINING_SIDE, random) for _ in range(recipe.drawn_count)]
    vessels = [draw_vessel(TRAINING_SIDE, random, fonts) for _ in range(recipe.drawn_count)]
    photos = [*load_clean_photos(inputs.photos), *furniture, *vessels]
    examples = OverlayDataset(photos, fonts, recipe.batch_size, recipe.side, recipe.seed)
    learner = make_learner(
        OverlayNetwork(fold_normalisation(load_imagenet_weights(str(inputs.checkpoint)))), recipe
    )

    def loss(network: OverlayNetwork, batch: OverlayBatch) -> Tensor:
        return overlay_loss(network(batch.pixels), batch.maps)

    return learner.train(examples, loss, work / CHECKPOINT_FILE, workers, progress)


def make_overlay_model(
    inputs: OverlayInputs,
    recipe: OverlayRecipe,
    paths: tuple[Path, Path],
    threads_and_workers: tuple[int, int],
    progress: Progress,
) -> None:
    """Train, export and quantise.

    Args:
        inputs: What to learn from.
        recipe: How.
        paths: Working folder, and the model to write.
        threads_and_workers: Threads of this process, and processes that make batches.
        progress: Told about progress.

    Raises:
        SourceError: No font.
    """
    work, output = paths
    torch.set_num_threads(threads_and_workers[0])
    network = train_overlay(inputs, recipe, work, threads_and_workers[1], progress)
    write_overlay_model(
        network, load_clean_photos(inputs.photos[::4]), Fonts.from_folder(inputs.fonts), output
    )
    progress(f"wrote {output}")

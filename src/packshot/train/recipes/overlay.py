"""Recipe 7: the overlay network, on clean photos with text and watermarks laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.encode.overlay import SEEN_SIDE
from packshot.photo import Photo
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import OverlayBatch, OverlayExamples
from packshot.train.learner import Learner, Pace, Report
from packshot.train.networks.overlay import OverlayNetwork
from packshot.train.recipes.overlay_model import write_overlay

CHECKPOINT = "overlay.pt"


@dataclass(frozen=True)
class OverlayRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        steps: Batches.
        batch: Photos in each.
        side: Of the squares cut from photos, pixels.
        rate: Largest learning rate.
        average: Decay of the running average of the weights, which is what comes out.
        seed: Of weights and batches.
    """

    steps: int = 1500
    batch: int = 10
    side: int = 256
    rate: float = 4e-3
    average: float = 0.99
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


def clean_photos(paths: Sequence[Path]) -> list[NDArray[np.uint8]]:
    """Photos at the size the overlay network sees; small ones are enlarged.

    Raises:
        UnreadablePhoto: A file is not a photo.
    """
    opened = (Photo.open(path, max_side=2 * SEEN_SIDE).pixels for path in paths)
    return [_resized(pixels) for pixels in opened]


def _resized(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = SEEN_SIDE / max(pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)


def train_overlay(
    photos: Sequence[Path], fonts: Path, recipe: OverlayRecipe, work: Path, workers: int, report: Report
) -> OverlayNetwork:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        photos: Photos without overlays.
        fonts: Folder of font files.
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
    examples = OverlayExamples(
        clean_photos(photos), Fonts.under(fonts), recipe.batch, recipe.side, recipe.seed
    )
    network, pace = OverlayNetwork(), Pace(recipe.steps, (recipe.rate,), recipe.average)
    learner = Learner.begin(network, [{"params": network.parameters()}], pace)

    def loss(network: OverlayNetwork, batch: OverlayBatch) -> Tensor:
        return overlay_loss(network(batch.pixels), batch.maps)

    return learner.run(examples, loss, work / CHECKPOINT, workers, report)


def make_overlay(
    photos: Sequence[Path],
    fonts: Path,
    recipe: OverlayRecipe,
    places: tuple[Path, Path],
    processors: tuple[int, int],
    report: Report,
) -> None:
    """Train, export and quantise.

    Args:
        photos: Photos without overlays.
        fonts: Folder of font files.
        recipe: How.
        places: Working folder, and the model to write.
        processors: Threads of this process, and processes that make batches.
        report: Told about progress.

    Raises:
        SourceError: No font.
    """
    work, output = places
    torch.set_num_threads(processors[0])
    network = train_overlay(photos, fonts, recipe, work, processors[1], report)
    write_overlay(network, clean_photos(photos[::4]), Fonts.under(fonts), output)
    report(f"wrote {output}")

"""Recipe 4: the enhancement network, on product originals damaged by realistic mixes.

First the tone curves learn alone, from small views, which is fast. Then all else learns on parts of
photos by L1, L1 of their detail, MS-SSIM, VGG-16 features and a discriminator, all in every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn
from torch.utils.data import Dataset
from torch.utils.tensorboard import SummaryWriter

from packshot.errors import ModelError, SourceError
from packshot.train.datasets.damaged import Original, read_manifest
from packshot.train.datasets.pairs import (
    KeptPairs,
    PairBatch,
    PartPairDataset,
    ViewPairDataset,
    iter_batches,
)
from packshot.train.learner import save_checkpoint
from packshot.train.networks.enhancement.variants import build_network
from packshot.train.progress import Progress
from packshot.train.recipes.enhancement_step import EnhancementRecipe, TrainingState, has_tone_curves
from packshot.train.recipes.enhancement_validation import ValidationSet

LATEST_FILE, BEST_FILE, LOG_FOLDER = "latest.pt", "best.pt", "log"


@dataclass(frozen=True)
class EnhancementSettings:
    r"""Data and settings of a training run.

    Attributes:
        products: Manifest of the product originals.
        sources: Train on originals of these sources only; empty for all.
        vgg: Weights of VGG-16; without them there is no perceptual loss.
        curves: Checkpoint of a run whose tone curves, already trained, are taken over.
        pairs: Folder in which batches of parts are kept, for other runs of the same seed.
        threads: Of the training process.
        workers: Processes that make batches.

    Example:
        >>> _ = Path("products.csv").write_text("file,type,group,split\nmug.jpg,kitchen,1,train\n")
        >>> settings = EnhancementSettings(Path("products.csv"))
        >>> [original.path.name for original in settings.read_originals()]
        ['mug.jpg']
    """

    products: Path
    sources: tuple[str, ...] = ()
    vgg: Path | None = None
    curves: Path | None = None
    pairs: Path | None = None
    threads: int = 2
    workers: int = 1

    def read_originals(self) -> list[Original]:
        """Read the originals to train on.

        Raises:
            SourceError: No manifest, or nothing in it of the sources wanted.
        """
        training_originals = read_manifest(self.products, "train")
        chosen = [one for one in training_originals if not self.sources or one.source in self.sources]
        if not chosen:
            raise SourceError(f"{self.products} has no originals to train on of {self.sources}")
        return chosen


def train_variant(
    name: str, settings: EnhancementSettings, recipe: EnhancementRecipe, folder: Path, progress: Progress
) -> Path:
    """Build a network by name and train it, see `train_enhancement`.

    Raises:
        InvalidInput: No network of that name.
        SourceError: The manifest cannot be read, or has nothing to train on.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(recipe.seed)
    network = build_network(name)
    originals, validation_set = (
        settings.read_originals(),
        ValidationSet(read_manifest(settings.products, "val")),
    )
    progress(f"{name}: {len(originals)} originals, checked on {len(validation_set.photos)}")
    if not has_tone_curves(network) or settings.curves is not None:
        recipe = replace(recipe, view_steps=0)
    if settings.curves is not None:
        copy_tone_curves(network, settings.curves)
    return train_enhancement(network, (originals, validation_set), recipe, folder, progress, settings)


def copy_tone_curves(network: nn.Module, checkpoint: Path) -> None:
    """Give a network the tone curves of another, if it has any.

    Args:
        network: Changed in place.
        checkpoint: `LATEST_FILE` or `BEST_FILE` of a run.

    Raises:
        ModelError: The checkpoint cannot be read, or has no tone curves of this size.

    Example:
        >>> network, other = build_network("full"), build_network("full")
        >>> save_checkpoint({"network": other.state_dict()}, Path("best.pt"))
        >>> copy_tone_curves(network, Path("best.pt"))
        >>> bool(torch.equal(network.curves.context.weight, other.curves.context.weight))
        True
    """
    if not has_tone_curves(network) or network.curves is None:
        return
    try:
        weights = torch.load(checkpoint, weights_only=True, map_location="cpu")
        weights = weights.get("averaged", weights["network"])
        prefix = "curves."
        curves = {name[len(prefix) :]: w for name, w in weights.items() if name.startswith(prefix)}
        network.curves.load_state_dict(curves)
    except (OSError, EOFError, KeyError, RuntimeError, UnpicklingError) as error:
        raise ModelError(f"no tone curves to take over in {checkpoint}: {error}") from error


def train_enhancement(
    network: nn.Module,
    data: tuple[Sequence[Original], ValidationSet],
    recipe: EnhancementRecipe,
    folder: Path,
    progress: Progress,
    settings: EnhancementSettings,
) -> Path:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        network: Of `VARIANTS`; changed in place.
        data: Originals to train on, and what to check with.
        recipe: How.
        folder: Gets checkpoints and the log for TensorBoard.
        progress: Told about progress.
        settings: Weights of VGG-16 and number of workers count here.

    Returns:
        Path of the best running average of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = TrainingState.from_network(network, recipe, settings.vgg)
    if (folder / LATEST_FILE).exists():
        state.load(folder / LATEST_FILE)
        progress(f"going on at step {state.step} of {recipe.total_steps}")
    if state.perceptual is None:
        progress("no weights of VGG-16 given: training without the perceptual loss")
    log = SummaryWriter(str(folder / LOG_FOLDER), purge_step=state.step)
    for pairs in _iter_remaining_batches(data[0], recipe, state, settings):
        losses = state.take_step(pairs.to(state.device))
        if state.step % 50 == 0:
            _log_losses(log, losses, state.step)
        if state.step % recipe.check_every == 0 or state.step == recipe.total_steps:
            _validate(state, data[1], folder, log, progress)
        if state.step % recipe.save_every == 0 or state.step == recipe.total_steps:
            state.save(folder / LATEST_FILE)
    log.close()
    return folder / BEST_FILE


def _iter_remaining_batches(
    originals: Sequence[Original],
    recipe: EnhancementRecipe,
    state: TrainingState,
    settings: EnhancementSettings,
) -> Iterator[PairBatch]:
    """Yield what is left of both stages."""
    first, workers = state.step, settings.workers
    parts: Dataset[PairBatch] = PartPairDataset(originals, recipe.batch_size, recipe.side, recipe.seed)
    if settings.pairs is not None:
        parts = KeptPairs(parts, settings.pairs)
    if first >= recipe.view_steps:
        return iter_batches(parts, first - recipe.view_steps, recipe.steps, workers)
    views = ViewPairDataset(originals, recipe.view_batch_size, recipe.seed)
    return chain(
        iter_batches(views, first, recipe.view_steps, workers),
        iter_batches(parts, 0, recipe.steps, workers),
    )


def _validate(
    state: TrainingState,
    validation_set: ValidationSet,
    folder: Path,
    log: SummaryWriter,
    progress: Progress,
) -> None:
    """Check the running average, keep it if it is the best, show what it does."""
    scores = validation_set.evaluate(state.averaged, state.device)
    progress(f"step {state.step} of {state.recipe.total_steps}: {scores}")
    for name, value in vars(scores).items():
        log.add_scalar(f"check/{name}", value, state.step)
    samples = validation_set.render_samples(state.averaged, state.device)
    log.add_images("damaged, enhanced, original", samples, state.step)
    log.flush()
    if scores.selection_score > state.best:
        state.best = scores.selection_score
        parts = {"network": state.averaged.state_dict(), "step": state.step, **vars(scores)}
        save_checkpoint(parts, folder / BEST_FILE)


def _log_losses(log: SummaryWriter, losses: dict[str, float], step: int) -> None:
    for name, value in losses.items():
        log.add_scalar(f"loss/{name}", value, step)

"""Recipe 4: the enhancement network, on product originals damaged by realistic mixes.

First the tone curves learn alone, from small views, which is fast. Then all else learns on parts of
photos by L1, L1 of their detail, and MS-SSIM; at the end, and now and then only, VGG-16 features and a
discriminator join in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from packshot.errors import ModelError, SourceError
from packshot.train.datasets.damaged import Original, read_manifest
from packshot.train.datasets.pairs import Pairs, PartPairs, ViewPairs, batches
from packshot.train.learner import save_whole
from packshot.train.networks.enhancement.variants import build
from packshot.train.recipes.enhancement_check import CheckSet
from packshot.train.recipes.enhancement_step import EnhancementRecipe, State, is_graded

Report = Callable[[str], None]

LATEST_FILE, BEST_FILE, LOG_FOLDER = "latest.pt", "best.pt", "log"


@dataclass(frozen=True)
class Setting:
    """With what and where to train.

    Attributes:
        products: Manifest of the product originals.
        sources: Train on originals of these sources only; empty for all.
        vgg: Weights of VGG-16; without them there is no perceptual loss.
        curves: Checkpoint of a run whose tone curves, already trained, are taken over.
        threads: Of the training process.
        workers: Processes that make batches.
    """

    products: Path
    sources: tuple[str, ...] = ()
    vgg: Path | None = None
    curves: Path | None = None
    threads: int = 2
    workers: int = 1

    def originals(self) -> list[Original]:
        """What to train on.

        Raises:
            SourceError: No manifest, or nothing in it of the sources wanted.
        """
        every = read_manifest(self.products, "train")
        chosen = [one for one in every if not self.sources or one.source in self.sources]
        if not chosen:
            raise SourceError(f"{self.products} has no originals to train on of {self.sources}")
        return chosen


def train_variant(
    name: str, setting: Setting, recipe: EnhancementRecipe, folder: Path, report: Report
) -> Path:
    """Build a network by name and train it, see `train_enhancement`.

    Raises:
        InvalidInput: No network of that name.
        SourceError: The manifest cannot be read, or has nothing to train on.
    """
    torch.set_num_threads(setting.threads)
    torch.manual_seed(recipe.seed)
    network = build(name)
    originals, checks = setting.originals(), CheckSet(read_manifest(setting.products, "val"))
    report(f"{name}: {len(originals)} originals, checked on {len(checks.photos)}")
    if not is_graded(network) or setting.curves is not None:
        recipe = replace(recipe, view_steps=0)
    if setting.curves is not None:
        take_curves(network, setting.curves)
    return train_enhancement(network, (originals, checks), recipe, folder, report, setting)


def take_curves(network: nn.Module, checkpoint: Path) -> None:
    """Give a network the tone curves of another, if it has any.

    Args:
        network: Changed in place.
        checkpoint: `LATEST_FILE` or `BEST_FILE` of a run.

    Raises:
        ModelError: The checkpoint cannot be read, or has no tone curves of this size.
    """
    if not is_graded(network) or network.curves is None:
        return
    try:
        kept = torch.load(checkpoint, weights_only=True, map_location="cpu")
        kept = kept.get("averaged", kept["network"])
        begin = "curves."
        curves = {name[len(begin) :]: w for name, w in kept.items() if name.startswith(begin)}
        network.curves.load_state_dict(curves)
    except (OSError, EOFError, KeyError, RuntimeError, UnpicklingError) as error:
        raise ModelError(f"no tone curves to take over in {checkpoint}: {error}") from error


def train_enhancement(
    network: nn.Module,
    data: tuple[Sequence[Original], CheckSet],
    recipe: EnhancementRecipe,
    folder: Path,
    report: Report,
    setting: Setting,
) -> Path:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        network: Of `VARIANTS`; changed in place.
        data: Originals to train on, and what to check with.
        recipe: How.
        folder: Gets checkpoints and the log for TensorBoard.
        report: Told about progress.
        setting: Weights of VGG-16 and number of workers count here.

    Returns:
        Where the best running average of the weights lies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = State.begin(network, recipe, setting.vgg)
    if (folder / LATEST_FILE).exists():
        state.load(folder / LATEST_FILE)
        report(f"going on at step {state.step} of {recipe.last}")
    if state.perceptual is None:
        report("no weights of VGG-16 given: training without the perceptual loss")
    log = SummaryWriter(str(folder / LOG_FOLDER), purge_step=state.step)
    for pairs in _all_batches(data[0], recipe, state, setting.workers):
        losses = state.learn(pairs.to(state.device))
        if state.step % 50 == 0:
            _log_losses(log, losses, state.step)
        if state.step % recipe.check_every == 0 or state.step == recipe.last:
            _check(state, data[1], folder, log, report)
        if state.step % recipe.save_every == 0 or state.step == recipe.last:
            state.save(folder / LATEST_FILE)
    log.close()
    return folder / BEST_FILE


def _all_batches(
    originals: Sequence[Original], recipe: EnhancementRecipe, state: State, workers: int
) -> Iterator[Pairs]:
    """What is left of both stages."""
    first = state.step
    rest = max(first, recipe.view_steps)
    parts = PartPairs(originals, recipe.batch, recipe.side, recipe.seed)
    if first >= recipe.view_steps:
        return batches(parts, first, recipe.last, workers)
    views = ViewPairs(originals, recipe.view_batch, recipe.seed)
    return chain(batches(views, first, rest, workers), batches(parts, rest, recipe.last, workers))


def _check(state: State, checks: CheckSet, folder: Path, log: SummaryWriter, report: Report) -> None:
    """Check the running average, keep it if it is the best, show what it does."""
    check = checks.check(state.averaged, state.device)
    report(f"step {state.step} of {state.recipe.last}: {check}")
    for name, value in vars(check).items():
        log.add_scalar(f"check/{name}", value, state.step)
    samples = checks.samples(state.averaged, state.device)
    log.add_images("damaged, enhanced, original", samples, state.step)
    log.flush()
    if check.merit > state.best:
        state.best = check.merit
        parts = {"network": state.averaged.state_dict(), "step": state.step, **vars(check)}
        save_whole(parts, folder / BEST_FILE)


def _log_losses(log: SummaryWriter, losses: dict[str, float], step: int) -> None:
    for name, value in losses.items():
        log.add_scalar(f"loss/{name}", value, step)

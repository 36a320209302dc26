"""Recipe: the judge of versions, which says whether a change brought a photo nearer to the truth."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import AnyArray, Float32Array, Mask
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.version_views import PART_COUNT, PART_SIDE, WHOLE_SIDE
from packshot.errors import InvalidInput, ModelError
from packshot.train.datasets.hash_split import falls_in_share
from packshot.train.datasets.version_pairs import GAIN_NAMES, HARM
from packshot.train.datasets.version_shards import (
    PairReadings,
    load_shards,
    make_shards,
    plan_training_pairs,
)
from packshot.train.export import annotate, export
from packshot.train.networks.efficientnet_lite import fold_normalisation, load_imagenet_weights
from packshot.train.networks.version_judge import (
    CHANGE_NUMBERS,
    VersionHead,
    VersionJudgeNetwork,
    VersionReader,
    VersionReading,
)
from packshot.train.progress import Progress
from packshot.train.recipes.calibration import fit_logistic_line


@dataclass(frozen=True)
class JudgeInputs:
    """What the judge is made of.

    Attributes:
        originals: Photos, undamaged.
        checkpoint: State dictionary of EfficientNet-Lite0, trained on ImageNet.
        work: Folder for what is read of pairs; work that was stopped goes on there.
        output: The model to write.

    Example:
        >>> inputs = JudgeInputs([Path("mug.jpg")], Path("lite0.pth"), Path("work"), Path("judge.onnx"))
        >>> inputs.output.name
        'judge.onnx'
    """

    originals: Sequence[Path]
    checkpoint: Path
    work: Path
    output: Path


@dataclass(frozen=True)
class JudgeRecipe:
    """How the head learns.

    Attributes:
        epochs: Times that every pair is seen; the best by held-out originals is kept.
        batch_size: Pairs in a step.
        rate: Largest learning rate, which falls along half a cosine.
        decay: Of the weights.
        hidden: Width of the head.
        dropout: Share of numbers left out.
        chance_weight: Weight of the cross-entropy of the chances beside the loss of gains.
        held_percent: Of originals, those that choose the best epoch and calibrate the chances.
        seed: Of weights and batches.

    Example:
        >>> JudgeRecipe(epochs=2).epochs
        2
    """

    epochs: int = 40
    batch_size: int = 256
    rate: float = 2e-3
    decay: float = 1e-2
    hidden: int = 128
    dropout: float = 0.3
    chance_weight: float = 0.5
    held_percent: int = 15
    seed: int = 0


@dataclass(frozen=True)
class JudgeAccuracy:
    """How well a judge does on pairs.

    Attributes:
        pairs: How many.
        correlations: Spearman's, of expected and true gains, by `GAIN_NAMES`.
        direction: Share of pairs whose HaarPSI changes by .005 or more where the sign is right.
        harmless_auc: Area under the ROC curve of the chance that nothing is harmed.
        kept: Share of pairs with a chance of .9 or more.
        harmed_of_kept: Share of those that are harmed all the same.

    Example:
        >>> accuracy = JudgeAccuracy(100, (0.9, 0.8, 0.9, 0.9), 0.95, 0.97, 0.3, 0.02)
        >>> str(accuracy)[:34]
        '100 pairs; psnr .90, ssim .80, haa'
    """

    pairs: int
    correlations: tuple[float, ...]
    direction: float
    harmless_auc: float
    kept: float
    harmed_of_kept: float

    def __str__(self) -> str:
        """One line."""
        told = ", ".join(
            f"{name} {value:.2f}".replace(" 0.", " .")
            for name, value in zip(GAIN_NAMES, self.correlations, strict=True)
        )
        return (
            f"{self.pairs} pairs; {told}; direction {self.direction:.3f}, AUC {self.harmless_auc:.3f}, "
            f"kept {self.kept:.3f}, harmed of these {self.harmed_of_kept:.3f}"
        )


def make_version_judge(
    inputs: JudgeInputs, recipe: JudgeRecipe, progress: Progress, threads: int = 1
) -> JudgeAccuracy:
    """Make pairs of versions, teach the head, write the model.

    Args:
        inputs: What it is made of.
        recipe: How the head learns.
        progress: Told about progress.
        threads: Of PyTorch.

    Returns:
        How well it does on held-out originals. They chose the epoch: a validation figure.

    Raises:
        SourceError: A photo cannot be read.
        ModelError: The checkpoint cannot be read.
    """
    torch.set_num_threads(threads)
    try:
        reader = VersionReader(load_imagenet_weights(str(inputs.checkpoint)))
    except (OSError, KeyError, RuntimeError, UnpicklingError) as error:
        raise ModelError(
            f"{inputs.checkpoint} is no checkpoint of EfficientNet-Lite0: {error}"
        ) from error
    plan = plan_training_pairs(EnhancementNetwork.load_shipped())
    make_shards(inputs.originals, plan, reader, inputs.work, progress)
    readings = load_shards(inputs.work, inputs.originals)
    head = fit_head(readings, recipe, progress)
    accuracy = measure_accuracy(head, readings.select(find_held(readings, recipe)))
    progress(f"held-out originals: {accuracy}")
    export_version_judge(VersionJudgeNetwork(reader, head), inputs.output)
    annotate(inputs.output, originals=str(len(inputs.originals)), pairs=str(len(readings.gains)))
    return accuracy


def export_version_judge(network: VersionJudgeNetwork, path: Path) -> None:
    """Write the judge as ONNX."""
    example = {
        "whole": torch.zeros(2, 2, WHOLE_SIDE, WHOLE_SIDE, 3, dtype=torch.uint8),
        "parts": torch.zeros(2, 2, PART_COUNT, PART_SIDE, PART_SIDE, 3, dtype=torch.uint8),
        "change": torch.zeros(2, CHANGE_NUMBERS),
    }
    network.reader.trunk = fold_normalisation(network.reader.trunk)
    export(network.eval(), example, ["gains", "chances"], path)


def find_held(readings: PairReadings, recipe: JudgeRecipe) -> Mask:
    """Find the pairs of originals that the head is not taught on."""
    return np.array([falls_in_share(str(group), recipe.held_percent) for group in readings.groups])


def label_pairs(gains: Float32Array) -> tuple[Mask, Mask]:
    """Label pairs: where nothing is harmed, and where the version after is nearer.

    Example:
        >>> gains = np.float32([[1, 0.1, 0.1, 2], [1, -0.1, 0.1, 2]])
        >>> [labels.tolist() for labels in label_pairs(gains)]
        [[True, False], [True, True]]
    """
    by_name = dict(zip(GAIN_NAMES, gains.T, strict=True))
    is_harmless = np.all([by_name[name] >= -limit for name, limit in HARM.items()], axis=0)
    return is_harmless, (by_name["haarpsi"] > 0) & (by_name["ciede2000"] > 0)


def fit_head(readings: PairReadings, recipe: JudgeRecipe, progress: Progress) -> VersionHead:
    """Fit the head; the best epoch by held-out originals, chances calibrated on those.

    Args:
        readings: Of pairs of many originals.
        recipe: How.
        progress: Told about progress.

    Raises:
        InvalidInput: So few originals that none is held out, or that none is left.
    """
    torch.manual_seed(recipe.seed)
    is_held = find_held(readings, recipe)
    if is_held.all() or not is_held.any():
        raise InvalidInput("too few originals to learn from some and to check with others")
    taught, held = readings.select(~is_held), readings.select(is_held)
    head = VersionHead(recipe.hidden, recipe.dropout)
    head.fit_scaling(to_reading(taught))
    best, best_loss = copy.deepcopy(head), float("inf")
    optimiser = torch.optim.AdamW(head.parameters(), recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.epochs)
    for epoch in range(recipe.epochs):
        _run_epoch(head, taught, optimiser, recipe, epoch)
        schedule.step()
        loss = _measure_loss(head, held, recipe)
        progress(f"epoch {epoch + 1} of {recipe.epochs}: held-out loss {loss:.4f}")
        if loss < best_loss:
            best, best_loss = copy.deepcopy(head), loss
    _calibrate(best.eval(), held)
    return best


def measure_accuracy(head: VersionHead, readings: PairReadings) -> JudgeAccuracy:
    """Measure how well a head judges pairs."""
    gains, chances = judge_readings(head, readings)
    is_harmless, _ = label_pairs(readings.gains)
    is_kept = chances[:, 0] >= 0.9
    moved = np.abs(readings.gains[:, 2]) >= 0.005
    return JudgeAccuracy(
        pairs=len(gains),
        correlations=tuple(
            _correlate_ranks(gains[:, place], readings.gains[:, place])
            for place in range(len(GAIN_NAMES))
        ),
        direction=float(np.mean(np.sign(gains[moved, 2]) == np.sign(readings.gains[moved, 2]))),
        harmless_auc=_area(chances[:, 0], is_harmless),
        kept=float(is_kept.mean()),
        harmed_of_kept=float((~is_harmless[is_kept]).mean()) if is_kept.any() else 0.0,
    )


def judge_readings(head: VersionHead, readings: PairReadings) -> tuple[Float32Array, Float32Array]:
    """Judge many pairs: (N, 4) gains and (N, 2) chances."""
    head.eval()
    with torch.inference_mode():
        verdict = head(to_reading(readings))
        chances = torch.sigmoid(verdict.chances * head.slopes + head.offsets)
        return head.undo_scaling(verdict.gains).numpy(), chances.numpy()


def to_reading(readings: PairReadings) -> VersionReading:
    """Return what was read as tensors."""
    return VersionReading(
        *(
            torch.from_numpy(values.astype(np.float32))
            for values in (readings.before, readings.after, readings.difference)
        )
    )


def _run_epoch(
    head: VersionHead,
    taught: PairReadings,
    optimiser: torch.optim.Optimizer,
    recipe: JudgeRecipe,
    epoch: int,
) -> None:
    head.train()
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(taught.gains))
    for start in range(0, len(order), recipe.batch_size):
        batch = taught.select(order[start : start + recipe.batch_size])
        loss = _compute_loss(head, batch, recipe)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimiser.step()


def _compute_loss(head: VersionHead, pairs: PairReadings, recipe: JudgeRecipe) -> Tensor:
    verdict = head(to_reading(pairs))
    gains = head.scale(torch.from_numpy(pairs.gains))
    labels = torch.from_numpy(np.stack(label_pairs(pairs.gains), axis=1).astype(np.float32))
    of_gains = F.smooth_l1_loss(verdict.gains, gains)
    of_chances = F.binary_cross_entropy_with_logits(verdict.chances, labels)
    return of_gains + recipe.chance_weight * of_chances


def _measure_loss(head: VersionHead, held: PairReadings, recipe: JudgeRecipe) -> float:
    head.eval()
    with torch.inference_mode():
        return float(_compute_loss(head, held, recipe))


def _calibrate(head: VersionHead, held: PairReadings) -> None:
    """Fit slope and offset of each chance on held-out originals (Platt)."""
    with torch.inference_mode():
        logits = head(to_reading(held)).chances.numpy()
    for place, labels in enumerate(label_pairs(held.gains)):
        if labels.all() or not labels.any():
            continue
        slope, offset = fit_logistic_line(logits[:, place].astype(float), labels.astype(float))
        head.slopes[place], head.offsets[place] = slope, offset


def _correlate_ranks(one: AnyArray, other: AnyArray) -> float:
    """Spearman's rank correlation of values without ties."""
    first, second = (np.argsort(np.argsort(values)) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def _area(chances: Float32Array, labels: Mask) -> float:
    """Area under the ROC curve, by ranks."""
    positives, negatives = chances[labels], chances[~labels]
    if not len(positives) or not len(negatives):
        return float("nan")
    order = np.searchsorted(np.sort(negatives), positives, side="left")
    ties = np.searchsorted(np.sort(negatives), positives, side="right")
    return float((order + ties).mean() / 2 / len(negatives))

"""Recipe 1: the content network, a small student of a large teacher of product photos.

A teacher that reads CLIP's features learns the ratings of product photos, and says what it thinks of
thousands of unrated ones (`packshot.train.recipes.student_targets`). The student, an ImageNet trunk,
learns from both, and also the teacher's layers and embedding, what people say of photos of anything, and
how pleasant photos are (after Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network",
2015).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import ByteArray, Float64Array, IndexArray, Pixels
from packshot.assess.atlas import ASPECTS
from packshot.encode.views import WHOLE_SIDE
from packshot.train.datasets.product_ratings import FAULTS
from packshot.train.datasets.squares import write_squares
from packshot.train.features import CONTENT_SIZE
from packshot.train.learner import make_parameter_groups, save_checkpoint, update_average
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation, freeze_blocks
from packshot.train.networks.quality_head import READINGS, QualityHead
from packshot.train.networks.statistics import WHOLE_NUMBERS, WholeViewNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.student_targets import (
    StudentData,
    StudentTargets,
    TargetRecipe,
    list_taught_rows,
    make_targets,
)

_REPORT_EVERY = 50
"""Steps between two lines of progress."""

_BATCH = 32
"""Held-out photos read at a time. A judgement."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the parts of the loss.

    Attributes:
        ratings: Of the smooth L1 distance of the three ratings.
        ranking: Of the order of the overall ratings within a batch.
        faults: Of the cross-entropy of faults.
        components: Of the squared distance of the teacher's principal components.
        embedding: Of the cosine distance of its embedding.
        liked: Of the squared distance of what people say.
        pleasantness: Of the squared distance of pleasantness.
        product: Of the cross-entropy of a product photo or not.

    Example:
        >>> LossWeights().ratings
        6.0
    """

    ratings: float = 6.0
    ranking: float = 0.3
    faults: float = 2.0
    components: float = 0.25
    embedding: float = 0.5
    liked: float = 4.0
    pleasantness: float = 0.15
    product: float = 0.3


@dataclass(frozen=True)
class StudentRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        targets: What is taught.
        losses: What counts how much.
        steps: Batches; rates rise and fall once.
        start_share: Share, 0..1, of the trunk's weights that comes from where they began, where that
            was taught before; the taught ones have the rest. With even parts it orders photos of
            shops not seen as well as the taught ones alone, and photos of anything nearly as before.
        settling_steps: Batches by which the heads learn to read a trunk that was averaged.
        batch: Photos in each.
        side: Of the squares seen, in pixels.
        stored_side: Of the squares that are kept, in pixels.
        margin: Pixels of a kept square that may be cut off at each side; less than so many.
        frozen_blocks: Blocks, from the input on, that stay as they are; the stem too.
        trunk_rate: Largest learning rate of the trunk.
        head_rate: Largest learning rate of the heads.
        weight_decay: Of the heads' weights.
        warm_up: Share of the steps, 0..1, over which the rates rise.
        start_divisor: Largest rates over those of the first step.
        gradient_norm: Length above which the gradient of a step is shortened.
        average: Decay of the running average of the weights, which is what comes out.
        rating_beta: Distance, 0..1, from which on the distance of ratings counts linearly.
        ranking_gap: Difference of overall ratings, 0..1, from which on an order is taught.
        ranking_slope: Steepness of the loss of an order.
        max_component_error: Distance of a component from which on it no longer teaches.
        checkpoint_every: Steps between checkpoints.
        check_every: Steps between looks at held-out products.
        seed: Of weights and batches.

    Example:
        >>> recipe = StudentRecipe(steps=10)
        >>> recipe.side < recipe.stored_side
        True
    """

    targets: TargetRecipe = field(default_factory=TargetRecipe)
    losses: LossWeights = field(default_factory=LossWeights)
    steps: int = 4800
    start_share: float = 0.0
    settling_steps: int = 600
    batch: int = 32
    side: int = WHOLE_SIDE
    stored_side: int = 288
    margin: int = 9
    frozen_blocks: int = 3
    trunk_rate: float = 4e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: float = 0.1
    start_divisor: float = 20.0
    gradient_norm: float = 2.0
    average: float = 0.998
    rating_beta: float = 0.05
    ranking_gap: float = 0.05
    ranking_slope: float = 2.0
    max_component_error: float = 6.0
    checkpoint_every: int = 200
    check_every: int = 600
    seed: int = 0


@dataclass(frozen=True)
class StudentOutput:
    """The student's answer for a batch.

    Attributes:
        ratings: (B, 3) logits by `ASPECTS`.
        faults: (B, Y) logits of `FAULTS`.
        components: (B, K).
        embedding: (B, E).
        liked: (B,) logits.
        pleasantness: (B,).
        product: (B,) logits.

    Example:
        >>> output = StudentOutput(*[torch.zeros(2, 3)] * 4, *[torch.zeros(2)] * 3)
        >>> output.ratings.shape
        torch.Size([2, 3])
    """

    ratings: Tensor
    faults: Tensor
    components: Tensor
    embedding: Tensor
    liked: Tensor
    pleasantness: Tensor
    product: Tensor


class StudentNetwork(nn.Module):
    """A trunk that reads whole views, with a line for each thing that it is taught.

    Embedding and pleasantness are read off the head vector alone, for they are about what is pictured;
    all else off head vector and statistics.

    Example:
        >>> network = StudentNetwork(EfficientNetLite(), components=6, embedding=4).eval()
        >>> output = network(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> tuple(output.ratings.shape), tuple(output.components.shape), tuple(output.liked.shape)
        ((1, 3), (1, 6), (1,))
    """

    def __init__(self, trunk: EfficientNetLite, components: int, embedding: int) -> None:
        super().__init__()
        self.view = WholeViewNetwork(trunk)
        self.quality = QualityHead(WHOLE_NUMBERS, len(FAULTS))
        self.components = nn.Linear(WHOLE_NUMBERS, components)
        self.embedding = nn.Linear(CONTENT_SIZE, embedding)
        self.pleasantness = nn.Linear(CONTENT_SIZE, 1)

    @property
    def heads(self) -> list[nn.Parameter]:
        """Parameters of all but the trunk."""
        return [value for name, value in self.named_parameters() if not name.startswith("view.")]

    def forward(self, pixels: Tensor) -> StudentOutput:
        """Read (B, S, S, 3) uint8 whole views."""
        content, statistics = (part.float() for part in self.view(pixels))
        features = self.quality.normalise(torch.cat([content, statistics], dim=1))
        told = self.quality.lines(features).float()
        return StudentOutput(
            ratings=told[:, : len(ASPECTS)],
            faults=told[:, len(READINGS) : -1],
            components=self.components(features).float(),
            embedding=self.embedding(content).float(),
            liked=told[:, len(ASPECTS)],
            pleasantness=self.pleasantness(content)[:, 0].float(),
            product=told[:, -1],
        )


def compute_student_loss(
    output: StudentOutput, targets: StudentTargets, recipe: StudentRecipe
) -> Tensor:
    """Compute the loss of a batch.

    Example:
        >>> zeros, none = torch.zeros(2, 3), torch.full((2,), torch.nan)
        >>> output = StudentOutput(*[zeros] * 3, torch.ones(2, 3), *[zeros[:, 0]] * 3)
        >>> half, ones = torch.full((2, 3), 0.5), torch.ones(2)
        >>> targets = StudentTargets(half, half, ones, zeros, torch.ones(2, 3), none, none, ones)
        >>> round(compute_student_loss(output, targets, StudentRecipe()).item(), 3)  # 2.3 log 2
        1.594
    """
    weights, losses = targets.weights[:, None], recipe.losses
    ratings = F.smooth_l1_loss(
        torch.sigmoid(output.ratings), targets.ratings, beta=recipe.rating_beta, reduction="none"
    )
    faults = F.binary_cross_entropy_with_logits(output.faults, targets.faults, reduction="none")
    limit = recipe.max_component_error
    components = (output.components - targets.components).clamp(-limit, limit).square()
    alike = F.cosine_similarity(output.embedding, targets.embeddings)
    return (
        losses.ratings * (weights * ratings).mean()
        + losses.ranking * _rank(output.ratings[:, 0], targets, recipe)
        + losses.faults * (weights * faults).mean()
        + losses.components * components.mean()
        + losses.embedding * (1 - alike).mean()
        + losses.liked * _square_known(torch.sigmoid(output.liked), targets.liked)
        + losses.pleasantness * _square_known(output.pleasantness, targets.pleasantness)
        + losses.product * F.binary_cross_entropy_with_logits(output.product, targets.product)
    )


def _rank(logits: Tensor, targets: StudentTargets, recipe: StudentRecipe) -> Tensor:
    """Loss of pairs whose overall ratings differ: the logits should differ the same way."""
    overall, weighed = targets.ratings[:, 0], targets.weights > 0
    is_pair = overall[:, None] - overall[None] > recipe.ranking_gap
    is_pair &= weighed[:, None] & weighed[None]
    if not is_pair.any():
        return logits.new_zeros(())
    differences = logits[:, None] - logits[None]
    return F.softplus(-recipe.ranking_slope * differences[is_pair]).mean()


def _square_known(values: Tensor, targets: Tensor) -> Tensor:
    """Mean squared distance where the target is known."""
    known = ~torch.isnan(targets)
    if not known.any():
        return values.sum() * 0
    return (values[known] - targets[known]).square().mean()


@dataclass(frozen=True, eq=False)
class Lessons:
    """Everything that batches are made of.

    Attributes:
        squares: (N, S, S, 3) uint8, all photos.
        targets: Of all photos.
        rows: (R,) rows of an epoch.
        recipe: How.

    Example:
        >>> squares = np.zeros((4, 16, 16, 3), np.uint8)
        >>> one, none = torch.zeros(4, 1), torch.full((4,), torch.nan)
        >>> targets = StudentTargets(one, one, torch.ones(4), one, one, none, none, torch.ones(4))
        >>> recipe = StudentRecipe(steps=4, batch=2, side=8, stored_side=16, margin=2)
        >>> lessons = Lessons(squares, targets, np.arange(4), recipe)
        >>> [tuple(lessons.make_batch(step)[0].shape) for step in (0, 3)]
        [(2, 8, 8, 3), (2, 8, 8, 3)]
    """

    squares: ByteArray
    targets: StudentTargets
    rows: IndexArray
    recipe: StudentRecipe

    def make_batch(self, step: int) -> tuple[Tensor, StudentTargets]:
        """Make the squares and targets of a step; the last batch of an epoch may be smaller."""
        recipe = self.recipe
        epoch, start = divmod(step * recipe.batch, len(self.rows))
        order = np.random.default_rng([recipe.seed + 2, epoch]).permutation(len(self.rows))
        rows = self.rows[order[start : start + recipe.batch]]
        generator = np.random.default_rng([recipe.seed + 1, step])
        squares = [_vary(self.squares[row], recipe.side, recipe.margin, generator) for row in rows]
        return torch.from_numpy(np.stack(squares)), self.targets.select(torch.from_numpy(rows))


def _vary(square: Pixels, side: int, margin: int, generator: np.random.Generator) -> Pixels:
    """Mirror every other square, cut a little off, and resize."""
    if generator.random() < 0.5:
        square = square[:, ::-1]
    top, bottom, left, right = generator.integers(0, margin, 4)
    height, width = square.shape[:2]
    part = np.ascontiguousarray(square[top : height - bottom, left : width - right])
    return _resize(part, side)


def _resize(square: Pixels, side: int) -> Pixels:
    return np.asarray(cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def teach_student(
    data: StudentData, trunk: EfficientNetLite, recipe: StudentRecipe, folder: Path, progress: Progress
) -> StudentNetwork:
    """Teach; goes on from the checkpoint if there is one.

    Args:
        data: What to learn from, held-out photos among it; they are looked at now and then.
        trunk: Pre-trained, in evaluation mode; not changed.
        recipe: How.
        folder: Of the checkpoint and of the squares, which are made once.
        progress: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.

    Raises:
        UnreadablePhoto: A file is not a photo.
    """
    folder.mkdir(parents=True, exist_ok=True)
    squares = write_squares(data.photos, recipe.stored_side, folder / "squares.npy")
    targets = make_targets(data, recipe.targets)
    lessons = Lessons(squares, targets, list_taught_rows(data, recipe.targets.repeats), recipe)
    progress(f"{len(lessons.rows)} photos in each epoch")
    torch.manual_seed(recipe.seed)
    sizes = recipe.targets.components, recipe.targets.embedding
    network = StudentNetwork(fold_normalisation(trunk), *sizes)
    teaching = _Teaching.from_network(network, recipe)
    checkpoint = folder / "student.pt"
    if checkpoint.exists():
        teaching.load(checkpoint)
        progress(f"going on at step {teaching.step}")
    _teach(teaching, lessons, data, checkpoint, progress)
    if recipe.start_share:
        return _average_with_start(teaching.averaged, trunk, lessons, data, progress)
    return teaching.averaged.eval()


def _teach(
    teaching: _Teaching, lessons: Lessons, data: StudentData, checkpoint: Path, progress: Progress
) -> None:
    """Take all steps that are left."""
    recipe, losses = lessons.recipe, list[float]()
    while teaching.step < recipe.steps:
        losses.append(teaching.take_step(lessons, recipe))
        step, is_last = teaching.step, teaching.step == recipe.steps
        if step % _REPORT_EVERY == 0:
            progress(f"  step {step} of {recipe.steps}: loss {np.mean(losses[-_REPORT_EVERY:]):.4f}")
        if step % recipe.checkpoint_every == 0 or is_last:
            teaching.save(checkpoint)
        if step % recipe.check_every == 0 or is_last:
            progress(f"  held-out products: {_check(teaching.averaged, lessons, data)}")


def _average_with_start(
    network: StudentNetwork,
    start: EfficientNetLite,
    lessons: Lessons,
    data: StudentData,
    progress: Progress,
) -> StudentNetwork:
    """Average a taught trunk with where it began, and have the heads learn to read it.

    Source: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
    """
    recipe = replace(lessons.recipe, steps=lessons.recipe.settling_steps)
    average_weights(network.view.trunk, fold_normalisation(start), recipe.start_share)
    network.view.requires_grad_(False)
    teaching = _Teaching.from_network(network, recipe)
    progress("settling the heads on averaged weights")
    while teaching.step < recipe.steps:
        teaching.take_step(lessons, recipe)
    progress(f"  held-out products: {_check(teaching.averaged, lessons, data)}")
    return teaching.averaged.eval()


def average_weights(network: nn.Module, other: nn.Module, share: float) -> None:
    """Average the weights of a network with those of another of the same shape; in place.

    Args:
        network: Changed.
        other: Has the share.
        share: 0..1.

    Example:
        >>> one, other = (nn.Linear(1, 1, bias=False) for _ in range(2))
        >>> _ = nn.init.constant_(one.weight, 2.0), nn.init.constant_(other.weight, 6.0)
        >>> average_weights(one, other, share=0.25)
        >>> one.weight.item()
        3.0
    """
    with torch.no_grad():
        for mine, theirs in zip(network.parameters(), other.parameters(), strict=True):
            mine.lerp_(theirs, share)


@dataclass(eq=False)
class _Teaching:
    network: StudentNetwork
    averaged: StudentNetwork
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    step: int = 0

    @classmethod
    def from_network(cls, network: StudentNetwork, recipe: StudentRecipe) -> _Teaching:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze_blocks(network.view.trunk, recipe.frozen_blocks)
        groups = make_parameter_groups(network.view, network.heads)
        optimiser = torch.optim.AdamW(groups, recipe.trunk_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            [recipe.trunk_rate, recipe.head_rate],
            total_steps=recipe.steps + 1,
            pct_start=recipe.warm_up,
            div_factor=recipe.start_divisor,
        )
        return cls(network.train(), copy.deepcopy(network), optimiser, schedule)

    def take_step(self, lessons: Lessons, recipe: StudentRecipe) -> float:
        """Take one step and return its loss."""
        pixels, targets = lessons.make_batch(self.step)
        with torch.autocast("cpu", torch.bfloat16):
            output = self.network(pixels)
        loss = compute_student_loss(output, targets, recipe)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), recipe.gradient_norm)
        self.optimiser.step()
        self.schedule.step()
        update_average(self.averaged, self.network, min(recipe.average, 1 - 1 / (self.step + 2)))
        self.step += 1
        return loss.item()

    def save(self, path: Path) -> None:
        """Write everything needed to go on, whole or not at all."""
        parts: dict[str, Any] = {name: vars(self)[name].state_dict() for name in _STATEFUL}
        save_checkpoint(parts | {"step": self.step}, path)

    def load(self, path: Path) -> None:
        """Take up what `save` wrote."""
        parts = torch.load(path, weights_only=True)
        for name in _STATEFUL:
            vars(self)[name].load_state_dict(parts[name])
        self.step = parts["step"]


_STATEFUL = ("network", "averaged", "optimiser", "schedule")
"""Parts of a run that are kept in a checkpoint."""


def _check(network: StudentNetwork, lessons: Lessons, data: StudentData) -> str:
    """Say how far the network orders held-out products as the raters do."""
    rows = [row for row, photo in enumerate(data.products) if photo.is_held_out]
    if len(rows) < 2:
        return "too few"
    found = _read_ratings(network, lessons, rows)
    truth = np.array([data.products[row].ratings for row in rows], float)
    return ", ".join(
        f"{name} {compute_rank_correlation(found[:, column], truth[:, column]):.3f}"
        for column, name in enumerate(ASPECTS)
    )


def _read_ratings(network: StudentNetwork, lessons: Lessons, rows: Sequence[int]) -> Float64Array:
    parts = []
    with torch.no_grad():
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            squares = [_resize(lessons.squares[row], lessons.recipe.side) for row in batch]
            parts.append(network(torch.from_numpy(np.stack(squares))).ratings.numpy())
    return np.concatenate(parts).astype(np.float64)


def compute_rank_correlation(found: Float64Array, truth: Float64Array) -> float:
    """Compute Spearman's rank correlation; equal values share their mean rank.

    Example:
        >>> truth = np.array([1.0, 2.0, 2.0, 5.0])
        >>> [round(compute_rank_correlation(found, truth), 6) for found in (truth**3, -truth)]
        [1.0, -1.0]
    """
    return float(np.corrcoef(_rank_values(found), _rank_values(truth))[0, 1])


def _rank_values(values: Float64Array) -> Float64Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((counts.cumsum() - (counts - 1) / 2)[places], np.float64)

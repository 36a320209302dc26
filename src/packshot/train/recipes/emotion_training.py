"""Training the emotion network on kept feature maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from packshot.arrays import Float16Array, Float64Array, IndexArray
from packshot.train.datasets.oasis import MAX_NEGATIVE, MIN_POSITIVE, EmotionLabels, harden_labels
from packshot.train.datasets.sampling import iter_row_batches
from packshot.train.networks.emotion.losses import (
    consistency_loss,
    distribution_loss,
    intensity_loss,
    perception_loss,
    side_loss,
)
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionOutput, EmotionShape
from packshot.train.progress import Progress
from packshot.train.recipes.emotion_start import WarmStartData, initialise_from_fits

Maps = Sequence[Float16Array]


@dataclass(frozen=True)
class EmotionRecipe:
    """Everything that decides the outcome of a run; chosen by cross-validation by theme (decision 15).

    Attributes:
        steps: Batches.
        batch_size: Photos in each.
        composites: Pairs in each, of a positive and a negative photo side by side.
        rate: Largest learning rate; falls to nothing along half a cosine.
        weight_decay: Of all weights.
        perception: mu1, the weight of K_PM.
        consistency: mu2, the weight of K_RE.
        intensity: Weight of the raters' shares as intensities.
        side: Weight of the maps' sides on composites.
        smoothing: Whether labels are distributions; otherwise the nearest step.
        warm_decay: Of the weights that the classifier starts from.
        average: Decay of the running average of the weights, which is what comes out.
        seed: Of weights and batches.

    Example:
        >>> EmotionRecipe().steps, EmotionRecipe(smoothing=False).smoothing
        (20, False)
    """

    steps: int = 20
    batch_size: int = 32
    composites: int = 8
    rate: float = 1e-4
    weight_decay: float = 0.1
    perception: float = 0.2
    consistency: float = 0.2
    intensity: float = 0.5
    side: float = 0.3
    smoothing: bool = True
    warm_decay: float = 0.03
    average: float = 0.9
    seed: int = 0


@dataclass(frozen=True)
class EmotionBatch:
    """Photos, or composites, as feature maps with labels.

    Attributes:
        features: (B, C, h, w).
        distribution: (B, 7).
        shares: (B, 2) of positive and negative raters.
        polarity: (B, 2) of sum 1.
        sides: (B, 2, h, w) for composites, else None.

    Example:
        >>> batch = EmotionBatch(torch.rand(2, 8, 3, 3), *(torch.zeros(2, size) for size in (7, 2, 2)))
        >>> tuple(batch.features.shape), batch.sides
        ((2, 8, 3, 3), None)
    """

    features: Tensor
    distribution: Tensor
    shares: Tensor
    polarity: Tensor
    sides: Tensor | None = None


@dataclass(frozen=True, eq=False)
class EmotionTrainingSet:
    """Photos to train on: maps of every view, labels, and which rows of both are used.

    Example:
        >>> valence, distribution = np.array([6.5, 1.5]), np.eye(7)[[6, 0]]
        >>> labels = EmotionLabels(valence, distribution, np.array(["dog", "war"]))
        >>> data = EmotionTrainingSet([np.zeros((2, 4, 3, 3), np.float16)], labels, np.arange(2))
        >>> pairs = data.make_composites(2, np.random.default_rng(0))
        >>> tuple(pairs.features.shape), pairs.polarity.tolist()
        ((2, 4, 3, 6), [[0.5, 0.5], [0.5, 0.5]])
    """

    maps: Maps
    labels: EmotionLabels
    rows: IndexArray

    def make_start_data(self) -> WarmStartData:
        """Return what the first weights are fitted on."""
        views = [torch.from_numpy(view[self.rows]) for view in self.maps]
        targets = (self.labels.distribution[self.rows], self.labels.shares[self.rows])
        return WarmStartData(views, *(_to_tensor(values) for values in targets))

    def make_batch(self, chosen: IndexArray, generator: np.random.Generator) -> EmotionBatch:
        """Make a batch of photos, each in a random one of its views."""
        views = generator.integers(len(self.maps), size=len(chosen))
        maps = np.stack([self.maps[view][row] for view, row in zip(views, chosen, strict=True)])
        label_columns = (self.labels.distribution, self.labels.shares, self.labels.polarity)
        return EmotionBatch(
            torch.from_numpy(maps).float(), *(_to_tensor(values[chosen]) for values in label_columns)
        )

    def make_composites(self, count: int, generator: np.random.Generator) -> EmotionBatch:
        """Make a batch of a positive and a negative photo side by side, in random order."""
        valence = self.labels.valence[self.rows]
        positive = generator.choice(self.rows[valence >= MIN_POSITIVE], count)
        negative = generator.choice(self.rows[valence <= MAX_NEGATIVE], count)
        first, second = (self.make_batch(rows, generator) for rows in (positive, negative))
        return join_side_by_side(first, second, torch.from_numpy(generator.random(count) < 0.5))


def _to_tensor(values: Float64Array) -> Tensor:
    return torch.from_numpy(values).float()


def join_side_by_side(positive: EmotionBatch, negative: EmotionBatch, swapped: Tensor) -> EmotionBatch:
    """Join pairs as one wide map each, with the mean of their labels.

    Args:
        positive: B photos.
        negative: B photos.
        swapped: (B,) True where the negative one is on the left.

    Example:
        >>> def make(value):
        ...     columns = (torch.full((1, size), float(value)) for size in (7, 2, 2))
        ...     return EmotionBatch(torch.full((1, 1, 1, 2), float(value)), *columns)
        >>> join_side_by_side(make(1), make(0), torch.tensor([False])).features.flatten().tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    flag = swapped[:, None, None, None]
    left = torch.where(flag, negative.features, positive.features)
    right = torch.where(flag, positive.features, negative.features)
    on_left = torch.ones_like(left[:, :1])
    sides = torch.cat([on_left, 1 - on_left], dim=3)
    sides = torch.where(flag, 1 - sides, sides)
    return EmotionBatch(
        torch.cat([left, right], dim=3),
        (positive.distribution + negative.distribution) / 2,
        (positive.shares + negative.shares) / 2,
        (positive.polarity + negative.polarity) / 2,
        torch.cat([sides, 1 - sides], dim=1),
    )


def emotion_loss(output: EmotionOutput, batch: EmotionBatch, recipe: EmotionRecipe) -> Tensor:
    """Compute ``mu1 K_PM + K_FN + mu2 K_RE`` (equation 3.10) and the two losses of our own.

    Example:
        >>> output, shares = EmotionOutput(torch.eye(7)[[3]], None), torch.zeros(1, 2)
        >>> batch = EmotionBatch(torch.zeros(1, 1, 1, 1), torch.eye(7)[[3]], shares, shares)
        >>> round(abs(emotion_loss(output, batch, EmotionRecipe()).item()), 4)
        0.0
    """
    total = distribution_loss(output.distribution, batch.distribution)
    perception = output.perception
    if perception is None:
        return total
    total = total + recipe.perception * perception_loss(perception.channel_peaks, batch.polarity)
    total = total + recipe.consistency * consistency_loss(perception.intensities, batch.polarity)
    total = total + recipe.intensity * intensity_loss(perception.intensities, batch.shares)
    if batch.sides is not None:
        total = total + recipe.side * side_loss(perception.maps, batch.sides)
    return total


def train_emotion(
    data: EmotionTrainingSet, shape: EmotionShape, recipe: EmotionRecipe, progress: Progress
) -> EmotionNetwork:
    """Train from random weights; deterministic for a seed and a thread count.

    Returns:
        The running average of the network, in evaluation mode.

    Example:
        >>> rng, valence = np.random.default_rng(0), np.array([6.5, 1.5] * 4)
        >>> labels = EmotionLabels(valence, np.eye(7)[[6, 0] * 4], np.array(["dog", "war"] * 4))
        >>> maps = [(rng.normal(size=(8, 2, 2, 2)) + valence[:, None, None, None]).astype(np.float16)]
        >>> data, recipe = EmotionTrainingSet(maps, labels, np.arange(8)), EmotionRecipe(steps=1)
        >>> shape = EmotionShape(2, channels=4, bottleneck=4)
        >>> network = train_emotion(data, shape, recipe, lambda line: None)
        >>> network.training
        False
    """
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    network = EmotionNetwork(shape, _to_tensor(data.labels.select(data.rows).mean_distributions()))
    if not recipe.smoothing:
        data = EmotionTrainingSet(data.maps, harden_labels(data.labels), data.rows)
    initialise_from_fits(network, data.make_start_data(), recipe.warm_decay)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.weight_decay)
    blend = torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]
    averaged = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=blend)
    order = iter_row_batches(len(data.rows), recipe.batch_size, generator)
    for step in range(recipe.steps):
        _set_rate(optimiser, recipe, step)
        loss = _compute_step_loss(network, data, data.rows[next(order)], recipe, generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        averaged.update_parameters(network)
        if step % 50 == 0:
            progress(f"step {step} of {recipe.steps}: loss {loss.item():.3f}")
    result = averaged.module if recipe.steps else network
    assert isinstance(result, EmotionNetwork)
    return result.eval()


def _set_rate(optimiser: torch.optim.Optimizer, recipe: EmotionRecipe, step: int) -> None:
    for group in optimiser.param_groups:
        group["lr"] = recipe.rate * (1 + math.cos(math.pi * step / recipe.steps)) / 2


def _compute_step_loss(
    network: EmotionNetwork,
    data: EmotionTrainingSet,
    chosen: IndexArray,
    recipe: EmotionRecipe,
    generator: np.random.Generator,
) -> Tensor:
    photos = data.make_batch(chosen, generator)
    loss = emotion_loss(network(photos.features), photos, recipe)
    if recipe.composites and recipe.side and network.perception is not None:
        pairs = data.make_composites(recipe.composites, generator)
        loss = loss + 0.5 * emotion_loss(network(pairs.features), pairs, recipe)
    return loss

"""Training the emotion network on kept feature maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from packshot.arrays import Float16Array, Float64Array, IndexArray
from packshot.train.datasets.oasis import NEGATIVE_UP_TO, POSITIVE_FROM, EmotionLabels, hardened
from packshot.train.datasets.sampling import endless
from packshot.train.networks.emotion.losses import (
    consistency_loss,
    distribution_loss,
    intensity_loss,
    perception_loss,
    side_loss,
)
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionShape, Reading
from packshot.train.recipes.emotion_start import WarmSet, warm_start

Report = Callable[[str], None]
Maps = Sequence[Float16Array]


@dataclass(frozen=True)
class EmotionRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        steps: Batches.
        batch: Photos in each.
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
    """

    steps: int = 20
    batch: int = 32
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
class Batch:
    """Photos, or composites, as feature maps with labels.

    Attributes:
        features: (B, C, h, w).
        distribution: (B, 7).
        shares: (B, 2) of positive and negative raters.
        polarity: (B, 2) of sum 1.
        sides: (B, 2, h, w) for composites, else None.
    """

    features: Tensor
    distribution: Tensor
    shares: Tensor
    polarity: Tensor
    sides: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Trainable:
    """Photos to train on: maps of every view, labels, and which rows of both are used."""

    maps: Maps
    labels: EmotionLabels
    rows: IndexArray

    def warm_set(self) -> WarmSet:
        """What the first weights are fitted on."""
        views = [torch.from_numpy(view[self.rows]) for view in self.maps]
        wanted = (self.labels.distribution[self.rows], self.labels.shares[self.rows])
        return WarmSet(views, *(_tensor(values) for values in wanted))

    def photos(self, chosen: IndexArray, generator: np.random.Generator) -> Batch:
        """A batch of photos, each in a random one of its views."""
        views = generator.integers(len(self.maps), size=len(chosen))
        drawn = np.stack([self.maps[view][row] for view, row in zip(views, chosen, strict=True)])
        found = (self.labels.distribution, self.labels.shares, self.labels.polarity)
        return Batch(torch.from_numpy(drawn).float(), *(_tensor(values[chosen]) for values in found))

    def composites(self, count: int, generator: np.random.Generator) -> Batch:
        """A batch of pairs side by side: a positive photo and a negative one, in random order."""
        valence = self.labels.valence[self.rows]
        positive = generator.choice(self.rows[valence >= POSITIVE_FROM], count)
        negative = generator.choice(self.rows[valence <= NEGATIVE_UP_TO], count)
        first, second = (self.photos(rows, generator) for rows in (positive, negative))
        return side_by_side(first, second, torch.from_numpy(generator.random(count) < 0.5))


def _tensor(values: Float64Array) -> Tensor:
    return torch.from_numpy(values).float()


def side_by_side(positive: Batch, negative: Batch, swapped: Tensor) -> Batch:
    """Pairs as one wide map each, with the mean of their labels.

    Args:
        positive: B photos.
        negative: B photos.
        swapped: (B,) True where the negative one is on the left.
    """
    flag = swapped[:, None, None, None]
    left = torch.where(flag, negative.features, positive.features)
    right = torch.where(flag, positive.features, negative.features)
    on_left = torch.ones_like(left[:, :1])
    sides = torch.cat([on_left, 1 - on_left], dim=3)
    sides = torch.where(flag, 1 - sides, sides)
    return Batch(
        torch.cat([left, right], dim=3),
        (positive.distribution + negative.distribution) / 2,
        (positive.shares + negative.shares) / 2,
        (positive.polarity + negative.polarity) / 2,
        torch.cat([sides, 1 - sides], dim=1),
    )


def emotion_loss(reading: Reading, batch: Batch, recipe: EmotionRecipe) -> Tensor:
    """``mu1 K_PM + K_FN + mu2 K_RE`` (eq. 10) and the two losses of our own."""
    total = distribution_loss(reading.distribution, batch.distribution)
    seen = reading.perceived
    if seen is None:
        return total
    total = total + recipe.perception * perception_loss(seen.strongest, batch.polarity)
    total = total + recipe.consistency * consistency_loss(seen.intensities, batch.polarity)
    total = total + recipe.intensity * intensity_loss(seen.intensities, batch.shares)
    if batch.sides is not None:
        total = total + recipe.side * side_loss(seen.maps, batch.sides)
    return total


def train_emotion(
    data: Trainable, shape: EmotionShape, recipe: EmotionRecipe, report: Report
) -> EmotionNetwork:
    """Train from random weights; deterministic for a seed and a thread count.

    Returns:
        The running average of the network, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    network = EmotionNetwork(shape, _tensor(data.labels.taken(data.rows).spread()))
    if not recipe.smoothing:
        data = Trainable(data.maps, hardened(data.labels), data.rows)
    warm_start(network, data.warm_set(), recipe.warm_decay)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.weight_decay)
    blend = torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]
    averaged = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=blend)
    order = endless(len(data.rows), recipe.batch, generator)
    for step in range(recipe.steps):
        _set_rate(optimiser, recipe, step)
        loss = _step_loss(network, data, data.rows[next(order)], recipe, generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        averaged.update_parameters(network)
        if step % 50 == 0:
            report(f"step {step} of {recipe.steps}: loss {loss.item():.3f}")
    result = averaged.module if recipe.steps else network
    assert isinstance(result, EmotionNetwork)
    return result.eval()


def _set_rate(optimiser: torch.optim.Optimizer, recipe: EmotionRecipe, step: int) -> None:
    for group in optimiser.param_groups:
        group["lr"] = recipe.rate * (1 + math.cos(math.pi * step / recipe.steps)) / 2


def _step_loss(
    network: EmotionNetwork,
    data: Trainable,
    chosen: IndexArray,
    recipe: EmotionRecipe,
    generator: np.random.Generator,
) -> Tensor:
    photos = data.photos(chosen, generator)
    loss = emotion_loss(network(photos.features), photos, recipe)
    if recipe.composites and recipe.side and network.perception is not None:
        pairs = data.composites(recipe.composites, generator)
        loss = loss + 0.5 * emotion_loss(network(pairs.features), pairs, recipe)
    return loss

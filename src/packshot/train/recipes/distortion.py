"""Recipe 2: the projection from frozen features to the distortion vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import IndexArray
from packshot.train.datasets.sampling import iter_row_batches
from packshot.train.features import CONTENT_SIZE, Features
from packshot.train.losses import SMOOTH_L1_BETA, masked_cross_entropy, ranking_loss, retrieval_loss
from packshot.train.networks.distortion import Projection, ProjectionShape

StepReport = Callable[[int, float], None]


@dataclass(frozen=True)
class ProjectionRecipe:
    """Everything that decides the outcome of a training run.

    Values are chosen by hand. The form of R. Zhang (2024), cross-entropy on kinds alone and no readouts
    of quality, is `kinds_only`.

    Attributes:
        hidden: Width of the hidden layer.
        vector: Length of the distortion vector.
        dropout: Share of hidden numbers left out in training, 0..1.
        steps: Batches.
        rated_batch: Photos rated by people in each.
        damaged_batch: Damaged products in each.
        learning_rate: Largest; rises over a tenth of the steps, then falls.
        weight_decay: Of all weights.
        temperature: Of the retrieval's kernel.
        retrieval_weight: Of the loss of retrieved scores.
        score_weight: Of the smooth L1 distance of scores.
        ranking_weight: Of the hinge over pairs.
        kind_weight: Of the cross-entropy of kinds.
        level_weight: Of the cross-entropy of levels.
        readouts: Fit the two linear readouts of quality as well.
        seed: Of weights and batches.

    Example:
        >>> recipe = ProjectionRecipe.kinds_only()
        >>> recipe.kind_weight, recipe.retrieval_weight, recipe.readouts
        (1.0, 0.0, False)
    """

    hidden: int = 384
    vector: int = 96
    dropout: float = 0.3
    steps: int = 400
    rated_batch: int = 320
    damaged_batch: int = 448
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    temperature: float = 0.05
    retrieval_weight: float = 4.0
    score_weight: float = 4.0
    ranking_weight: float = 1.0
    kind_weight: float = 0.4
    level_weight: float = 0.05
    readouts: bool = True
    seed: int = 0

    @classmethod
    def kinds_only(cls) -> ProjectionRecipe:
        """Return the source's form: the vector learns kinds (docs/methods.md, equation 1.3) alone."""
        return cls(
            retrieval_weight=0.0,
            score_weight=0.0,
            ranking_weight=0.0,
            kind_weight=1.0,
            level_weight=0.0,
            readouts=False,
        )


def train_projection(
    rated: Features,
    damaged: Features,
    recipe: ProjectionRecipe,
    kinds: int,
    progress: StepReport,
    faults: int = 0,
    content: int = CONTENT_SIZE,
) -> Projection:
    """Train on both sets at once; deterministic for a seed and a thread count.

    Args:
        rated: Photos rated by people.
        damaged: Damaged originals with kinds, levels and ensemble scores.
        recipe: Sizes, weights of the losses, duration.
        kinds: Number of kinds, pristine included.
        progress: Called with the step and the loss, now and then.
        faults: Number of faults that it will read.
        content: Length of the content vector, which comes first in the features.

    Returns:
        The projection, in evaluation mode.

    Example:
        >>> def make(count, inputs=12):
        ...     values = np.random.default_rng(count).normal(size=(count, inputs)).astype(np.float16)
        ...     labels = dict(kinds=np.zeros(count, np.int16), levels=np.zeros(count, np.int8))
        ...     scores, groups = np.full(count, 50, np.float32), np.arange(count, dtype=np.int32)
        ...     return Features(values=values, scores=scores, groups=groups, **labels)
        >>> recipe = ProjectionRecipe(hidden=8, vector=4, steps=3, rated_batch=8, damaged_batch=8)
        >>> network = train_projection(make(20), make(30), recipe, 2, lambda step, loss: None)
        >>> network.shape.vector, network.training
        (4, False)
    """
    torch.manual_seed(recipe.seed)
    shape = ProjectionShape(rated.values.shape[1], recipe.hidden, recipe.vector, kinds, faults, content)
    network = Projection(shape, recipe.dropout)
    network.fit_scaling(_select_rows(rated, damaged))
    optimiser = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.steps, pct_start=0.1
    )
    for step, batch in enumerate(_iter_batches(rated, damaged, recipe)):
        loss = _compute_loss(network, batch, recipe)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            progress(step, loss.item())
    return network.eval()


@dataclass(frozen=True)
class _Batch:
    """Rows of both sets; `rated` of them come first."""

    features: Tensor
    scores: Tensor
    kinds: Tensor
    levels: Tensor
    groups: Tensor
    rated: int


def _compute_loss(network: Projection, batch: _Batch, recipe: ProjectionRecipe) -> Tensor:
    reading = network(batch.features)
    total = recipe.kind_weight * masked_cross_entropy(reading.kinds, batch.kinds)
    total = total + recipe.level_weight * masked_cross_entropy(reading.levels, batch.levels)
    # Over both sets at once: in the atlas, photos rated by people and damaged products are neighbours.
    retrieval = retrieval_loss(reading.vector, batch.scores, batch.groups, recipe.temperature)
    total = total + 2 * recipe.retrieval_weight * retrieval
    for part in (slice(0, batch.rated), slice(batch.rated, None)):
        scores, quality = batch.scores[part], reading.quality[part]
        total = total + recipe.score_weight * F.smooth_l1_loss(quality, scores, beta=SMOOTH_L1_BETA)
        total = total + recipe.ranking_weight * ranking_loss(quality, scores)
    return total


def _iter_batches(rated: Features, damaged: Features, recipe: ProjectionRecipe) -> Iterator[_Batch]:
    generator = np.random.default_rng(recipe.seed)
    rated_rows = iter_row_batches(len(rated.scores), recipe.rated_batch, generator)
    damaged_rows = iter_row_batches(len(damaged.scores), recipe.damaged_batch, generator)
    for _ in range(recipe.steps):
        yield _make_batch(rated, next(rated_rows), damaged, next(damaged_rows))


def _make_batch(
    rated: Features, rated_rows: IndexArray, damaged: Features, damaged_rows: IndexArray
) -> _Batch:
    def join_column(name: str) -> Tensor:
        parts = [getattr(rated, name)[rated_rows], getattr(damaged, name)[damaged_rows]]
        return torch.from_numpy(np.concatenate(parts))

    return _Batch(
        features=join_column("values").float(),
        scores=join_column("scores").float() / 100,
        kinds=join_column("kinds"),
        levels=join_column("levels"),
        groups=join_column("groups"),
        rated=len(rated_rows),
    )


def _select_rows(rated: Features, damaged: Features, count: int = 4000) -> Tensor:
    """Return rows of both sets, as many of each, for location and scale."""
    parts = [
        part.values[np.linspace(0, len(part.values) - 1, min(count, len(part.values))).astype(int)]
        for part in (rated, damaged)
    ]
    return torch.from_numpy(np.concatenate(parts)).float()

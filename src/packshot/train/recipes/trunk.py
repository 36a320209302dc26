"""Recipe 3: the trunk that reads the native view, tuned end to end.

An ImageNet trunk was taught to overlook damage. Here it learns from damaged products and from photos
rated by people at once, with the projection on top. Batches are small on a CPU, so every photo is
compared with those of the last steps, not with its batch alone (after Wang et al., "Cross-batch
memory for embedding learning", 2020): what is trained is the retrieval that ships.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import Float32Array, IndexArray, Pixels
from packshot.files import atomic_write
from packshot.train.datasets.sampling import iter_row_batches
from packshot.train.datasets.views import Views
from packshot.train.losses import SMOOTH_L1_BETA, masked_cross_entropy, ranking_loss, retrieve_scores
from packshot.train.networks.distortion import Projection, ProjectionOutput
from packshot.train.networks.efficientnet_lite import EfficientNetLite, freeze_blocks
from packshot.train.networks.statistics import ViewNetwork
from packshot.train.progress import Progress

_MAX_GRADIENT_NORM = 5.0
"""Length above which the gradient of a step is shortened. A convention."""


@dataclass(frozen=True)
class TrunkRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        crop: Side of the random squares seen in training, pixels.
        steps: Batches.
        rated_batch: Photos rated by people in each.
        damaged_batch: Damaged products in each.
        trunk_rate: Largest learning rate of the trunk.
        projection_rate: Largest learning rate of the projection.
        weight_decay: Of the projection's weights.
        frozen_blocks: Blocks, from the input on, that stay as they are; the stem too.
        temperature: Of the retrieval's kernel.
        retrieval_weight: Of the loss of retrieved scores.
        score_weight: Of the smooth L1 distance of scores.
        ranking_weight: Of the hinge over pairs.
        kind_weight: Of the cross-entropy of kinds.
        level_weight: Of the cross-entropy of levels.
        average: Decay of the running average of the weights, which is what comes out.
        memory_age: Steps for which a vector serves as a neighbour; with all of 700 the loss rose
            (decision 6).
        checkpoint_every: Steps between checkpoints.
        seed: Of weights and batches.

    Example:
        >>> recipe = TrunkRecipe(steps=10)
        >>> recipe.rated_batch + recipe.damaged_batch
        32
    """

    crop: int = 256
    steps: int = 1700
    rated_batch: int = 14
    damaged_batch: int = 18
    trunk_rate: float = 1e-4
    projection_rate: float = 2e-4
    weight_decay: float = 0.02
    frozen_blocks: int = 3
    temperature: float = 0.05
    retrieval_weight: float = 8.0
    score_weight: float = 4.0
    ranking_weight: float = 1.0
    kind_weight: float = 0.4
    level_weight: float = 0.05
    average: float = 0.997
    memory_age: int = 60
    checkpoint_every: int = 100
    seed: int = 0


@dataclass(eq=False)
class EmbeddingMemory:
    """All photos to train on, those rated by people first, with the latest vector of each.

    Attributes:
        vectors: (N, D) unit vectors.
        scores: (N,) 0..1.
        groups: (N,) photos of one group never serve each other.
        rated: How many of them people rated. Those are compared with each other alone, as retrieval does
            with photos unlike the damaged originals; damaged products are compared with all.
        age: Steps after which a vector no longer serves, because the network has moved on.
        step: The present one.

    Example:
        >>> vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> scores, groups = torch.tensor([0.9, 0.9, 0.1]), torch.arange(3)
        >>> memory = EmbeddingMemory(vectors, scores, groups, rated=3, age=60)
        >>> round(memory.loss(vectors[:1], torch.tensor([0]), temperature=0.05).item(), 4)
        0.0
    """

    vectors: Tensor
    scores: Tensor
    groups: Tensor
    rated: int
    age: int

    def __post_init__(self) -> None:
        self.written_steps = torch.zeros(len(self.scores), dtype=torch.int64)
        self.step = 0

    def write(self, rows: Tensor, vectors: Tensor) -> None:
        """Take the batch's vectors; one step has gone by."""
        self.vectors[rows] = vectors
        self.written_steps[rows] = self.step
        self.step += 1

    def loss(self, vectors: Tensor, rows: Tensor, temperature: float) -> Tensor:
        """Smooth L1 between the scores of photos and what the others in memory make of them.

        Args:
            vectors: (B, D) unit vectors of the batch.
            rows: (B,) their rows in memory.
            temperature: Of the kernel.
        """
        is_excluded = self.groups[rows][:, None] == self.groups[None, :]
        is_excluded |= (self.step - self.written_steps > self.age)[None, :]
        damaged = torch.arange(len(self.scores)) >= self.rated
        is_excluded |= (rows < self.rated)[:, None] & damaged[None, :]
        predicted = retrieve_scores(vectors, self.vectors, self.scores, is_excluded, temperature)
        return F.smooth_l1_loss(predicted, self.scores[rows], beta=SMOOTH_L1_BETA)


class TunedEncoder(nn.Module):
    """Trunk and projection in one: squares of the native view to the projection's answer.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(1280 + 1632 + 4, hidden=8, vector=4, kinds=3))
        >>> encoder = TunedEncoder(ViewNetwork(EfficientNetLite()), projection).eval()
        >>> output = encoder(torch.zeros(1, 64, 64, 3, dtype=torch.uint8), torch.zeros(1, 4))
        >>> tuple(output.code.shape)
        (1, 12)
    """

    def __init__(self, trunk: ViewNetwork, projection: Projection) -> None:
        super().__init__()
        self.trunk = trunk
        self.projection = projection

    def forward(self, native: Tensor, whole_features: Tensor) -> ProjectionOutput:
        """Read (B, S, S, 3) uint8 squares, given (B, F) features of the whole view."""
        content, statistics = self.trunk(native)
        reading: ProjectionOutput = self.projection(
            torch.cat([whole_features, content, statistics], dim=1)
        )
        return reading


@dataclass(eq=False)
class TrainingPool:
    """Both sets as one, photos rated by people first.

    Attributes:
        rated: Views of those.
        chosen: (R,) the rows of `rated` to train on.
        damaged: Views of damaged products, all trained on.

    Example:
        >>> def make(count, groups):
        ...     labels = dict(scores=np.full(count, 50, np.float32), groups=groups.astype(np.int32))
        ...     labels |= dict(kinds=np.full(count, -1, np.int16), levels=np.full(count, -1, np.int8))
        ...     native, rest = np.zeros((count, 32, 32, 3), np.uint8), np.zeros((count, 4), np.float16)
        ...     return Views(native=native, content=rest, context=rest, **labels)
        >>> pool = TrainingPool(make(3, np.arange(3)), np.array([0, 2]), make(4, np.zeros(4)))
        >>> batch = pool.make_batch(np.array([0, 1, 2]), crop=16, generator=np.random.default_rng(0))
        >>> tuple(batch.native.shape), batch.rated
        ((3, 16, 16, 3), 2)
    """

    rated: Views
    chosen: IndexArray
    damaged: Views

    def make_memory(self, vectors: Float32Array, age: int) -> EmbeddingMemory:
        """Make a memory that begins with the given (R + M, D) vectors."""
        # Groups of the two sets are numbered apart.
        first = int(self.rated.groups.max()) + 1
        groups = np.concatenate([self.rated.groups[self.chosen], self.damaged.groups + first])
        scores = np.concatenate([self.rated.scores[self.chosen], self.damaged.scores]) / 100
        return EmbeddingMemory(
            torch.from_numpy(vectors.astype(np.float32)),
            torch.from_numpy(scores.astype(np.float32)),
            torch.from_numpy(groups),
            len(self.chosen),
            age,
        )

    def iter_batches(self, recipe: TrunkRecipe) -> Iterator[IndexArray]:
        """Yield rows of memory for each step, rated ones first."""
        generator = np.random.default_rng(recipe.seed)
        rated_rows = iter_row_batches(len(self.chosen), recipe.rated_batch, generator)
        damaged_rows = iter_row_batches(len(self.damaged.scores), recipe.damaged_batch, generator)
        for _ in range(recipe.steps):
            yield np.concatenate([next(rated_rows), next(damaged_rows) + len(self.chosen)])

    def make_batch(self, rows: IndexArray, crop: int, generator: np.random.Generator) -> TrunkBatch:
        """Cut squares at random places, half of them mirrored, with what belongs to them."""
        rated_rows = self.chosen[rows[rows < len(self.chosen)]]
        damaged_rows = rows[rows >= len(self.chosen)] - len(self.chosen)
        squares = [_crop_square(self.rated.native[row], crop, generator) for row in rated_rows]
        squares += [_crop_square(self.damaged.native[row], crop, generator) for row in damaged_rows]

        def join_column(name: str) -> Tensor:
            parts = [getattr(self.rated, name)[rated_rows], getattr(self.damaged, name)[damaged_rows]]
            return torch.from_numpy(np.concatenate(parts))

        return TrunkBatch(
            native=torch.from_numpy(np.stack(squares)),
            whole_features=torch.cat([join_column("content"), join_column("context")], dim=1).float(),
            rows=torch.from_numpy(rows),
            rated=len(rated_rows),
            kinds=join_column("kinds"),
            levels=join_column("levels"),
        )


@dataclass(frozen=True, eq=False)
class TrunkBatch:
    """The photos of one step; those rated by people come first.

    Attributes:
        native: (B, S, S, 3) uint8.
        whole_features: (B, F) features of the whole views, and measured input.
        rows: (B,) rows of the memory.
        rated: How many of the batch people rated.
        kinds: (B,), -1 where unknown.
        levels: (B,), -1 where unknown.

    Example:
        >>> rows, unknown = torch.arange(2), torch.full((2,), -1)
        >>> squares, features = torch.zeros(2, 16, 16, 3, dtype=torch.uint8), torch.zeros(2, 8)
        >>> TrunkBatch(squares, features, rows, rated=1, kinds=unknown, levels=unknown).rated
        1
    """

    native: Tensor
    whole_features: Tensor
    rows: Tensor
    rated: int
    kinds: Tensor
    levels: Tensor


def tune_trunk(
    pool: TrainingPool,
    encoder: TunedEncoder,
    vectors: Float32Array,
    recipe: TrunkRecipe,
    checkpoint: Path,
    progress: Progress,
) -> TunedEncoder:
    """Tune; goes on from the checkpoint if there is one.

    Args:
        pool: What to train on.
        encoder: The pre-trained trunk and a projection trained on its features; changed in place.
        vectors: (N, D) what these make of every photo of the pool.
        recipe: How.
        checkpoint: Written now and then.
        progress: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    state = _TrunkTrainingState.from_network(
        encoder, pool.make_memory(vectors, recipe.memory_age), recipe
    )
    if checkpoint.exists():
        state.load(checkpoint)
        progress(f"going on at step {state.step}")
    losses: list[float] = []
    for number, rows in enumerate(pool.iter_batches(recipe)):
        if number < state.step:
            continue
        generator = np.random.default_rng((recipe.seed, number))
        losses.append(_take_step(state, pool.make_batch(rows, recipe.crop, generator), recipe))
        if state.step % 25 == 0:
            progress(f"  step {state.step} of {recipe.steps}: loss {np.mean(losses[-25:]):.4f}")
        if state.step % recipe.checkpoint_every == 0:
            state.save(checkpoint)
    return state.averaged.eval()


@dataclass(eq=False)
class _TrunkTrainingState:
    network: TunedEncoder
    averaged: TunedEncoder
    memory: EmbeddingMemory
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    @property
    def step(self) -> int:
        """Number of batches seen."""
        return self.memory.step

    @classmethod
    def from_network(
        cls, network: TunedEncoder, memory: EmbeddingMemory, recipe: TrunkRecipe
    ) -> _TrunkTrainingState:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        _freeze_trunk(network.trunk.trunk, recipe.frozen_blocks)
        trunk = [value for value in network.trunk.parameters() if value.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": trunk, "weight_decay": 0.0},
            {"params": network.projection.parameters()},
        ]
        optimiser = torch.optim.AdamW(groups, recipe.trunk_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            [recipe.trunk_rate, recipe.projection_rate],
            total_steps=recipe.steps + 1,
            pct_start=0.1,
            div_factor=10,
        )
        return cls(network, copy.deepcopy(network), memory, optimiser, schedule)

    def save(self, path: Path) -> None:
        """Everything needed to go on, written whole or not at all."""
        parts: dict[str, Any] = {name: vars(self)[name].state_dict() for name in _STATEFUL}
        parts |= {"vectors": self.memory.vectors, "written": self.memory.written_steps}
        parts |= {"step": self.memory.step, "random": torch.get_rng_state()}
        with atomic_write(path) as draft:
            torch.save(parts, draft)

    def load(self, path: Path) -> None:
        """Take up what `save` wrote."""
        parts = torch.load(path, weights_only=True)
        for name in _STATEFUL:
            vars(self)[name].load_state_dict(parts[name])
        memory = self.memory
        memory.vectors, memory.written_steps, memory.step = (parts[name] for name in _MEMORY_FIELDS)
        torch.set_rng_state(parts["random"])


_MEMORY_FIELDS = ("vectors", "written", "step")
_STATEFUL = ("network", "averaged", "optimiser", "schedule")
"""Parts of a run that are kept in a checkpoint."""


def _freeze_trunk(trunk: EfficientNetLite, blocks: int) -> None:
    """Keep the stem and the first blocks from learning; normalisation keeps its ImageNet statistics."""
    trunk.eval()
    freeze_blocks(trunk, blocks)


def _take_step(state: _TrunkTrainingState, batch: TrunkBatch, recipe: TrunkRecipe) -> float:
    network = state.network
    network.projection.train()
    output = network(batch.native, batch.whole_features)
    loss = _compute_loss(output, batch, state.memory, recipe)
    state.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRADIENT_NORM)
    state.optimiser.step()
    state.schedule.step()
    state.memory.write(batch.rows, output.vector.detach())
    decay = min(recipe.average, 1 - 1 / (state.step + 1))
    with torch.no_grad():
        for average, value in zip(state.averaged.parameters(), network.parameters(), strict=True):
            average.lerp_(value, 1 - decay)
    return loss.item()


def _compute_loss(
    output: ProjectionOutput, batch: TrunkBatch, memory: EmbeddingMemory, recipe: TrunkRecipe
) -> Tensor:
    total = recipe.kind_weight * masked_cross_entropy(output.kinds, batch.kinds)
    total = total + recipe.level_weight * masked_cross_entropy(output.levels, batch.levels)
    scores = memory.scores[batch.rows]
    for part in (slice(0, batch.rated), slice(batch.rated, None)):
        retrieval = memory.loss(output.vector[part], batch.rows[part], recipe.temperature)
        error = F.smooth_l1_loss(output.quality[part], scores[part], beta=SMOOTH_L1_BETA)
        order = ranking_loss(output.quality[part], scores[part])
        total = total + recipe.retrieval_weight / 2 * retrieval
        total = total + recipe.score_weight * error + recipe.ranking_weight * order
    return total


def _crop_square(native: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Cut a square of a square, mirrored every other time."""
    top, left = generator.integers(0, native.shape[0] - side + 1, 2)
    step = generator.choice([-1, 1])
    return np.asarray(native[top : top + side, left : left + side][:, ::step])

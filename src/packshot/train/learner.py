"""Training with a running average of the weights, that goes on where it was stopped."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from packshot.files import atomic_write
from packshot.train.datasets.pairs import iter_batches
from packshot.train.progress import Progress

Batch = TypeVar("Batch")
Network = TypeVar("Network", bound=nn.Module)

_WARM_UP_SHARE = 0.1
"""Share of the steps, 0..1, over which the learning rate rises. A convention."""

_MAX_GRADIENT_NORM = 5.0
"""Length above which the gradient of a step is shortened. A convention."""

_REPORT_EVERY = 25
"""Steps between two lines of progress."""

_SAVE_EVERY = 50
"""Steps between two checkpoints: at most so many are lost when a run is stopped."""


@dataclass(frozen=True)
class Schedule:
    """Length of a training, and its learning rates.

    Attributes:
        steps: Batches.
        rates: Largest learning rate of each parameter group.
        average: Decay of the running average of the weights.

    Example:
        >>> schedule = Schedule(steps=1000, rates=(1e-3,), average=0.99)
        >>> [round(schedule.rate_factor(step), 3) for step in (0, 100, 500, 1000)]
        [0.1, 0.976, 0.505, 0.01]
    """

    steps: int
    rates: tuple[float, ...]
    average: float

    def rate_factor(self, step: int) -> float:
        """Return the part of the largest rate: it rises for a tenth, then falls along half a cosine."""
        progress = step / self.steps
        return min(1.0, 0.1 + progress / _WARM_UP_SHARE) * (
            0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2
        )


@dataclass(eq=False)
class Learner(Generic[Network]):
    """A network in training.

    Attributes:
        network: What learns.
        averaged: Running averages of its weights: what comes out.
        optimiser: Of the network.
        schedule: How fast.
        step: How many batches went by.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> inputs, targets = torch.randn(8, 2), torch.ones(8, 1)
        >>> layer, schedule = nn.Conv2d(2, 1, 1), Schedule(50, (0.1,), 0.9)
        >>> learner = Learner.from_network(layer, [{"params": layer.parameters()}], schedule)
        >>> losses = [
        ...     learner.take_step((layer(inputs[..., None, None]).flatten(1) - targets).square().mean())
        ...     for _ in range(50)
        ... ]
        >>> learner.step, losses[-1] < losses[0] / 10
        (50, True)
    """

    network: Network
    averaged: Network
    optimiser: torch.optim.Optimizer
    schedule: Schedule
    step: int = 0

    @classmethod
    def from_network(
        cls, network: Network, groups: Sequence[dict[str, Any]], schedule: Schedule
    ) -> Learner[Network]:
        """Start with step 0.

        Args:
            network: Changed in place.
            groups: Parameter groups of the optimiser, as many as `schedule` has rates.
            schedule: How fast.
        """
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(
            network, copy.deepcopy(network), torch.optim.AdamW(groups, weight_decay=0.01), schedule
        )

    def save(self, path: Path) -> None:
        """Write everything needed to go on, whole or not at all."""
        parts = {name: vars(self)[name].state_dict() for name in ("network", "averaged", "optimiser")}
        save_checkpoint(parts | {"step": self.step}, path)

    def load(self, path: Path) -> None:
        """Take up what `save` wrote; the schedule may be another."""
        parts = torch.load(path, weights_only=True)
        for name in ("network", "averaged", "optimiser"):
            vars(self)[name].load_state_dict(parts[name])
        self.step = parts["step"]

    def take_step(self, loss: Tensor) -> float:
        """Take one step down the slope of a loss; return its value."""
        rate_factor = self.schedule.rate_factor(self.step)
        for group, rate in zip(self.optimiser.param_groups, self.schedule.rates, strict=True):
            group["lr"] = rate * rate_factor
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _MAX_GRADIENT_NORM)
        self.optimiser.step()
        self.step += 1
        update_average(self.averaged, self.network, min(self.schedule.average, 1 - 1 / self.step))
        return loss.item()

    def train(
        self,
        examples: Dataset[Batch],
        loss: Callable[[Network, Batch], Tensor],
        checkpoint: Path,
        workers: int,
        progress: Progress,
    ) -> Network:
        """Train to the last step; goes on from the checkpoint if there is one.

        Args:
            examples: Batch by number.
            loss: Of the network in training mode on a batch.
            checkpoint: Written now and then.
            workers: Processes that make batches; 0 makes them here.
            progress: Told about progress.

        Returns:
            Running averages of the weights, in evaluation mode.
        """
        if checkpoint.exists():
            self.load(checkpoint)
            progress(f"going on at step {self.step} of {self.schedule.steps}")
        losses: list[float] = []
        for batch in iter_batches(examples, self.step, self.schedule.steps, workers):
            self.network.train()
            losses.append(self.take_step(loss(self.network, batch)))
            if self.step % _REPORT_EVERY == 0:
                mean = np.mean(losses[-_REPORT_EVERY:])
                progress(f"  step {self.step} of {self.schedule.steps}: loss {mean:.4f}")
            if self.step % _SAVE_EVERY == 0 or self.step == self.schedule.steps:
                self.save(checkpoint)
        return self.averaged.eval()


def save_checkpoint(parts: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all.

    Example:
        >>> save_checkpoint({"step": 3, "weights": torch.ones(2)}, Path("run.pt"))
        >>> torch.load("run.pt", weights_only=True)["step"]
        3
    """
    with atomic_write(path) as draft:
        torch.save(parts, draft)


def make_parameter_groups(trunk: nn.Module, decoder: Iterable[nn.Parameter]) -> list[dict[str, Any]]:
    """Return parameter groups of a pre-trained trunk, without decay or what is frozen, and of the rest.

    Args:
        trunk: Pre-trained.
        decoder: Parameters of all else.

    Example:
        >>> trunk, decoder = nn.Linear(3, 2), nn.Linear(2, 1)
        >>> _ = trunk.bias.requires_grad_(False)
        >>> groups = make_parameter_groups(trunk, decoder.parameters())
        >>> len(groups[0]["params"]), groups[0]["weight_decay"]
        (1, 0.0)
    """
    trainable = [value for value in trunk.parameters() if value.requires_grad]
    return [{"params": trainable, "weight_decay": 0.0}, {"params": decoder}]


def update_average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    """Move running averages; statistics of normalisation are averages already, and copied.

    Args:
        averaged: Changed in place.
        network: The same, as it is now.
        decay: Part of the average that stays.

    Example:
        >>> average, network = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.constant_(average.weight, 0.0), nn.init.constant_(network.weight, 1.0)
        >>> update_average(average, network, decay=0.75)
        >>> average.weight.item()
        0.25
    """
    with torch.no_grad():
        for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
        for average_buffer, buffer in zip(averaged.buffers(), network.buffers(), strict=True):
            average_buffer.copy_(buffer)

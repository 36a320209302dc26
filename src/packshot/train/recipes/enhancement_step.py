"""One step of training the enhancement network, and the state that is kept to go on after it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from packshot.train.datasets.pairs import PairBatch
from packshot.train.learner import save_checkpoint
from packshot.train.networks.enhancement.curves import apply_grading
from packshot.train.networks.enhancement.discriminator import PatchDiscriminator
from packshot.train.networks.enhancement.generator import Generator
from packshot.train.networks.enhancement.losses import (
    PerceptualLoss,
    absolute_loss,
    adversarial_loss,
    detail_loss,
    discriminator_loss,
    multi_scale_loss,
)

_MAX_GRADIENT_NORM = 1.0
"""Length above which the gradient of a step is shortened. A convention."""


@dataclass(frozen=True)
class EnhancementRecipe:
    """Everything that decides the outcome of a run; chosen by short runs (decision 9).

    Attributes:
        view_steps: Batches of whole small photos, for the tone curves alone.
        view_batch_size: Photos in each.
        steps: Batches of parts, after those.
        batch_size: Photos in each.
        side: Of the parts, pixels.
        view_rate: Largest learning rate of the first stage.
        rate: Of the second; both fall to a hundredth along half a cosine.
        warm_up: Steps over which the second rises.
        absolute: Weight of the mean absolute error of parts.
        detail: Weight of the mean absolute error of their detail.
        similarity: Weight of 1 - MS-SSIM.
        perceptual: Weight of the distance of VGG-16 features.
        adversarial: Weight of the generator's term against the discriminator.
        average: Decay of the running average of the weights, which is what comes out.
        check_every: Steps between checks on held-out photos.
        save_every: Steps between checkpoints.
        seed: Of weights and batches.

    Example:
        >>> recipe = EnhancementRecipe.from_lengths(steps=800, view_steps=100)
        >>> recipe.total_steps, round(recipe.rate_at(0), 5)
        (900, 0.001)
    """

    view_steps: int = 12_000
    view_batch_size: int = 64
    steps: int = 40_000
    batch_size: int = 16
    side: int = 96
    view_rate: float = 1e-3
    rate: float = 2e-3
    warm_up: int = 500
    absolute: float = 0.5
    detail: float = 1.0
    similarity: float = 1.0
    perceptual: float = 0.002
    adversarial: float = 0.005
    average: float = 0.999
    check_every: int = 1000
    save_every: int = 200
    seed: int = 0

    @classmethod
    def from_lengths(cls, steps: int | None, view_steps: int | None) -> EnhancementRecipe:
        """Return the usual recipe, but for the lengths of its stages, where they are given."""
        given = {"steps": steps, "view_steps": view_steps}
        return cls(**{name: count for name, count in given.items() if count is not None})

    @property
    def total_steps(self) -> int:
        """Batches of both stages."""
        return self.view_steps + self.steps

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, 0 <= step < `total_steps`."""
        if step < self.view_steps:
            return _cosine_rate(self.view_rate, step / self.view_steps)
        done = step - self.view_steps
        return _cosine_rate(self.rate, done / self.steps) * min(1, (done + 1) / self.warm_up)


@dataclass(eq=False)
class TrainingState:
    """A run in progress.

    Attributes:
        network: What is trained.
        averaged: Running averages of its weights.
        discriminator: Its opponent.
        optimiser: Of the network.
        opponent: The optimiser of the discriminator.
        perceptual: Distance of VGG-16 features, if there are weights.
        recipe: How it is trained.
        device: Where.
        step: Batches seen.
        best: Merit of the best check so far, dB.

    Example:
        >>> recipe = EnhancementRecipe(view_steps=1, steps=1)
        >>> from packshot.train.networks.enhancement.variants import build_network
        >>> state = TrainingState.from_network(build_network("full"), recipe, vgg=None)
        >>> pairs = PairBatch(*(torch.zeros(2, 3, 64, 64, dtype=torch.uint8) for _ in range(4)))
        >>> state.take_step(pairs.to(state.device)), state.step
        ({'view': 0.0}, 1)
    """

    network: nn.Module
    averaged: nn.Module
    discriminator: PatchDiscriminator
    optimiser: torch.optim.Optimizer
    opponent: torch.optim.Optimizer
    perceptual: PerceptualLoss | None
    recipe: EnhancementRecipe
    device: torch.device
    step: int = 0
    best: float = field(default=-math.inf)

    @classmethod
    def from_network(
        cls, network: nn.Module, recipe: EnhancementRecipe, vgg: Path | None
    ) -> TrainingState:
        """Begin a run that has seen nothing; on a GPU if there is one."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        discriminator = PatchDiscriminator().to(device)
        return cls(
            network,
            copy.deepcopy(network).eval().requires_grad_(False),
            discriminator,
            torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=1e-4),
            torch.optim.Adam(discriminator.parameters(), recipe.rate / 4, betas=(0.5, 0.99)),
            PerceptualLoss(vgg).to(device) if vgg else None,
            recipe,
            device,
        )

    def take_step(self, pairs: PairBatch) -> dict[str, float]:
        """Take one step; return the losses, not yet weighted."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate_at(self.step)
        weighted = self._compute_losses(pairs)
        total = torch.stack([weight * loss for weight, loss in weighted.values()]).sum()
        self.optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _MAX_GRADIENT_NORM)
        self.optimiser.step()
        self._update_average()
        self.step += 1
        return {name: loss.item() for name, (_, loss) in weighted.items()}

    def _compute_losses(self, pairs: PairBatch) -> dict[str, tuple[float, Tensor]]:
        """Compute weight and value of each loss that counts in this step."""
        recipe = self.recipe
        weighted: dict[str, tuple[float, Tensor]] = {}
        if self.step < recipe.view_steps and has_tone_curves(self.network):
            return {"view": (1.0, _view_loss(self.network, pairs))}
        _freeze_curves(self.network)
        original = pairs.original.float() / 255
        enhanced = self.network(pairs.damaged, pairs.damaged_view)
        weighted["absolute"] = recipe.absolute, absolute_loss(enhanced, original)
        weighted["detail"] = recipe.detail, detail_loss(enhanced, original)
        weighted["similarity"] = recipe.similarity, multi_scale_loss(enhanced, original)
        self._train_discriminator(enhanced.detach(), original)
        deceit = adversarial_loss(self.discriminator(enhanced))
        weighted["adversarial"] = recipe.adversarial, deceit
        if self.perceptual is not None:
            weighted["perceptual"] = recipe.perceptual, self.perceptual(enhanced, original)
        return weighted

    def _train_discriminator(self, enhanced: Tensor, original: Tensor) -> None:
        loss = discriminator_loss(self.discriminator(original), self.discriminator(enhanced))
        self.opponent.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.opponent.step()

    def _update_average(self) -> None:
        decay = min(self.recipe.average, 1 - 1 / (self.step + 2))
        with torch.no_grad():
            pairs = zip(self.averaged.parameters(), self.network.parameters(), strict=True)
            for average, value in pairs:
                average.lerp_(value, 1 - decay)

    def save(self, path: Path) -> None:
        """Write everything needed to go on, whole or not at all."""
        parts: dict[str, Any] = {name: vars(self)[name].state_dict() for name in _STATEFUL}
        save_checkpoint(parts | {"step": self.step, "best": self.best}, path)

    def load(self, path: Path) -> None:
        """Take up what `save` wrote."""
        parts = torch.load(path, weights_only=True, map_location=self.device)
        for name in _STATEFUL:
            vars(self)[name].load_state_dict(parts[name])
        self.step, self.best = parts["step"], parts["best"]


_STATEFUL = ("network", "averaged", "discriminator", "optimiser", "opponent")
"""Parts of a run that are kept in a checkpoint."""


def _cosine_rate(rate: float, progress: float) -> float:
    return rate * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


def has_tone_curves(network: nn.Module) -> TypeGuard[Generator]:
    """Return whether a network has tone curves for the whole photo, which can learn alone.

    Example:
        >>> from packshot.train.networks.enhancement.variants import build_network
        >>> has_tone_curves(build_network("full")), has_tone_curves(build_network("no-curves"))
        (True, False)
    """
    return isinstance(network, Generator) and network.curves is not None


def _freeze_curves(network: nn.Module) -> None:
    """Leave tone curves as the first stage left them, but for the context, which begins to count now.

    The first stage saw eight times as many photos in a batch, lit as the mix has it.
    """
    if has_tone_curves(network) and network.curves is not None:
        network.curves.requires_grad_(False)
        network.curves.context.requires_grad_(True)


def _view_loss(network: Generator, pairs: PairBatch) -> Tensor:
    """Compute the mean absolute error of the tone curves on the views of the whole photos."""
    assert network.curves is not None
    grading = network.curves(pairs.damaged_view.float() / 255)
    toned = apply_grading(pairs.damaged_view.long(), grading)
    return absolute_loss(toned, pairs.original_view.float() / 255)

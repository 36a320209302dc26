"""The start of training the emotion network: the best linear readings of pooled features.

Gradient descent from random weights on six hundred photos ends below what a convex fit reaches. So the
classifier begins at that fit, and both branches at the directions in which the raters' shares grow:
their channels rise one after another along that direction, cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.emotion.losses import distribution_loss
from packshot.train.networks.emotion.network import EmotionNetwork
from packshot.train.networks.emotion.perception import IntensityBranch

_START_QUANTILES = (0.01, 0.9)
"""Quantiles of a direction's values over all cells between which the channels begin to rise.

Low enough that the map still tells faint evidence from none: see decision 15.
"""

_BATCH = 256
"""Photos read at a time, for memory's sake."""

_INTENSITY_DECAY = 1e-4
"""Weight of the squared weights of the two layers behind the pooled channels. A judgement."""

_CHANNEL_DEVIATION = 0.05
"""Deviation of the channels at first: faint enough that equation 3.8 begins near G itself."""


@dataclass(frozen=True)
class WarmStartData:
    """Feature maps and labels that the fits are made on.

    Attributes:
        views: For each view (N, C, h, w), float16.
        distribution: (N, 7) of ratings.
        shares: (N, 2) of positive and negative raters.

    Example:
        >>> views = [torch.ones(3, 2, 4, 4), torch.zeros(3, 2, 4, 4)]
        >>> data = WarmStartData(views, torch.full((3, 7), 1 / 7), torch.zeros(3, 2))
        >>> data.apply_to_views(lambda part: part.mean((1, 2, 3))).tolist()
        [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    """

    views: Sequence[Tensor]
    distribution: Tensor
    shares: Tensor

    def apply_to_views(self, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Apply a reading of (B, C, h, w) to every view of every photo, (V * N, ...)."""
        parts = [
            view[start : start + _BATCH] for view in self.views for start in range(0, len(view), _BATCH)
        ]
        with torch.no_grad():
            return torch.cat([function(part.float()) for part in parts])


def initialise_from_fits(network: EmotionNetwork, data: WarmStartData, decay: float) -> None:
    """Set the weights of both branches, then of the classifier, by fits; in place.

    Args:
        network: With random weights.
        data: What to fit on.
        decay: Weight of the squared weights against the mean cross-entropy.

    Example:
        >>> from packshot.train.networks.emotion.network import EmotionShape
        >>> _ = torch.manual_seed(0)
        >>> shares = torch.tensor([[0.9, 0.1], [0.1, 0.9]]).repeat(4, 1)
        >>> views = [shares[:, :, None, None].expand(-1, -1, 2, 2) + 0.01 * torch.rand(8, 2, 2, 2)]
        >>> distribution = torch.eye(7)[[6, 0] * 4]
        >>> network = EmotionNetwork(EmotionShape(2), torch.eye(7)[[6, 0]])
        >>> initialise_from_fits(network, WarmStartData(views, distribution, shares), decay=1e-3)
        >>> network.eval()(views[0][:2]).distribution.argmax(1).tolist()
        [6, 0]
    """
    if network.perception is not None:
        _initialise_branches(network.perception, data, decay)
    times = (len(data.views), 1)
    target = data.distribution.repeat(times)
    spread = network.fusion.spread
    attended = data.apply_to_views(lambda features: _pool_attended_features(network, features))
    pooled, balance = attended[:, :-2], attended[:, -2:]

    def loss(logits: Tensor) -> Tensor:
        fused = torch.softmax(logits, dim=1)
        mixed = fused if network.perception is None else (fused + balance @ spread) / 2
        return distribution_loss(mixed, target)

    fit_linear(network.fusion.classify, pooled, decay, loss)


def _pool_attended_features(network: EmotionNetwork, features: Tensor) -> Tensor:
    """Return (B, C + 2): pooled features as the classifier gets them at first, and the balance."""
    if network.perception is None:
        return torch.cat([features.mean((2, 3)), features.new_zeros(len(features), 2)], dim=1)
    perception = network.perception(features)
    weighted = features * perception.maps.sum(1, keepdim=True) + features
    return torch.cat([weighted.mean((2, 3)), perception.balance], dim=1)


def _initialise_branches(perception: nn.Module, data: WarmStartData, decay: float) -> None:
    pooled = data.apply_to_views(lambda features: features.mean((2, 3)))
    target = data.shares.repeat(len(data.views), 1)
    layer = nn.Linear(pooled.shape[1], 2)
    fit_linear(layer, pooled, decay, lambda said: _share_loss(said, target))
    branches = [part for part in perception.modules() if isinstance(part, IntensityBranch)]
    for side, branch in enumerate(branches):
        _initialise_channels(branch, layer.weight[side].detach(), data.views[0].float())
        branch_features = data.apply_to_views(partial(_pool_branch_map, branch))
        _fit_intensity(branch, branch_features, target[:, side])


def _pool_branch_map(branch: IntensityBranch, features: Tensor) -> Tensor:
    """Return the branch's own map, pooled (equation 3.1), (B, channels)."""
    return F.relu(branch.adjust(features)).mean((2, 3))


def _share_loss(logits: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, target)


def fit_linear(layer: nn.Linear, pooled: Tensor, decay: float, loss: Callable[[Tensor], Tensor]) -> None:
    """Fit the weights with the least loss plus penalty, by L-BFGS from zero.

    Args:
        layer: Changed in place.
        pooled: (M, C) pooled features.
        decay: Weight of the squared weights.
        loss: Of what the layer says.

    Example:
        >>> layer, inputs = nn.Linear(1, 1), torch.tensor([[0.0], [1.0], [2.0]])
        >>> fit_linear(layer, inputs, 0.0, lambda said: (said - (3 * inputs + 1)).square().mean())
        >>> round(layer.weight.item(), 2), round(layer.bias.item(), 2)
        (3.0, 1.0)
    """
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    _minimise(
        list(layer.parameters()),
        lambda: loss(layer(pooled)) + decay * layer.weight.square().sum(),
    )


def _minimise(parameters: list[nn.Parameter], loss: Callable[[], Tensor]) -> None:
    optimiser = torch.optim.LBFGS(parameters, max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(closure)  # type: ignore[no-untyped-call]


def _initialise_channels(branch: IntensityBranch, direction: Tensor, cells: Tensor) -> None:
    """Let the channels rise along a direction, each from a higher value on."""
    along = torch.einsum("c,nchw->nhw", direction, cells)
    scale = _CHANNEL_DEVIATION / along.std()
    weight, bias = branch.adjust.weight, branch.adjust.bias
    assert bias is not None
    steps = torch.quantile(along.flatten(), torch.linspace(*_START_QUANTILES, len(bias)))
    with torch.no_grad():
        weight.copy_((direction * scale).expand(len(bias), -1)[:, :, None, None])
        bias.copy_(-steps * scale)


def _fit_intensity(branch: IntensityBranch, pooled: Tensor, shares: Tensor) -> None:
    """Fit the two layers behind the pooled channels to the raters' shares."""
    layers = [branch.gather, branch.intensity]
    parameters = [parameter for layer in layers for parameter in layer.parameters()]

    def loss() -> Tensor:
        logits = branch.intensity(F.relu(branch.gather(pooled)))[:, 0]
        penalty = torch.stack([layer.weight.square().sum() for layer in layers]).sum()
        return _share_loss(logits, shares) + _INTENSITY_DECAY * penalty

    _minimise(parameters, loss)

"""EfficientNet-Lite: EfficientNet without squeeze-excitation, with ReLU6, made for integer CPUs.

Source: Tan and Le, "EfficientNet", ICML 2019, and the TensorFlow "EfficientNet-Lite" release (2020).
Module names follow the released checkpoints, so their state dictionaries load unchanged.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom
from torch.nn.utils.fusion import fuse_conv_bn_eval

Variant = Literal["lite0", "lite1", "lite2"]

_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""Kernel, stride, expansion, output channels, repeats of EfficientNet-B0's seven stages (the paper's
Table 1)."""

_SCALES: dict[str, tuple[float, float]] = {
    "lite0": (1.0, 1.0),
    "lite1": (1.0, 1.1),
    "lite2": (1.1, 1.2),
}
"""Width and depth of each member of the family, as released."""

_STEM_CHANNELS, _HEAD_CHANNELS = 32, 1280


def _make_normalisation(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class SamePadConv(nn.Conv2d):
    """Convolution with TensorFlow's "SAME" padding: the odd pixel goes right and bottom.

    Example:
        >>> tuple(SamePadConv(3, 8, 3, stride=2)(torch.zeros(1, 3, 7, 9)).shape)
        (1, 8, 4, 5)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:]]
        top, left = pads[0] // 2, pads[1] // 2
        x = F.pad(x, (left, pads[1] - left, top, pads[0] - top))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


@dataclass(frozen=True)
class BlockShape:
    """Sizes of one mobile inverted bottleneck.

    Example:
        >>> shape = BlockShape(kernel=5, stride=2, expansion=6, inputs=24, outputs=40)
        >>> shape.inputs * shape.expansion  # channels that are filtered
        144
    """

    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int


class InvertedBottleneck(nn.Module):
    """Expand, filter each channel, project; add the input where shapes allow.

    Example:
        >>> shape = BlockShape(kernel=5, stride=2, expansion=6, inputs=24, outputs=40)
        >>> tuple(InvertedBottleneck(shape)(torch.zeros(2, 24, 16, 16)).shape)
        (2, 40, 8, 8)
    """

    def __init__(self, shape: BlockShape) -> None:
        super().__init__()
        hidden = shape.inputs * shape.expansion
        self.expands = shape.expansion > 1
        if self.expands:
            self._expand_conv = SamePadConv(shape.inputs, hidden, 1, bias=False)
            self._bn0 = _make_normalisation(hidden)
        self._depthwise_conv = SamePadConv(
            hidden, hidden, shape.kernel, shape.stride, groups=hidden, bias=False
        )
        self._bn1 = _make_normalisation(hidden)
        self._project_conv = SamePadConv(hidden, shape.outputs, 1, bias=False)
        self._bn2 = _make_normalisation(shape.outputs)
        self.residual = shape.stride == 1 and shape.inputs == shape.outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H', W')."""
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        projected: Tensor = x + y if self.residual else y
        return projected


class EfficientNetLite(nn.Module):
    """The convolutional trunk; input is RGB scaled as ``(x - 127) / 128``.

    Example:
        >>> network = EfficientNetLite("lite0").eval()
        >>> tuple(network(torch.zeros(1, 3, 64, 64)).shape)
        (1, 1280)
    """

    def __init__(self, variant: Variant = "lite0") -> None:
        super().__init__()
        width, depth = _SCALES[variant]
        self._conv_stem = SamePadConv(3, _STEM_CHANNELS, 3, 2, bias=False)
        self._bn0 = _make_normalisation(_STEM_CHANNELS)
        shapes, self.stage_ends = _make_block_shapes(width, depth)
        self._blocks = nn.ModuleList(InvertedBottleneck(shape) for shape in shapes)
        self._conv_head = SamePadConv(shapes[-1].outputs, _HEAD_CHANNELS, 1, bias=False)
        self._bn1 = _make_normalisation(_HEAD_CHANNELS)

    def stages(self, x: Tensor) -> list[Tensor]:
        """Return feature maps after the stem and each of the seven stages, eight in all."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        maps = [x]
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self.stage_ends:
                maps.append(x)
        return maps

    def head(self, last_stage: Tensor) -> Tensor:
        """Return the 1280-channel map before global pooling, from the last stage's map."""
        return F.relu6(self._bn1(self._conv_head(last_stage)))

    def forward(self, x: Tensor) -> Tensor:
        """Embed (B, 3, H, W) as (B, 1280): the globally averaged head map."""
        return self.head(self.stages(x)[-1]).mean((2, 3))


def _round_channels(channels: int, width: float) -> int:
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _make_block_shapes(width: float, depth: float) -> tuple[list[BlockShape], tuple[int, ...]]:
    """Return the blocks of all stages, and the indices at which a stage ends.

    The Lite family scales neither the stem, nor the head, nor the depth of the outer two stages.
    """
    shapes: list[BlockShape] = []
    ends: list[int] = []
    inputs = _STEM_CHANNELS
    for number, (kernel, stride, expansion, channels, repeats) in enumerate(_STAGES):
        outputs = _round_channels(channels, width)
        fixed = number in (0, len(_STAGES) - 1)
        for repeat in range(repeats if fixed else int(-(-repeats * depth // 1))):
            shapes.append(BlockShape(kernel, 1 if repeat else stride, expansion, inputs, outputs))
            inputs = outputs
        ends.append(len(shapes) - 1)
    return shapes, tuple(ends)


def load_imagenet_weights(path: str, variant: Variant = "lite0") -> EfficientNetLite:
    """Load the trunk with a released checkpoint's ImageNet weights, without the classifier.

    Args:
        path: A ``.pth`` state dictionary of the matching variant.
        variant: Which member of the family the file holds.

    Example:
        >>> torch.save(EfficientNetLite("lite0").state_dict(), "lite0.pth")
        >>> load_imagenet_weights("lite0.pth", "lite0").training
        False
    """
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNetLite(variant)
    network.load_state_dict({k: v for k, v in state.items() if not k.startswith("_fc.")})
    return network.eval()


def keep_first_stages(network: EfficientNetLite, count: int) -> EfficientNetLite:
    """Drop the head and the stages after the first `count`, in place; return the network.

    Example:
        >>> network = keep_first_stages(EfficientNetLite().eval(), 4)
        >>> tuple(network.stages(torch.zeros(1, 3, 64, 64))[-1].shape)
        (1, 80, 4, 4)
    """
    network._blocks = network._blocks[: sorted(network.stage_ends)[count - 1] + 1]
    del network._conv_head, network._bn1
    return network


def freeze_blocks(network: EfficientNetLite, blocks: int) -> None:
    """Keep the stem and the first blocks from learning.

    Example:
        >>> network = EfficientNetLite()
        >>> freeze_blocks(network, 3)
        >>> [next(block.parameters()).requires_grad for block in network._blocks][:4]
        [False, False, False, True]
    """
    for module in [network._conv_stem, network._bn0, *list(network._blocks)[:blocks]]:
        module.requires_grad_(False)


def fold_normalisation(network: EfficientNetLite) -> EfficientNetLite:
    """Return a copy with normalisation folded into convolutions: the same outputs, a third faster.

    Args:
        network: In evaluation mode; what it learns later no longer changes the statistics.

    Example:
        >>> network, picture = EfficientNetLite().eval(), torch.ones(1, 3, 32, 32)
        >>> folded = fold_normalisation(network)
        >>> bool(torch.allclose(folded(picture), network(picture), atol=1e-4))
        True
    """
    copied = copy.deepcopy(network)
    for module in [*copied.modules()]:
        children = list(module.named_children())
        for (first, convolution), (second, normalisation) in pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
                setattr(module, first, fuse_conv_bn_eval(convolution, normalisation))
                setattr(module, second, nn.Identity())
    return copied.eval()

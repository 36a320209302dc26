"""EfficientNet-Lite: EfficientNet without squeeze-excitation, with ReLU6, made for integer CPUs.

Source: Tan and Le, "EfficientNet", ICML 2019, and the TensorFlow "EfficientNet-Lite" release (2020).
Module names follow the released checkpoints, so their state dictionaries load unchanged.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, Literal

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


class _DepthwiseConvolution(torch.autograd.Function):
    """Convolution of each channel by itself, whose gradient is a convolution too.

    PyTorch's own gradients of 5 x 5 kernels, and of strided ones, take ten times as long on a CPU where
    floats have 16 bits.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor | None, stride: int) -> Tensor:
        found = F.conv2d(maps, weight, bias, stride, groups=maps.shape[1])
        ctx.save_for_backward(maps.to(found.dtype), weight.to(found.dtype))
        ctx.stride = stride
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        maps, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        wants_maps, wants_weight, wants_bias, _ = ctx.needs_input_grad
        of_maps = _spread_gradient(gradient, maps, weight, ctx.stride) if wants_maps else None
        of_weight = _correlate(gradient, maps, weight, ctx.stride) if wants_weight else None
        of_bias = gradient.float().sum((0, 2, 3)) if wants_bias else None
        return of_maps, of_weight, of_bias, None


_FAST_KERNEL = 3
"""Side of the kernels whose gradient PyTorch computes fast."""


def _correlate(gradient: Tensor, maps: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of a depthwise convolution with respect to its weights, part by part."""
    side = min(weight.shape[-1], _FAST_KERNEL)
    starts = sorted({*range(0, weight.shape[-1] - side, max(side - 1, 1)), weight.shape[-1] - side})
    found = torch.empty(weight.shape, dtype=torch.float32)
    high, wide = ((count - 1) * stride + side for count in gradient.shape[2:])
    for top, left in product(starts, starts):
        seen = maps[:, :, top : top + high, left : left + wide]
        part = torch.ops.aten.convolution_backward(
            gradient,
            seen.contiguous(memory_format=torch.channels_last),
            weight[:, :, :side, :side].contiguous(memory_format=torch.channels_last),
            None,
            [stride, stride],
            [0, 0],
            [1, 1],
            False,
            [0, 0],
            weight.shape[0],
            [False, True, False],
        )[1]
        found[:, :, top : top + side, left : left + side] = part
    return found


def _spread_gradient(gradient: Tensor, maps: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of a depthwise convolution with respect to its input."""
    kernel = weight.shape[-1]
    if stride > 1:
        batch, channels, height, width = maps.shape
        spread = gradient.new_zeros(batch, height - kernel + 1, width - kernel + 1, channels)
        spread = spread.permute(0, 3, 1, 2)
        spread[:, :, ::stride, ::stride] = gradient
        gradient = spread
    flipped = weight.flip(2, 3).contiguous(memory_format=torch.channels_last)
    return F.conv2d(gradient, flipped, padding=kernel - 1, groups=weight.shape[0])


def convolve_depthwise(maps: Tensor, weight: Tensor, bias: Tensor | None, stride: int) -> Tensor:
    """Convolve each channel by itself, with a gradient that is fast on a CPU.

    Args:
        maps: (B, C, H, W), padded already.
        weight: (C, 1, K, K).
        bias: (C,), or None.
        stride: Of the output.

    Example:
        >>> maps = torch.randn(2, 3, 9, 9, dtype=torch.float64, requires_grad=True)
        >>> weight = torch.randn(3, 1, 3, 3, dtype=torch.float64)
        >>> found = convolve_depthwise(maps, weight, None, stride=2)
        >>> bool(torch.allclose(found, F.conv2d(maps, weight, stride=2, groups=3)))
        True
    """
    found: Tensor = _DepthwiseConvolution.apply(maps, weight, bias, stride)  # type: ignore[no-untyped-call]
    return found


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
        if self.training and self.groups == self.in_channels > 1:
            return convolve_depthwise(x, self.weight, self.bias, stride)
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
        y = F.relu6(self._bn0(self._expand_conv(x)), inplace=True) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)
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
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        maps = [x]
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self.stage_ends:
                maps.append(x)
        return maps

    def head(self, last_stage: Tensor) -> Tensor:
        """Return the 1280-channel map before global pooling, from the last stage's map."""
        return F.relu6(self._bn1(self._conv_head(last_stage)), inplace=True)

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
        network: In evaluation mode; what it learns later no longer changes the statistics. Biases, into
            which their means go, learn where the weights do.

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
                fused = fuse_conv_bn_eval(convolution, normalisation)
                setattr(module, first, fused.requires_grad_(convolution.weight.requires_grad))
                setattr(module, second, nn.Identity())
    return copied.eval()

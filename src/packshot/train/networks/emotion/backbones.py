"""Backbones: pixels to the feature map G, each scaling its input itself.

Sources: docs/methods.md, section 3; He et al., "Deep residual learning", CVPR 2016 (ResNet-101); see
`networks/comparison.py` for VGG-16 and AlexNet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.errors import InvalidInput, ModelError
from packshot.train.datasets.pleasantness import build_group_table
from packshot.train.networks.comparison import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    InputScaling,
    load_alexnet,
    load_vgg16,
)
from packshot.train.networks.efficientnet_lite import EfficientNetLite, Variant, fold_normalisation
from packshot.train.networks.statistics import scale_pixels


class ClassEvidence(nn.Module):
    """Sums what the ImageNet classifier sees at every place over groups of classes.

    The classifier is as large as a third of the trunk, so it is cut to its main directions.

    Args:
        kernel: (1000, inputs) of the classifier.
        bias: (1000,) of the classifier.
        groups: (n, 1000) weights of the classes in each group.
        rank: Directions of the kernel that are kept.

    Example:
        >>> kernel, groups = torch.eye(4), torch.tensor([[1.0, 1.0, 0.0, 0.0]])
        >>> evidence = ClassEvidence(kernel, torch.zeros(4), groups)
        >>> head = torch.tensor([9.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1)  # the first class is seen
        >>> round(evidence(head).item(), 2)
        1.0
    """

    groups: Tensor

    def __init__(self, kernel: Tensor, bias: Tensor, groups: Tensor, rank: int = 256) -> None:
        super().__init__()
        # Softmax does not see what all classes have in common.
        left, strengths, right = torch.linalg.svd(kernel - kernel.mean(0), full_matrices=False)
        rank, root = min(rank, len(strengths)), strengths.sqrt()
        self.narrow = nn.Conv2d(kernel.shape[1], rank, 1, bias=False)
        self.classify = nn.Conv2d(rank, len(kernel), 1)
        with torch.no_grad():
            self.narrow.weight.copy_((root[:, None] * right)[:rank, :, None, None])
            self.classify.weight.copy_((left * root)[:, :rank, None, None])
            cast(Tensor, self.classify.bias).copy_(bias)
        self.register_buffer("groups", groups[:, :, None, None])

    def forward(self, head: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, n, h, w)."""
        logits = self.classify(self.narrow(head))
        return F.conv2d(torch.softmax(logits, dim=1), self.groups)


class LiteBackbone(nn.Module):
    """EfficientNet-Lite at several depths: stages 5 and 7, the head, and its classifier's evidence.

    Args:
        trunk: With ImageNet weights.
        evidence: Its classifier.

    Example:
        >>> evidence = ClassEvidence(torch.rand(10, 1280), torch.zeros(10), torch.rand(3, 10))
        >>> backbone = LiteBackbone(EfficientNetLite(), evidence).eval()
        >>> maps = backbone(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> tuple(maps.shape), sum(backbone.sizes)
        ((1, 1715, 2, 2), 1715)
    """

    stride = 32

    def __init__(self, trunk: EfficientNetLite, evidence: ClassEvidence) -> None:
        super().__init__()
        self.trunk = trunk
        self.evidence = evidence

    @property
    def sizes(self) -> list[int]:
        """Channels of each source, in order; the last is the classifier's evidence."""
        fifth, seventh = (_count_channels(self.trunk, stage) for stage in (4, 6))
        head = self.evidence.narrow.in_channels
        return [fifth, seventh, head, self.evidence.groups.shape[0]]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (B, S, S, 3) uint8 RGB to (B, C, S / 32, S / 32)."""
        stages = self.trunk.stages(scale_pixels(pixels))
        head = self.trunk.head(stages[-1])
        return torch.cat([F.avg_pool2d(stages[5], 2), stages[7], head, self.evidence(head)], dim=1)


def _count_channels(trunk: EfficientNetLite, stage: int) -> int:
    """Return the number of channels after a stage, 0..6."""
    block = trunk._blocks[sorted(trunk.stage_ends)[stage]]
    return cast(nn.Conv2d, block.get_submodule("_project_conv")).out_channels


class Bottleneck(nn.Module):
    """ResNet's block of three convolutions; a convolution on the way around where shapes differ.

    Example:
        >>> tuple(Bottleneck(64, 32, stride=2)(torch.zeros(2, 64, 8, 8)).shape)
        (2, 128, 4, 4)
    """

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            *(nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            *(nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)),
        )
        self.around: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.around = nn.Sequential(convolution, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, 4 * width, h / stride, w / stride)."""
        return F.relu(self.body(x) + self.around(x))


def build_resnet101() -> nn.Sequential:
    """Build the source's backbone: a 7 x 7 convolution and 33 residual blocks; random weights.

    Example:
        >>> network = build_resnet101()
        >>> sum(isinstance(layer, Bottleneck) for layer in network), network[-1].body[-1].num_features
        (33, 2048)
    """
    layers: list[nn.Module] = [
        InputScaling(IMAGENET_MEAN, IMAGENET_DEVIATION),
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        *(nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
    ]
    inputs = 64
    for stage, count in enumerate((3, 4, 23, 3)):
        width = 64 << stage
        for number in range(count):
            layers.append(Bottleneck(inputs, width, 2 if stage and not number else 1))
            inputs = 4 * width
    return nn.Sequential(*layers)


def load_lite_backbone(path: Path, variant: Variant) -> LiteBackbone:
    """Load EfficientNet-Lite with a released checkpoint, classifier included.

    Raises:
        ModelError: Unreadable, or of another variant.

    Example:
        >>> load_lite_backbone(Path("missing.pth"), "lite0")
        Traceback (most recent call last):
        packshot.errors.ModelError: missing.pth is no checkpoint of EfficientNet-lite0: ...
    """
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        trunk = EfficientNetLite(variant)
        trunk.load_state_dict({k: v for k, v in state.items() if not k.startswith("_fc.")})
        groups = torch.tensor(build_group_table(), dtype=torch.float32)
        evidence = ClassEvidence(state["_fc.weight"], state["_fc.bias"], groups)
    except (OSError, KeyError, RuntimeError) as error:
        raise ModelError(f"{path} is no checkpoint of EfficientNet-{variant}: {error}") from error
    return LiteBackbone(fold_normalisation(trunk.eval()), evidence).eval()


def _drop_last_layer(network: nn.Sequential) -> nn.Sequential:
    """Drop the last layer, which takes the mean over space."""
    return cast(nn.Sequential, network[:-1])


_LOADERS: Mapping[str, Callable[[Path], nn.Module]] = {
    "lite0": lambda path: load_lite_backbone(path, "lite0"),
    "lite1": lambda path: load_lite_backbone(path, "lite1"),
    "lite2": lambda path: load_lite_backbone(path, "lite2"),
    "vgg16": lambda path: _drop_last_layer(load_vgg16(path)),
    "alexnet": lambda path: _drop_last_layer(load_alexnet(path)),
}

BACKBONES = (*_LOADERS, "resnet101")


def load_backbone(name: str, checkpoint: Path | None = None) -> nn.Module:
    """Load a backbone by name: pixels (B, S, S, 3) uint8 RGB to G (B, C, h, w).

    Args:
        name: One of `BACKBONES`.
        checkpoint: Its weights; None only for resnet101, which then has random ones.

    Raises:
        InvalidInput: No such backbone, or its weights are missing.
        ModelError: The checkpoint cannot be read.

    Example:
        >>> load_backbone("vgg16")
        Traceback (most recent call last):
        packshot.errors.InvalidInput: the backbone vgg16 needs a checkpoint
    """
    if name not in BACKBONES:
        raise InvalidInput(f"unknown backbone {name!r}; known: {', '.join(BACKBONES)}")
    if name == "resnet101":
        return build_resnet101().eval() if checkpoint is None else _load_resnet(checkpoint)
    if checkpoint is None:
        raise InvalidInput(f"the backbone {name} needs a checkpoint")
    return _LOADERS[name](checkpoint).eval()


def _load_resnet(path: Path) -> nn.Module:
    network = build_resnet101()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError) as error:
        raise ModelError(f"{path} is no checkpoint of this ResNet-101: {error}") from error
    return network.eval()

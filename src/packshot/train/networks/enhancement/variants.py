"""Every network that can be trained to enhance, by name: the full one and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from packshot.errors import InvalidInput
from packshot.train.networks.enhancement.enhancegan import EnhanceGan
from packshot.train.networks.enhancement.generator import Generator, GeneratorShape
from packshot.train.networks.enhancement.msbdn import Msbdn
from packshot.train.networks.enhancement.mscnn import Mscnn
from packshot.train.networks.enhancement.srcnn import Srcnn

DEFAULT_SHAPE = GeneratorShape()

_SOURCE_SHAPE = replace(DEFAULT_SHAPE, curves=False)
"""The components of the source's network and no others."""

VARIANTS: dict[str, Callable[[], nn.Module]] = {
    "full": lambda: Generator(DEFAULT_SHAPE),
    "no-laplacian": lambda: Generator(replace(DEFAULT_SHAPE, laplacian=False)),
    "no-wavelet": lambda: Generator(replace(DEFAULT_SHAPE, wavelet=False)),
    "neither": lambda: Generator(replace(DEFAULT_SHAPE, laplacian=False, wavelet=False)),
    "no-attention": lambda: Generator(replace(DEFAULT_SHAPE, attention=False)),
    "no-curves": lambda: Generator(_SOURCE_SHAPE),
    "no-curves-no-laplacian": lambda: Generator(replace(_SOURCE_SHAPE, laplacian=False)),
    "no-curves-no-wavelet": lambda: Generator(replace(_SOURCE_SHAPE, wavelet=False)),
    "no-curves-neither": lambda: Generator(replace(_SOURCE_SHAPE, laplacian=False, wavelet=False)),
    "srcnn": Srcnn,
    "enhancegan": EnhanceGan,
    "mscnn": Mscnn,
    "msbdn": Msbdn,
}
"""All map (B, 3, H, W) uint8 pixels and (B, 3, 64, 64) uint8 views of the whole photos to pictures of
the pixels' size, 0..1 nominally; sides are multiples of 32."""


def build_network(name: str) -> nn.Module:
    """Build a network with random weights.

    Raises:
        InvalidInput: No network of that name.

    Example:
        >>> build_network("resnet")
        Traceback (most recent call last):
        packshot.errors.InvalidInput: unknown network 'resnet'; known: full, no-laplacian, ...
    """
    if name not in VARIANTS:
        raise InvalidInput(f"unknown network {name!r}; known: {', '.join(VARIANTS)}")
    return VARIANTS[name]()

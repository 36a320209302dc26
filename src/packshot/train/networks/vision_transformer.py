"""The image tower of CLIP ViT-B/16, or the first blocks of it at a smaller size.

After A. Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML
2021, and A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021. Weights are read from an
ONNX file whose matrices are stored as 8-bit integers; here they are floating point again, so that blocks
can be cut off, tuned, and quantised anew for another size of photo.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from packshot.errors import ModelError

PATCH: int = 16
"""Pixels a side of a patch, one token each."""

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
"""Of the pixels CLIP was trained on, 0..1, red, green, blue (Radford et al.'s published code)."""

_PREFIX = "vision_model."
_NUMPY = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class TransformerShape:
    """Sizes of a vision transformer.

    Attributes:
        side: Pixels a side of the square it takes; a multiple of `PATCH`.
        blocks: How many.
        width: Numbers in a token.
        heads: Of the attention.

    Example:
        >>> TransformerShape(side=160, blocks=9).patches
        100
    """

    side: int
    blocks: int
    width: int = 768
    heads: int = 12

    @property
    def patches(self) -> int:
        """Number of patches of the square."""
        return (self.side // PATCH) ** 2


class Block(nn.Module):
    """One block: attention, then two layers with CLIP's quick GELU, each added to what came in.

    Example:
        >>> Block(width=16, heads=2)(torch.zeros(1, 5, 16)).shape
        torch.Size([1, 5, 16])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, W) to the same."""
        tokens = tokens + self.out(self._attend(self.norm1(tokens)))
        hidden = self.fc1(self.norm2(tokens))
        result: Tensor = tokens + self.fc2(hidden * torch.sigmoid(1.702 * hidden))
        return result

    def _attend(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        parts = self.qkv(tokens).reshape(batch, count, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attention = (query @ key.transpose(-2, -1)).softmax(dim=-1)
        return (attention @ value).transpose(1, 2).reshape(batch, count, width)


class VisionTransformer(nn.Module):
    """Square uint8 photos to the tokens after each of its blocks.

    Example:
        >>> network = VisionTransformer(TransformerShape(side=32, blocks=2, width=16, heads=2)).eval()
        >>> states = network(torch.zeros(1, 32, 32, 3, dtype=torch.uint8))
        >>> len(states), states[0].shape  # a class token, and one for each of four patches
        (2, torch.Size([1, 5, 16]))
    """

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.shape = shape
        self.patch = nn.Conv2d(3, shape.width, PATCH, PATCH, bias=False)
        self.class_token = nn.Parameter(torch.zeros(shape.width))
        self.positions = nn.Parameter(torch.zeros(shape.patches + 1, shape.width))
        self.norm = nn.LayerNorm(shape.width)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads) for _ in range(shape.blocks))
        self.register_buffer("mean", torch.tensor(_MEAN).reshape(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer(
            "deviation", torch.tensor(_DEVIATION).reshape(1, 3, 1, 1) * 255, persistent=False
        )

    def embed(self, pixels: Tensor) -> Tensor:
        """Embed (B, S, S, 3) uint8 photos as (B, 1 + P, W) tokens."""
        planes = (pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation
        patches = self.patch(planes).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(patches), 1, -1)
        tokens: Tensor = self.norm(torch.cat([first, patches], dim=1) + self.positions)
        return tokens

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """(B, S, S, 3) uint8 to the (B, 1 + P, W) tokens after each block."""
        tokens, states = self.embed(pixels), []
        for block in self.blocks:
            tokens = block(tokens)
            states.append(tokens)
        return states


def load_clip_tower(
    path: str | os.PathLike[str], side: int = 224, blocks: int = 12
) -> VisionTransformer:
    """Load the first blocks of CLIP ViT-B/16's image tower.

    Args:
        path: ONNX export with 8-bit matrices (MatMulInteger), of the names that Hugging Face's classes
            give.
        side: Pixels a side of the photos it will take; the table of positions is resampled for it.
        blocks: How many of the twelve.

    Raises:
        ModelError: The file is not such an export.
    """
    weights = _read_weights(path)
    network = VisionTransformer(TransformerShape(side, blocks))
    try:
        network.load_state_dict(_rename_weights(weights, network.shape))
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{os.fspath(path)} is not CLIP ViT-B/16's image tower: {error}") from error
    return network.eval()


def _read_weights(path: str | os.PathLike[str]) -> dict[str, NDArray[np.float32]]:
    """Read all weights by the names of their layers, matrices as floating point, (in, out)."""
    graph = onnx.load(os.fspath(path)).graph
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    weights = {
        name.removeprefix(_PREFIX): array for name, array in stored.items() if name.startswith(_PREFIX)
    }
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            stem = node.input[1].removesuffix("_quantized")
            steps = stored[node.input[1]].astype(np.float32) - stored[f"{stem}_zero_point"]
            layer = node.name.removesuffix("/MatMul_quant").strip("/").replace("/", ".")
            weights[layer.removeprefix(_PREFIX) + ".matrix"] = steps * stored[f"{stem}_scale"]
    return weights


def _rename_weights(weights: _NUMPY, shape: TransformerShape) -> dict[str, Tensor]:
    """Rename weights to those of `VisionTransformer`; queries are scaled here, not in each pass."""
    named = {
        "patch.weight": weights["embeddings.patch_embedding.weight"],
        "class_token": weights["embeddings.class_embedding"],
        "positions": resample_positions(weights["embeddings.position_embedding.weight"], shape.side),
        "norm.weight": weights["pre_layrnorm.weight"],
        "norm.bias": weights["pre_layrnorm.bias"],
    }
    for number in range(shape.blocks):
        named |= _rename_block(weights, number, shape)
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in named.items()}


def _rename_block(
    weights: _NUMPY, number: int, shape: TransformerShape
) -> dict[str, NDArray[np.float32]]:
    source, target = f"encoder.layers.{number}.", f"blocks.{number}."
    scale = np.float32((shape.width // shape.heads) ** -0.5)
    attention = [f"{source}self_attn.{name}_proj." for name in "qkv"]
    matrices = [weights[f"{name}matrix"].T for name in attention]
    biases = [weights[f"{name}bias"] for name in attention]
    named = {
        "qkv.weight": np.concatenate([matrices[0] * scale, *matrices[1:]]),
        "qkv.bias": np.concatenate([biases[0] * scale, *biases[1:]]),
    }
    for ours, theirs in (("out", "self_attn.out_proj"), ("fc1", "mlp.fc1"), ("fc2", "mlp.fc2")):
        named[f"{ours}.weight"] = weights[f"{source}{theirs}.matrix"].T
        named[f"{ours}.bias"] = weights[f"{source}{theirs}.bias"]
    for ours, theirs in (("norm1", "layer_norm1"), ("norm2", "layer_norm2")):
        for part in ("weight", "bias"):
            named[f"{ours}.{part}"] = weights[f"{source}{theirs}.{part}"]
    return {target + name: value for name, value in named.items()}


def resample_positions(table: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Resample the table of positions for photos of another size, by bicubic interpolation.

    Args:
        table: (1 + n * n, W): of the class token, then of the patches in rows.
        side: Pixels a side of the photos.

    Returns:
        (1 + (side / PATCH) ** 2, W).

    Example:
        >>> resample_positions(np.ones((197, 768), np.float32), side=160).shape
        (101, 768)
    """
    old, new = round((len(table) - 1) ** 0.5), side // PATCH
    if old == new:
        return table
    grid = torch.from_numpy(table[1:]).reshape(1, old, old, -1).permute(0, 3, 1, 2)
    resized = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False, antialias=True)
    patches = resized.permute(0, 2, 3, 1).reshape(new * new, -1).numpy()
    return np.concatenate([table[:1], patches])

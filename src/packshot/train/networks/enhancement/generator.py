"""The generator: detail branch, colour branch, fusion (docs/methods.md, sections 2.1 and 2.2).

The source is R. Zhang, "Optimizing and Assessing the Quality of E-Commerce Product Images Using Deep
Learning Techniques", Traitement du Signal 41(4), 2024. It takes a photo or a tile of one as stored, and
a small view of the whole photo, so that all that concerns the whole is worked out once and tiles agree.
Everything can be left out by `GeneratorShape`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.enhancement.attention import ChannelAttention, SpatialAttention
from packshot.train.networks.enhancement.curves import GlobalCurves, apply_grading
from packshot.train.networks.enhancement.laplacian import LaplacianSharpening
from packshot.train.networks.enhancement.res2net import Res2NetBlock
from packshot.train.networks.enhancement.wavelet import HaarTransform


@dataclass(frozen=True)
class GeneratorShape:
    """Sizes and components of the generator.

    Attributes:
        widths: Channels of the encoder's stages, at 1/2, 1/4, 1/8 of the resolution and so on.
        blocks: Res2Net blocks per stage, in the encoder and in the decoder.
        detail: Channels that the detail branch hands to the fusion.
        colour: Channels of the residual attention group.
        groups: Its channel attention blocks.
        context: Length of the context vector.
        laplacian: Sharpen the maps after each encoder stage.
        wavelet: Have the colour branch.
        attention: Have channel and spatial attention in the decoder.
        curves: Have tone curves for the whole photo, and the context (an extension of the source's).

    Example:
        >>> from dataclasses import replace
        >>> replace(GeneratorShape(), wavelet=False).widths
        (24, 32, 48)
    """

    widths: tuple[int, ...] = (24, 32, 48)
    blocks: int = 1
    detail: int = 8
    colour: int = 16
    groups: int = 2
    context: int = 16
    laplacian: bool = True
    wavelet: bool = True
    attention: bool = True
    curves: bool = True


class EncoderStage(nn.Module):
    """Halve the resolution but for the first stage, Res2Net blocks, Laplacian sharpening.

    Example:
        >>> stage = EncoderStage(inputs=12, width=8, step=2, shape=GeneratorShape())
        >>> tuple(stage(torch.rand(1, 12, 16, 16)).shape)
        (1, 8, 8, 8)
    """

    def __init__(self, inputs: int, width: int, step: int, shape: GeneratorShape) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, width, 3, step, 1)
        self.blocks = nn.Sequential(*(Res2NetBlock(width) for _ in range(shape.blocks)))
        self.sharpen = LaplacianSharpening(width) if shape.laplacian else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, entering, H, W) to (B, width, H / step, W / step)."""
        return torch.as_tensor(self.sharpen(self.blocks(torch.relu(self.enter(x)))))


class DecoderStage(nn.Module):
    """Attend, double the resolution, join with the encoder's sharpened maps, Res2Net blocks.

    Example:
        >>> stage = DecoderStage(inputs=16, width=8, stride=8, shape=GeneratorShape())
        >>> coarse, fine = torch.rand(1, 16, 4, 4), torch.rand(1, 8, 8, 8)
        >>> tuple(stage(coarse, fine, torch.rand(1, 16)).shape)
        (1, 8, 8, 8)
    """

    def __init__(self, inputs: int, width: int, stride: int, shape: GeneratorShape) -> None:
        super().__init__()
        context = shape.context if shape.curves else 0
        self.channels = ChannelAttention(inputs, context, stride) if shape.attention else None
        self.places = SpatialAttention() if shape.attention else None
        self.grow = nn.Conv2d(inputs, 4 * width, 1)
        self.join = nn.Conv2d(2 * width, width, 1)
        self.blocks = nn.Sequential(*(Res2NetBlock(width) for _ in range(shape.blocks)))

    def forward(self, x: Tensor, sharpened: Tensor, context: Tensor | None) -> Tensor:
        """Map (B, entering, H, W) and (B, width, 2 H, 2 W) to (B, width, 2 H, 2 W)."""
        if self.channels is not None and self.places is not None:
            x = self.places(self.channels(x, context))
        upsampled = F.pixel_shuffle(self.grow(x), 2)
        joined = torch.relu(self.join(torch.cat([upsampled, sharpened], dim=1)))
        return torch.as_tensor(self.blocks(joined))


class DetailBranch(nn.Module):
    """Local feature enhancement: encoder-decoder of Res2Net blocks from half the resolution down.

    Example:
        >>> branch = DetailBranch(GeneratorShape(widths=(8, 12), detail=4))
        >>> tuple(branch(torch.rand(1, 3, 32, 32), torch.rand(1, 16)).shape)
        (1, 4, 32, 32)
    """

    def __init__(self, shape: GeneratorShape) -> None:
        super().__init__()
        inputs = (12, *shape.widths[:-1])
        steps = (1, *(2 for _ in shape.widths[1:]))
        self.encoder = nn.ModuleList(
            EncoderStage(a, b, step, shape)
            for a, b, step in zip(inputs, shape.widths, steps, strict=True)
        )
        down = list(zip(shape.widths[1:], shape.widths[:-1], strict=True))
        self.decoder = nn.ModuleList(
            DecoderStage(a, b, 2 ** (level + 2), shape)
            for level, (a, b) in reversed(list(enumerate(down)))
        )
        self.leave = nn.Conv2d(shape.widths[0], 4 * shape.detail, 3, padding=1)

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Map (B, 3, H, W) to (B, detail, H, W)."""
        maps = [F.pixel_unshuffle(x, 2)]
        for stage in self.encoder:
            maps.append(stage(maps[-1]))
        decoded = maps.pop()
        for stage in self.decoder:
            decoded = stage(decoded, maps.pop(), context)
        return F.pixel_shuffle(self.leave(decoded), 2)


class ChannelAttentionBlock(nn.Module):
    """Two convolutions and channel attention, with a residual connection (RCAN's block).

    Example:
        >>> block = ChannelAttentionBlock(channels=4, context=2)
        >>> tuple(block(torch.rand(1, 4, 16, 16), torch.rand(1, 2)).shape)
        (1, 4, 16, 16)
    """

    def __init__(self, channels: int, context: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.attend = ChannelAttention(channels, context, 2)

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Map (B, C, H, W) to as many."""
        changed = self.second(torch.relu(self.first(x)))
        return x + torch.as_tensor(self.attend(changed, context))


class ColourBranch(nn.Module):
    """Wavelet colour correction: a residual attention group on the low band, the others untouched.

    Example:
        >>> branch = ColourBranch(GeneratorShape(colour=4, groups=1))
        >>> tuple(branch(torch.rand(1, 3, 32, 32), torch.rand(1, 16)).shape)
        (1, 3, 32, 32)
    """

    def __init__(self, shape: GeneratorShape) -> None:
        super().__init__()
        context = shape.context if shape.curves else 0
        self.transform = HaarTransform(3)
        self.enter = nn.Conv2d(3, shape.colour, 3, padding=1)
        self.blocks = nn.ModuleList(
            ChannelAttentionBlock(shape.colour, context) for _ in range(shape.groups)
        )
        self.middle = nn.Conv2d(shape.colour, shape.colour, 3, padding=1)
        self.leave = nn.Conv2d(shape.colour, 3, 3, padding=1)

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Map (B, 3, H, W) to as many."""
        low, details = self.transform(x)
        features = self.enter(low)
        inner = features
        for block in self.blocks:
            inner = block(inner, context)
        corrected = low + self.leave(features + self.middle(inner))
        return self.transform.inverse(corrected, details)


class BranchFusion(nn.Module):
    """Joins the branches: 1 x 1 convolution, the photo added, ReLU; most of the photo is right already.

    At the start the convolution is zero. (A ReLU before the sum, on few channels, died in training.)
    Boundary padding, which lets both branches give whole maps, is the photo's own, before it comes here:
    see `packshot.enhance.tiles.mirror_to_stride`.

    Example:
        >>> picture = torch.rand(1, 3, 4, 4)
        >>> fused = BranchFusion(inputs=11)(picture, [torch.rand(1, 8, 4, 4)])
        >>> bool(torch.equal(fused, picture))  # the photo itself at first
        True
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(inputs, 3, 1)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor, branches: list[Tensor]) -> Tensor:
        """Join maps (B, ..., H, W) of the branches with the picture (B, 3, H, W) they are of."""
        return torch.relu(picture + self.mix(torch.cat([picture, *branches], dim=1)))


class Generator(nn.Module):
    """Maps damaged pixels and a view of their photo to the enhanced picture.

    Example:
        >>> generator = Generator(GeneratorShape(widths=(8, 12), colour=4, groups=1)).eval()
        >>> pixels = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
        >>> enhanced = generator(pixels, torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
        >>> bool(torch.allclose(enhanced, pixels / 255, atol=1e-5))  # the photo itself at first
        True
    """

    def __init__(self, shape: GeneratorShape) -> None:
        super().__init__()
        self.shape = shape
        self.curves = GlobalCurves(shape.context) if shape.curves else None
        self.detail = DetailBranch(shape)
        self.colour = ColourBranch(shape) if shape.wavelet else None
        self.fusion = BranchFusion(shape.detail + 3 + (3 if shape.wavelet else 0))

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Enhance.

        Args:
            pixels: (B, 3, H, W) uint8 RGB; H and W multiples of 32.
            view: (B, 3, 64, 64) uint8 RGB, the whole photo each is a part of, squeezed.

        Returns:
            (B, 3, H, W), 0..1 nominally; above 1 not clipped.
        """
        toned, context = self.apply_tone_curves(pixels, view)
        branches = [self.detail(toned, context)]
        if self.colour is not None:
            branches.append(self.colour(toned, context))
        return torch.as_tensor(self.fusion(toned, branches))

    def apply_tone_curves(self, pixels: Tensor, view: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the pixels after the curves, (B, 3, H, W), and the context, if any."""
        if self.curves is None:
            return pixels.float() / 255, None
        grading = self.curves(view.float() / 255)
        return apply_grading(pixels.long(), grading), grading.context


class PixelsToPixels(nn.Module):
    """Wraps a generator as it ships: stored pixels in, stored pixels out, colours last.

    Example:
        >>> shape = GeneratorShape(widths=(8, 12), colour=4, groups=1)
        >>> network = PixelsToPixels(Generator(shape)).eval()
        >>> pixels = torch.randint(0, 256, (1, 32, 32, 3), dtype=torch.uint8)
        >>> bool(torch.equal(network(pixels, torch.zeros(1, 64, 64, 3, dtype=torch.uint8)), pixels))
        True
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Enhance a tile.

        Args:
            pixels: (1, H, W, 3) uint8 RGB; H and W multiples of 32.
            view: (1, 64, 64, 3) uint8 RGB, the whole photo, squeezed.

        Returns:
            (1, H, W, 3) uint8 RGB.
        """
        enhanced = self.generator(pixels.permute(0, 3, 1, 2), view.permute(0, 3, 1, 2))
        stored = (enhanced.clamp(0, 1) * 255).round().to(torch.uint8)
        return torch.as_tensor(stored.permute(0, 2, 3, 1))

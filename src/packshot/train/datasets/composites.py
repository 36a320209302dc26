"""Products composed onto scenes they were not photographed in, so that their masks are exact.

A composite is one product or several of one kind, matched a little to the scene's light, with a
shadow, and the whole then treated as a camera and a shop would: tones, blur, noise, JPEG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.cutouts import Cutout
from packshot.train.datasets.teacher_masks import TeacherMask

_SCENE_ATTEMPTS: Final = 12
"""Parts of photos that are tried before a smooth scene is taken. A judgement."""

_MAX_SUBJECT_SHARE: Final = 0.02
"""Share of a background, 0..1, that a photo's own subject may take: more would be a product without a
mask. A judgement."""

_SPAN_RANGE: Final = (0.3, 1.05)
"""Long side of a single product in parts of the side; above 1 it leaves the frame. A judgement."""


@dataclass(frozen=True, eq=False)
class MaskExample:
    """A photo with its true mask.

    Attributes:
        pixels: (S, S, 3) uint8 RGB.
        mask: (S, S) uint8, 255 on the product.
        present: 1 with a product, 0 without.

    Example:
        >>> example = MaskExample(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), present=0.0)
        >>> example.present, int(example.mask.max())
        (0.0, 0)
    """

    pixels: Pixels
    mask: ByteMask
    present: float


@dataclass(frozen=True, eq=False)
class Composer:
    """Makes composites of products and scenes.

    Attributes:
        products: What to compose.
        scenes: Photos, with where their own subject is, so that it does not stand behind the product.
        side: Of the composites.

    Example:
        >>> pixels = np.full((20, 10, 3), (200, 0, 0), np.uint8)
        >>> red = Cutout(pixels, np.full((20, 10), 255, np.uint8), (False,) * 4, "")
        >>> rng = np.random.default_rng(0)
        >>> background = rng.integers(0, 256, (48, 48, 3), np.uint8)
        >>> scene = TeacherMask(background, np.zeros((48, 48), np.uint8))
        >>> example = Composer([red], [scene], side=64).compose(rng, red)
        >>> example.pixels.shape, bool(example.mask.any()), example.present
        ((64, 64, 3), True, 1.0)
    """

    products: Sequence[Cutout]
    scenes: Sequence[TeacherMask]
    side: int

    def compose(self, random: np.random.Generator, product: Cutout | None = None) -> MaskExample:
        """Compose a product, or several of one kind, onto a scene.

        Args:
            random: Decides everything.
            product: Which; any where None.
        """
        if product is None:
            product = self._choose_product(random)
        scene = self.make_scene(random).astype(np.float32)
        mask = np.zeros((self.side, self.side), np.uint8)
        light = Light.sample(random)
        for placement in _sample_placements(product, self.side, random):
            scene, layer = paste_product(product, placement, scene, light)
            mask = to_uint8(cv2.max(mask, layer))
        return MaskExample(simulate_camera(scene, random), mask, 1.0)

    def compose_empty(self, random: np.random.Generator) -> MaskExample:
        """Make a scene without a product."""
        scene = self.make_scene(random).astype(np.float32)
        return MaskExample(
            simulate_camera(scene, random), np.zeros((self.side, self.side), np.uint8), 0.0
        )

    def make_scene(self, random: np.random.Generator) -> Pixels:
        """Make a background: mostly part of a photo; a smooth or plain one now and then."""
        kind = random.random()
        if kind < 0.2:
            return make_gradient(self.side, random)
        photo = self._crop_background(random, closeness=0.12 if kind < 0.3 else 0.35)
        return _blur(photo, random) if random.random() < 0.35 else photo

    def _choose_product(self, random: np.random.Generator) -> Cutout:
        if random.random() < 0.12:
            return draw_object(self._crop_background(random, closeness=0.2), random)
        return self.products[int(random.integers(len(self.products)))]

    def _crop_background(self, random: np.random.Generator, closeness: float) -> Pixels:
        """Crop a part of a photo without its subject, if a few tries find one; a smooth scene else."""
        for _ in range(_SCENE_ATTEMPTS):
            part, subject_share = self._crop_photo(random, closeness)
            if subject_share <= _MAX_SUBJECT_SHARE:
                return part
        return make_gradient(self.side, random)

    def _crop_photo(self, random: np.random.Generator, closeness: float) -> tuple[Pixels, float]:
        """Crop a part of any photo; return it with the share of it that the photo's subject takes."""
        photo = self.scenes[int(random.integers(len(self.scenes)))]
        stored_side = photo.mask.shape[0]
        wide, high = (stored_side * random.uniform(closeness, 1, 2)).astype(int)
        left, top = (
            int(random.integers(stored_side - wide + 1)),
            int(random.integers(stored_side - high + 1)),
        )
        inside = np.s_[top : top + high, left : left + wide]
        pixels = to_uint8(cv2.resize(photo.pixels[inside], (self.side, self.side)))
        flipped = pixels[:, :: int(random.choice([-1, 1]))]
        return np.ascontiguousarray(flipped), float((photo.mask[inside] > 127).mean())


@dataclass(frozen=True, eq=False)
class Light:
    """How a scene's light falls on a product.

    Attributes:
        colour_match: How far the product's mean colour moves to the scene's, 0..1.
        gain: Of each channel.
        gamma: Of the product's tones.
        shadow_strength: How dark its shadow is, 0..1.
        shadow_offset: Where the shadow falls, in parts of the side.
        shadow_blur: Of the shadow's blur, in parts of the side.

    Example:
        >>> Light.sample(np.random.default_rng(0)).gain.shape
        (3,)
    """

    colour_match: float
    gain: Float32Array
    gamma: float
    shadow_strength: float
    shadow_offset: tuple[float, float]
    shadow_blur: float

    @classmethod
    def sample(cls, random: np.random.Generator) -> Light:
        """Choose any light that a photo may have."""
        return cls(
            colour_match=float(random.uniform(0, 0.45)),
            gain=(random.uniform(0.75, 1.15) * random.normal(1, 0.05, 3)).astype(np.float32),
            gamma=float(np.exp(random.normal(0, 0.2))),
            shadow_strength=float(random.uniform(0.1, 0.65)) if random.random() < 0.7 else 0.0,
            shadow_offset=(float(random.normal(0, 0.03)), float(abs(random.normal(0, 0.03)))),
            shadow_blur=float(random.uniform(0.008, 0.06)),
        )


def _sample_placements(product: Cutout, side: int, random: np.random.Generator) -> list[Float32Array]:
    """Choose where each copy goes: (2, 3) affine maps from the cut-out to the canvas."""
    count = 1 if random.random() < 0.78 else int(random.integers(2, 4))
    height, width = product.alpha.shape
    span = random.uniform(*_SPAN_RANGE) if count == 1 else random.uniform(0.25, 0.5)
    scale = span * side / max(height, width)
    stretch = np.exp(random.normal(0, 0.12))
    degrees = random.uniform(-180, 180) if random.random() < 0.12 else random.normal(0, 7)
    sign = random.choice([-1, 1])
    columns = random.permutation(count)
    return [
        _make_affine(product, (scale * stretch * sign, scale / stretch), degrees, side, centre)
        for centre in (_sample_centre(int(column), count, random) for column in columns)
    ]


def _sample_centre(column: int, count: int, random: np.random.Generator) -> tuple[float, float]:
    """Choose the centre of a copy, in parts of the side."""
    if count == 1:
        return float(0.5 + random.normal(0, 0.11)), float(0.52 + random.normal(0, 0.11))
    x = (column + 0.5) / count + random.normal(0, 0.04)
    return float(x), float(0.52 + random.normal(0, 0.12))


def _make_affine(
    product: Cutout, scales: tuple[float, float], degrees: float, side: int, centre: tuple[float, float]
) -> Float32Array:
    """Make an affine map; a product that its photo cut off at the bottom or top stands at that frame."""
    height, width = product.alpha.shape
    angle = 0.0 if any(product.cropped_sides) else np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag(scales)
    x, y = centre[0] * side, centre[1] * side
    reach = abs(scales[1]) * height / 2
    if product.cropped_sides[3]:
        y = side - reach + 1
    elif product.cropped_sides[1]:
        y = reach - 1
    shift = np.array([x, y]) - linear @ np.array([width / 2, height / 2])
    return np.column_stack([linear, shift]).astype(np.float32)


def paste_product(
    product: Cutout, placement: Float32Array, scene: Float32Array, light: Light
) -> tuple[Float32Array, ByteMask]:
    """Paste one copy of a product into a scene.

    Args:
        product: What to paste.
        placement: (2, 3) affine map from its pixels to the scene's.
        scene: (H, W, 3), 0..255.
        light: How the product and its shadow look.

    Returns:
        The scene with the product in it, and the mask of the product: (H, W) uint8, 0 or 255.

    Example:
        >>> pixels = np.full((4, 4, 3), (200, 0, 0), np.uint8)
        >>> red = Cutout(pixels, np.full((4, 4), 255, np.uint8), (False,) * 4, "")
        >>> placement = np.array([[1, 0, 2], [0, 1, 3]], np.float32)
        >>> plain = Light(0.0, np.ones(3, np.float32), 1.0, 0.0, (0.0, 0.0), 0.01)
        >>> scene, mask = paste_product(red, placement, np.full((9, 9, 3), 255, np.float32), plain)
        >>> int((mask > 0).sum()), scene[5, 4].tolist()
        (16, [200.0, 0.0, 0.0])
    """
    side = (scene.shape[1], scene.shape[0])
    is_shrunk = abs(np.linalg.det(placement[:, :2])) < 0.7
    method = cv2.INTER_AREA if is_shrunk else cv2.INTER_LINEAR
    pixels = cv2.warpAffine(
        product.pixels, placement, side, flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = to_uint8(cv2.warpAffine(product.alpha, placement, side, flags=method))
    lit = _relight(to_uint8(pixels), alpha, scene, light)
    share = (alpha.astype(np.float32) / 255)[..., None]
    background = scene * (1 - _render_shadow(alpha, light))[..., None]
    composite = (background * (1 - share) + lit * share).astype(np.float32)
    return composite, to_uint8(np.where(alpha > 127, 255, 0))


def _relight(pixels: Pixels, alpha: ByteMask, scene: Float32Array, light: Light) -> Float32Array:
    """Return the product in the scene's light."""
    toned = 255 * (pixels.astype(np.float32) / 255) ** np.float32(light.gamma) * light.gain
    product_mean, scene_mean = np.array(cv2.mean(toned, mask=alpha)[:3]), scene.mean(axis=(0, 1))
    shift = light.colour_match * (scene_mean - product_mean)
    return np.asarray(np.clip(toned + shift, 0, 255), np.float32)


def _render_shadow(alpha: ByteMask, light: Light) -> Float32Array:
    """Return how much darker the scene is beside the product, 0..1."""
    side = alpha.shape[0]
    if not light.shadow_strength:
        return np.zeros(alpha.shape, np.float32)
    translation = np.array(
        [[1, 0, light.shadow_offset[0] * side], [0, 1, light.shadow_offset[1] * side]], np.float32
    )
    shadow_mask = cv2.warpAffine(alpha, translation, (alpha.shape[1], side))
    blurred = cv2.GaussianBlur(shadow_mask, (0, 0), max(0.6, light.shadow_blur * side))
    return np.asarray(blurred, np.float32) * np.float32(light.shadow_strength / 255)


def simulate_camera(scene: Float32Array, random: np.random.Generator) -> Pixels:
    """Change tones, blur, noise and JPEG of the whole picture as a camera and a shop would.

    Example:
        >>> photo = simulate_camera(np.full((32, 32, 3), 120, np.float32), np.random.default_rng(0))
        >>> photo.shape, photo.dtype.name
        ((32, 32, 3), 'uint8')
    """
    values = 255 * (np.clip(scene, 0, 255) / 255) ** np.float32(np.exp(random.normal(0, 0.15)))
    values = values * random.uniform(0.8, 1.15) * random.normal(1, 0.04, 3)
    if random.random() < 0.4:
        values = cv2.GaussianBlur(values, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.5:
        values = values + random.normal(0, random.uniform(0.5, 8), values.shape)
    pixels = np.clip(values, 0, 255).astype(np.uint8)
    if random.random() < 0.6:
        quality = int(random.integers(40, 96))
        pixels = to_uint8(
            cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
        )
    return pixels


def _blur(photo: Pixels, random: np.random.Generator) -> Pixels:
    """Out of focus."""
    return to_uint8(cv2.GaussianBlur(photo, (0, 0), random.uniform(0.6, 5) * photo.shape[0] / 192))


def make_gradient(side: int, random: np.random.Generator) -> Pixels:
    """Make a slope between two colours, often two light ones, with a horizon now and then.

    Args:
        side: Of the square, in pixels.
        random: Decides colours and direction.

    Example:
        >>> slope = make_gradient(32, np.random.default_rng(0))
        >>> slope.shape, int(slope.max()) > int(slope.min())
        ((32, 32, 3), True)
    """
    low = 170 if random.random() < 0.5 else 0
    first, second = random.uniform(low, 256, 3), random.uniform(low, 256, 3)
    if random.random() < 0.6:
        first, second = np.full(3, first.mean()), np.full(3, second.mean())
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:side, :side] / side - 0.5
    slope = np.clip((np.cos(angle) * x + np.sin(angle) * y) * random.uniform(0.1, 1.2) + 0.5, 0, 1)
    if random.random() < 0.3:
        slope = np.where(y > random.uniform(-0.1, 0.4), slope, 1 - slope)
    return to_uint8(np.clip(first + (second - first) * slope[..., None], 0, 255))


def draw_object(texture: Pixels, random: np.random.Generator) -> Cutout:
    """Draw an object that never was, with thin parts such as legs, frames and handles.

    Args:
        texture: (S, S, 3) uint8 RGB, what it is made of.
        random: Decides its shape.

    Example:
        >>> cutout = draw_object(np.full((64, 64, 3), 128, np.uint8), np.random.default_rng(0))
        >>> cutout.pixels.shape[:2] == cutout.alpha.shape, int(cutout.alpha.max())
        (True, 255)
    """
    side = texture.shape[0]
    alpha = np.zeros((side, side), np.uint8)
    for _ in range(int(random.integers(2, 7))):
        _draw_part(alpha, random)
    alpha = to_uint8(cv2.GaussianBlur(alpha, (0, 0), 0.6))
    shade = (
        random.uniform(0.5, 1.0) + random.uniform(-0.3, 0.3) * np.linspace(-1, 1, side)[:, None, None]
    )
    tint = random.uniform(0, 256, 3)
    textured = texture * random.uniform(0, 0.8) + tint * random.uniform(0.2, 0.8)
    pixels = np.clip(textured * shade, 0, 255).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(alpha)
    inside = np.s_[top : top + height, left : left + width]
    return Cutout(pixels[inside].copy(), alpha[inside].copy(), (False,) * 4, "drawn")


def _draw_part(alpha: ByteMask, random: np.random.Generator) -> None:
    """Draw a bar, a board, a disc or a ring, near the middle."""
    side = alpha.shape[0]
    centre, size = random.normal(0.5, 0.13, 2) * side, random.uniform(0.08, 0.3, 2) * side
    first, second = (centre - size).astype(int).tolist(), (centre + size).astype(int).tolist()
    thin = int(random.integers(2, max(3, side // 24)))
    kind = int(random.integers(4))
    if kind == 0:
        cv2.rectangle(alpha, first, second, 255, int(random.choice([-1, thin])))
    elif kind == 1:
        axes = (int(size[0]), int(size[1]))
        middle = (int(centre[0]), int(centre[1]))
        cv2.ellipse(alpha, middle, axes, 0, 0, 360, 255, int(random.choice([-1, thin])))
    elif kind == 2:
        cv2.line(alpha, first, second, 255, thin)
    else:
        for x in (first[0], second[0]):
            cv2.line(alpha, [x, first[1]], [x + int(random.normal(0, 4)), second[1]], 255, thin)

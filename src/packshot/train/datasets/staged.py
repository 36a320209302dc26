"""Products staged anew: cut out of their photo and set before another ground, well or badly.

A student network sees few shops. Staged photos show it products as no shop of its own does: large,
small, cut off, aside, tilted, several, on white, on colours, in rooms. They have no rating: a teacher
says what they would get.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.composites import Light, make_gradient, paste_product
from packshot.train.datasets.cutouts import Cutout

_SIDES: Final = ((640, 640), (640, 512), (640, 480), (480, 640), (512, 640), (640, 427))
"""Height and width, in pixels, of a staged photo: the shapes that shops use most."""

_SPANS: Final = ((0.45, 0.95), (0.12, 0.4), (1.0, 1.6))
_SPAN_SHARES: Final = (0.6, 0.15, 0.25)
"""Long side of a product in parts of the photo's: as it should be, too small, cut off; and how often. A
judgement, as the next ones."""

_CENTRED_SHARE: Final = 0.65
_UPRIGHT_SHARE: Final = 0.75
_SINGLE_SHARE: Final = 0.75
_SHADOW_SHARE: Final = 0.5


def stage_product(cutout: Cutout, random: np.random.Generator, scene: Pixels | None = None) -> Pixels:
    """Stage a product.

    Args:
        cutout: The product.
        random: Of every choice.
        scene: (H, W, 3) uint8 RGB, a photo that may become the ground; None for plain grounds alone.

    Returns:
        (h, w, 3) uint8 RGB, 640 pixels at its long side.

    Example:
        >>> red = np.full((20, 10, 3), (200, 0, 0), np.uint8)
        >>> mug = Cutout(red, np.full((20, 10), 255, np.uint8), (False,) * 4, "mug")
        >>> staged = stage_product(mug, np.random.default_rng(1))
        >>> max(staged.shape), bool((staged[..., 1] < 60).any())
        (640, True)
    """
    height, width = _SIDES[random.integers(len(_SIDES))]
    canvas = _make_ground(height, width, random, scene)
    light = _sample_light(random)
    count = 1 if random.random() < _SINGLE_SHARE else int(random.integers(2, 5))
    degrees = _sample_tilt(random)
    for place in range(count):
        canvas = paste_product(
            cutout, _place(cutout, (height, width), (place, count), degrees, random), canvas, light
        )[0]
    return to_uint8(np.clip(canvas, 0, 255))


def _make_ground(
    height: int, width: int, random: np.random.Generator, scene: Pixels | None
) -> Float32Array:
    """White in a third of all cases; else a pale or coloured plain, a slope, or part of a photo."""
    kind = random.random()
    if kind < 0.35:
        return np.full((height, width, 3), 255, np.float32)
    if kind < 0.5:
        pale = random.uniform(225, 254) + random.normal(0, 3, 3)
        return np.broadcast_to(pale.astype(np.float32), (height, width, 3)).copy()
    if kind < 0.6:
        return np.broadcast_to(random.uniform(0, 256, 3).astype(np.float32), (height, width, 3)).copy()
    if kind < 0.75 or scene is None:
        slope = cv2.resize(make_gradient(256, random), (width, height))
        return np.asarray(slope, np.float32)
    return _crop_scene(scene, height, width, random).astype(np.float32)


def _crop_scene(scene: Pixels, height: int, width: int, random: np.random.Generator) -> Pixels:
    """Crop a part of a photo and resize it, out of focus in every third case."""
    high, wide = (min(side, max(8, round(side * random.uniform(0.4, 1)))) for side in scene.shape[:2])
    top = int(random.integers(scene.shape[0] - high + 1))
    left = int(random.integers(scene.shape[1] - wide + 1))
    part = cv2.resize(np.ascontiguousarray(scene[top : top + high, left : left + wide]), (width, height))
    if random.random() < 1 / 3:
        part = cv2.GaussianBlur(part, (0, 0), random.uniform(2, 12))
    return np.asarray(part, np.uint8)


def _sample_light(random: np.random.Generator) -> Light:
    """Choose a light that changes the product less than a composite's does: it should stay sellable."""
    has_shadow = random.random() < _SHADOW_SHARE
    return Light(
        colour_match=float(random.uniform(0, 0.1)),
        gain=random.normal(1, 0.015, 3).astype(np.float32),
        gamma=float(np.exp(random.normal(0, 0.06))),
        shadow_strength=float(random.uniform(0.1, 0.5)) if has_shadow else 0.0,
        shadow_offset=(float(random.normal(0, 0.02)), float(abs(random.normal(0, 0.02)))),
        shadow_blur=float(random.uniform(0.01, 0.05)),
    )


def _sample_tilt(random: np.random.Generator) -> float:
    """Degrees that a product leans."""
    if random.random() < _UPRIGHT_SHARE:
        return float(random.normal(0, 1))
    return float(random.choice([-1, 1]) * random.uniform(5, 30))


def _place(
    cutout: Cutout,
    sides: tuple[int, int],
    turn: tuple[int, int],
    degrees: float,
    random: np.random.Generator,
) -> Float32Array:
    """Choose where one of several copies goes: a (2, 3) affine map from the cut-out to the canvas."""
    span = _SPANS[random.choice(len(_SPANS), p=_SPAN_SHARES)] if turn[1] == 1 else (0.25, 0.55)
    (height, width), (product_height, product_width) = sides, cutout.alpha.shape
    scale = random.uniform(*span) * min(height / product_height, width / product_width)
    spread = 0.03 if random.random() < _CENTRED_SHARE else 0.17
    across = (turn[0] + 0.5) / turn[1] + random.normal(0, spread)
    down = 0.5 + random.normal(0, spread)
    angle = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([across * width, down * height]) - linear @ np.array(
        [product_width / 2, product_height / 2]
    )
    return np.column_stack([linear, shift]).astype(np.float32)

"""Furniture drawn on white: pale boards, boxes, legs and lamps with nothing written on them.

Photos of furniture that may be trained on are hard to come by, and the overlay network takes the soft
edges of a pale board on white for a see-through mark until it has seen some.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.measure.planes import as_bytes
from packshot.train.datasets.painting import colour_of, mix

Pixels: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
Random: TypeAlias = np.random.Generator
Box: TypeAlias = tuple[Floats, Floats]
"""Smallest and largest corner: across, up, towards the onlooker."""

_CORNERS: Final = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
_FACES: Final = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
_NORMALS: Final = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], float)
_TOP: Final = 3
_FRONT: Final = 5


def drawn_furniture(side: int, random: Random) -> Pixels:
    """A picture of one piece of furniture on white.

    Args:
        side: Of the square, pixels.
        random: Of every choice.

    Returns:
        (side, side, 3) uint8 RGB.
    """
    canvas = np.full((side, side, 3), 255, np.float32)
    if random.random() < 0.15:
        _lamp(canvas, random)
    else:
        _boxes(canvas, _KINDS[int(random.integers(len(_KINDS)))](random), random)
    canvas += random.normal(0, random.uniform(0, 1.5), canvas.shape).astype(np.float32)
    return as_bytes(np.clip(canvas, 0, 255).round())


def _table(random: Random) -> list[Box]:
    """A board on legs, perhaps with another board below."""
    width, depth, height = random.uniform(0.5, 1), random.uniform(0.3, 0.9), random.uniform(0.3, 0.8)
    thick, leg = random.uniform(0.02, 0.1), random.uniform(0.02, 0.1)
    boxes = [_box((0, height - thick, 0), (width, height, depth))]
    boxes += [
        _box((x, 0, z), (x + leg, height - thick, z + leg))
        for x in (0.0, width - leg)
        for z in (0.0, depth - leg)
    ]
    if random.random() < 0.4:
        low = random.uniform(0.1, 0.5) * height
        boxes.append(_box((0, low, 0), (width, low + thick, depth)))
    return boxes


def _shelf(random: Random) -> list[Box]:
    """Boards between uprights."""
    width, depth, height = random.uniform(0.3, 1), random.uniform(0.15, 0.4), random.uniform(0.5, 1)
    thick = random.uniform(0.015, 0.06)
    boxes = [
        _box((x, 0, 0), (x + thick, height, depth)) for x in np.linspace(0, width, random.integers(2, 5))
    ]
    levels = np.linspace(random.uniform(0, 0.15), height - thick, int(random.integers(2, 7)))
    return boxes + [_box((0, y, 0), (width + thick, y + thick, depth)) for y in levels]


def _cabinet(random: Random) -> list[Box]:
    """A box with drawers or doors before it."""
    width, depth, height = random.uniform(0.4, 1), random.uniform(0.3, 0.6), random.uniform(0.4, 1)
    boxes = [_box((0, 0.05, 0), (width, height, depth))]
    rows, columns = int(random.integers(1, 5)), int(random.integers(1, 4))
    gap = 0.012
    for row in range(rows):
        for column in range(columns):
            left, low = column * width / columns, 0.05 + row * (height - 0.05) / rows
            right, high = left + width / columns, low + (height - 0.05) / rows
            boxes.append(_box((left + gap, low + gap, depth), (right - gap, high - gap, depth + 0.02)))
    return boxes


def _chair(random: Random) -> list[Box]:
    """A seat on legs with a back of slats; a wide one is a bench or a bed."""
    width, depth, seat = random.uniform(0.3, 1), random.uniform(0.35, 0.8), random.uniform(0.2, 0.5)
    leg, thick = random.uniform(0.02, 0.07), random.uniform(0.03, 0.15)
    boxes = [_box((0, seat, 0), (width, seat + thick, depth))]
    boxes += [
        _box((x, 0, z), (x + leg, seat, z + leg)) for x in (0.0, width - leg) for z in (0.0, depth - leg)
    ]
    top, slats = seat + random.uniform(0.3, 0.6), int(random.integers(1, 7))
    wide = width / slats * random.uniform(0.3, 1)
    boxes += [_box((x, seat + thick, 0), (x + wide, top, leg)) for x in np.arange(slats) * width / slats]
    return [*boxes, _box((0, top, 0), (width, top + thick, leg))]


_KINDS: Final[tuple[Callable[[Random], list[Box]], ...]] = (_table, _shelf, _cabinet, _chair)


def _box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Box:
    return np.array(low, float), np.array(high, float)


def _boxes(canvas: NDArray[np.float32], boxes: list[Box], random: Random) -> None:
    """Paint boxes as a camera sees them, the farthest face first."""
    eye = _rotation(random.uniform(-0.8, 0.8), random.uniform(0.05, 0.5))
    corners = [low + _CORNERS * (high - low) for low, high in boxes]
    centre = np.concatenate(corners).mean(axis=0)
    seen = [(points - centre) @ eye.T for points in corners]
    distance = random.uniform(2.2, 5)
    flat = [points[:, :2] / (distance - points[:, 2:]) * [1, -1] for points in seen]
    every = np.concatenate(flat)
    span = canvas.shape[0] * random.uniform(0.55, 0.95) / np.ptp(every, axis=0).max()
    middle = (every.max(axis=0) + every.min(axis=0)) / 2
    place = canvas.shape[0] * (0.5 + random.normal(0, 0.02, 2))
    drawn = [(points - middle) * span + place for points in flat]
    if random.random() < 0.5:
        _shadow(canvas, np.concatenate(drawn), random)
    colours = [colour_of(random)] * len(boxes)
    if random.random() < 0.3:
        colours = [colour_of(random) for _ in boxes]
    light = _light(random)
    facing = [face for face in range(len(_FACES)) if (_NORMALS[face] @ eye.T)[2] > 0]
    faces = [(box, face) for box in range(len(boxes)) for face in facing]
    faces.sort(key=lambda one: float(seen[one[0]][list(_FACES[one[1]]), 2].mean()))
    for box, face in faces:
        _face(canvas, drawn[box][list(_FACES[face])], colours[box] * light[face], random)


def _rotation(turn: float, tilt: float) -> Floats:
    """Of the scene before a camera that looks along the third axis."""
    across = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    up = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    rotation: Floats = up @ across
    return rotation


def _light(random: Random) -> Floats:
    """Of each face: the top is bright, the sides differ by a little or by much."""
    light = random.uniform(0.78, 1.0, len(_FACES))
    light[_TOP] = random.uniform(0.96, 1.04)
    light[_FRONT] = random.uniform(0.88, 1.02)
    return light


def _face(canvas: NDArray[np.float32], corners: Floats, colour: Floats, random: Random) -> None:
    """Fill a face, a little lighter towards one corner; its outline shows now and then."""
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    left, top, width, height = cv2.boundingRect(mask)
    if not width or not height:
        return
    part = (slice(top, top + height), slice(left, left + width))
    slope = cv2.resize(random.normal(1, 0.02, (2, 2)), (width, height), interpolation=cv2.INTER_LINEAR)
    mix(canvas, part, mask[part], colour * np.asarray(slope)[..., None])
    if random.random() < 0.3:
        edge = np.zeros_like(mask)
        cv2.polylines(edge, [np.round(corners * 16).astype(np.int32)], True, 255, 1, cv2.LINE_AA, 4)
        mix(canvas, part, as_bytes(edge[part] * random.uniform(0.2, 0.7)), colour * 0.75)


def _shadow(canvas: NDArray[np.float32], points: Floats, random: Random) -> None:
    """A soft shadow on the ground below."""
    (left, _), (right, low) = points.min(axis=0), points.max(axis=0)
    dark = np.zeros(canvas.shape[:2], np.float32)
    size = ((right - left) * random.uniform(0.4, 0.6), (right - left) * random.uniform(0.02, 0.12))
    cv2.ellipse(dark, (((left + right) / 2, low - size[1] / 2), (2 * size[0], size[1]), 0.0), 1.0, -1)
    soft = cv2.GaussianBlur(dark, (0, 0), canvas.shape[0] * random.uniform(0.01, 0.04))
    canvas -= np.asarray(soft)[..., None] * random.uniform(10, 70)


def _lamp(canvas: NDArray[np.float32], random: Random) -> None:
    """A round or ribbed shade on a stem."""
    side, whole = canvas.shape[0], (slice(None), slice(None))
    middle, top = side * random.uniform(0.4, 0.6), side * random.uniform(0.25, 0.45)
    across, up = side * random.uniform(0.12, 0.32), side * random.uniform(0.1, 0.22)
    foot, thick = side * random.uniform(0.7, 0.92), int(random.integers(1, 9))
    stem = np.zeros(canvas.shape[:2], np.uint8)
    cv2.line(stem, (int(middle), int(top)), (int(middle), int(foot)), 255, thick, cv2.LINE_AA)
    cv2.ellipse(stem, ((middle, foot), (across, across * 0.3), 0.0), 255, -1, cv2.LINE_AA)
    mix(canvas, whole, stem, colour_of(random))
    rows, columns = np.mgrid[:side, :side]
    offset = (columns - middle) / across
    inside = offset**2 + ((rows - top) / up) ** 2
    ribs = 1 - random.uniform(0, 0.12) * (np.sin(offset * random.uniform(8, 40)) > 0.6)
    shade = (1 - random.uniform(0.02, 0.25) * np.clip(inside, 0, 1)) * ribs
    alpha = as_bytes(np.clip((1 - inside) * across / 2, 0, 1) * 255)
    mix(canvas, whole, alpha, colour_of(random) * shade[..., None])

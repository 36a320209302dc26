"""Furniture drawn on white: pale boards, boxes, glass, checked cloth and lamps, with nothing over them.

Photos of furniture that may be trained on are hard to come by, and the overlay network takes the soft
edges of a pale board on white, a pane of glass and a checked cover for see-through marks until it has
seen some.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.cloth import CLOTH_SIDE, draw_cloth
from packshot.train.datasets.painting import blend, sample_colour
from packshot.train.datasets.round_furniture import draw_round_furniture

Box: TypeAlias = tuple[Float64Array, Float64Array]
"""Smallest and largest corner: across, up, towards the onlooker."""

_CORNERS: Final = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
"""Corners of the unit box."""

_FACES: Final = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
"""Corners of each face, in turn around it."""

_NORMALS: Final = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], float)
"""Direction that each face looks."""

_TOP: Final = 3
"""Number of the face that looks up."""

_FRONT: Final = 5
"""Number of the face that looks towards the onlooker."""


@dataclass(frozen=True, eq=False)
class Finish:
    """The material of a piece.

    Attributes:
        cloth: Covers every face; None for paint.
        opacity: Less than 1 for glass.

    Example:
        >>> glass = Finish(opacity=0.3)
        >>> glass.cloth is None, glass.opacity
        (True, 0.3)
    """

    cloth: Float32Array | None = None
    opacity: float = 1.0


def draw_furniture(side: int, random: np.random.Generator) -> Pixels:
    """Draw a picture of one piece of furniture on white.

    Args:
        side: Of the square, pixels.
        random: Of every choice.

    Returns:
        (side, side, 3) uint8 RGB.

    Example:
        >>> picture = draw_furniture(96, np.random.default_rng(1))
        >>> picture.shape, bool(picture[0, 0].min() > 245), bool(picture.min() < 230)
        ((96, 96, 3), True, True)
    """
    canvas = np.full((side, side, 3), 255, np.float32)
    if random.random() < 0.3:
        draw_round_furniture(canvas, random)
    else:
        _draw_boxes(canvas, _BUILDERS[int(random.integers(len(_BUILDERS)))](random), random)
    canvas += random.normal(0, random.uniform(0, 1.5), canvas.shape).astype(np.float32)
    return to_uint8(np.clip(canvas, 0, 255).round())


def _build_table(random: np.random.Generator) -> list[Box]:
    """Build a board on legs, perhaps with another board below."""
    width, depth, height = random.uniform(0.5, 1), random.uniform(0.3, 0.9), random.uniform(0.3, 0.8)
    thick, leg = random.uniform(0.02, 0.1), random.uniform(0.02, 0.1)
    boxes = [_make_box((0, height - thick, 0), (width, height, depth))]
    boxes += [
        _make_box((x, 0, z), (x + leg, height - thick, z + leg))
        for x in (0.0, width - leg)
        for z in (0.0, depth - leg)
    ]
    if random.random() < 0.4:
        low = random.uniform(0.1, 0.5) * height
        boxes.append(_make_box((0, low, 0), (width, low + thick, depth)))
    return boxes


def _build_shelf(random: np.random.Generator) -> list[Box]:
    """Build boards between uprights."""
    width, depth, height = random.uniform(0.3, 1), random.uniform(0.15, 0.4), random.uniform(0.5, 1)
    thick = random.uniform(0.015, 0.06)
    boxes = [
        _make_box((x, 0, 0), (x + thick, height, depth))
        for x in np.linspace(0, width, random.integers(2, 5))
    ]
    levels = np.linspace(random.uniform(0, 0.15), height - thick, int(random.integers(2, 7)))
    return boxes + [_make_box((0, y, 0), (width + thick, y + thick, depth)) for y in levels]


def _build_cabinet(random: np.random.Generator) -> list[Box]:
    """Build a box with drawers or doors before it."""
    width, depth, height = random.uniform(0.4, 1), random.uniform(0.3, 0.6), random.uniform(0.4, 1)
    boxes = [_make_box((0, 0.05, 0), (width, height, depth))]
    rows, columns = int(random.integers(1, 5)), int(random.integers(1, 4))
    gap = 0.012
    for row in range(rows):
        for column in range(columns):
            left, low = column * width / columns, 0.05 + row * (height - 0.05) / rows
            right, high = left + width / columns, low + (height - 0.05) / rows
            boxes.append(
                _make_box((left + gap, low + gap, depth), (right - gap, high - gap, depth + 0.02))
            )
    return boxes


def _build_chair(random: np.random.Generator) -> list[Box]:
    """Build a seat on legs with a back of slats; a wide one is a bench or a bed."""
    width, depth, seat = random.uniform(0.3, 1), random.uniform(0.35, 0.8), random.uniform(0.2, 0.5)
    leg, thick = random.uniform(0.02, 0.07), random.uniform(0.03, 0.15)
    boxes = [_make_box((0, seat, 0), (width, seat + thick, depth))]
    boxes += [
        _make_box((x, 0, z), (x + leg, seat, z + leg))
        for x in (0.0, width - leg)
        for z in (0.0, depth - leg)
    ]
    top, slats = seat + random.uniform(0.3, 0.6), int(random.integers(1, 7))
    wide = width / slats * random.uniform(0.3, 1)
    boxes += [
        _make_box((x, seat + thick, 0), (x + wide, top, leg)) for x in np.arange(slats) * width / slats
    ]
    return [*boxes, _make_box((0, top, 0), (width, top + thick, leg))]


_BUILDERS: Final[tuple[Callable[[np.random.Generator], list[Box]], ...]] = (
    _build_table,
    _build_shelf,
    _build_cabinet,
    _build_chair,
)


def _make_box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Box:
    return np.array(low, float), np.array(high, float)


def _draw_boxes(canvas: Float32Array, boxes: list[Box], random: np.random.Generator) -> None:
    """Paint boxes as a camera sees them, the farthest face first."""
    eye = _make_rotation(random.uniform(-0.8, 0.8), random.uniform(0.05, 0.5))
    corners = [low + _CORNERS * (high - low) for low, high in boxes]
    centre = np.concatenate(corners).mean(axis=0)
    camera_points = [(points - centre) @ eye.T for points in corners]
    distance = random.uniform(2.2, 5)
    projected = [points[:, :2] / (distance - points[:, 2:]) * [1, -1] for points in camera_points]
    all_points = np.concatenate(projected)
    span = canvas.shape[0] * random.uniform(0.55, 0.95) / np.ptp(all_points, axis=0).max()
    middle = (all_points.max(axis=0) + all_points.min(axis=0)) / 2
    image_centre = canvas.shape[0] * (0.5 + random.normal(0, 0.02, 2))
    image_points = [(points - middle) * span + image_centre for points in projected]
    if random.random() < 0.5:
        _draw_shadow(canvas, np.concatenate(image_points), random)
    colours = [sample_colour(random)] * len(boxes)
    if random.random() < 0.3:
        colours = [sample_colour(random) for _ in boxes]
    light, finish = _sample_light(random), _sample_finish(random)
    facing = [face for face in range(len(_FACES)) if (_NORMALS[face] @ eye.T)[2] > 0]
    faces = [(box, face) for box in range(len(boxes)) for face in facing]
    faces.sort(key=lambda one: float(camera_points[one[0]][list(_FACES[one[1]]), 2].mean()))
    for box, face in faces:
        _draw_face(
            canvas, image_points[box][list(_FACES[face])], colours[box], light[face], finish, random
        )


def _sample_finish(random: np.random.Generator) -> Finish:
    """Choose paint, in three cases of ten cloth, in one glass."""
    kind = random.random()
    if kind < 0.3:
        return Finish(cloth=draw_cloth(random))
    return Finish(opacity=random.uniform(0.15, 0.6)) if kind < 0.4 else Finish()


def _make_rotation(turn: float, tilt: float) -> Float64Array:
    """Make the rotation of the scene before a camera that looks along the third axis."""
    across = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    up = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    rotation: Float64Array = up @ across
    return rotation


def _sample_light(random: np.random.Generator) -> Float64Array:
    """Choose the light of each face: the top is bright, the sides differ by a little or by much."""
    light = random.uniform(0.78, 1.0, len(_FACES))
    light[_TOP] = random.uniform(0.96, 1.04)
    light[_FRONT] = random.uniform(0.88, 1.02)
    return light


def _draw_face(
    canvas: Float32Array,
    corners: Float64Array,
    colour: Float64Array,
    light: float,
    finish: Finish,
    random: np.random.Generator,
) -> None:
    """Fill a face, a little lighter towards one corner; its outline shows now and then."""
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    left, top, width, height = cv2.boundingRect(mask)
    if not width or not height:
        return
    part = (slice(top, top + height), slice(left, left + width))
    slope = cv2.resize(random.normal(1, 0.02, (2, 2)), (width, height), interpolation=cv2.INTER_LINEAR)
    surface = colour
    if finish.cloth is not None:
        surface = _project_cloth(finish.cloth, corners - (left, top), (width, height))
    shaded = surface * light * np.asarray(slope)[..., None]
    blend(canvas, part, to_uint8(mask[part] * finish.opacity), shaded)
    if random.random() < 0.3:
        edge = np.zeros_like(mask)
        cv2.polylines(edge, [np.round(corners * 16).astype(np.int32)], True, 255, 1, cv2.LINE_AA, 4)
        blend(canvas, part, to_uint8(edge[part] * random.uniform(0.2, 0.7)), colour * 0.75)


def _project_cloth(cloth: Float32Array, corners: Float64Array, size: tuple[int, int]) -> Float64Array:
    """Lay cloth on a face."""
    cloth_corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * CLOTH_SIDE
    homography = cv2.getPerspectiveTransform(cloth_corners, corners.astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(cloth, homography, size, borderMode=cv2.BORDER_REPLICATE), float
    )


def _draw_shadow(canvas: Float32Array, points: Float64Array, random: np.random.Generator) -> None:
    """Draw a soft shadow on the ground below."""
    (left, _), (right, low) = points.min(axis=0), points.max(axis=0)
    dark = np.zeros(canvas.shape[:2], np.float32)
    size = ((right - left) * random.uniform(0.4, 0.6), (right - left) * random.uniform(0.02, 0.12))
    cv2.ellipse(dark, (((left + right) / 2, low - size[1] / 2), (2 * size[0], size[1]), 0.0), 1.0, -1)
    soft = cv2.GaussianBlur(dark, (0, 0), canvas.shape[0] * random.uniform(0.01, 0.04))
    canvas -= np.asarray(soft)[..., None] * random.uniform(10, 70)

"""Whitening around a product that no outline holds: what is not the paper's very colour stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance import whiten
from packshot.enhance.whiten import Backdrop, enlarge, measure_steepness
from packshot.measure.background import find_border_region
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import average_blocks


@dataclass(frozen=True)
class ProtectionLimits:
    """Limits of what is the paper's very colour, and of edges that whitening may draw.

    Tried on 118 products of the training split before grey paper, 30 of which the outline does not hold
    (docs/decisions/0036-optimize-towards-a-policy.md): with these, 7 of the 30 are whitened, their
    insides changed by .2 CIEDE2000 at most; of the others at least .2 and up to 2.3 would be lost.

    Attributes:
        same_colour: Share of the paper's colour by which a pixel may differ and still be paper; noise is
            added.
        colour_ramp: Share over which that fades out.
        no_product: Likelihood of product, 0..1, up to which a place is whitened whatever its colour: a
            shadow keeps its proportion.
        product: Likelihood from which only the paper's very colour is.
        rim: Pixels at working size: how far the paper reaches into the soft rim of what it surrounds.
        feather_sigma: Pixels, standard deviation of the blur of the result, so that no seam shows.
        new_edge: Grey levels a pixel, of the change: steeper is an edge.
        level: Grey levels a pixel, of the photo: where it is less steep, within `reach`, there was none.
        reach: Pixels, sides of the square in which an edge of the photo explains one of the change.
        max_new_edges: Pixels of new edges, for each pixel of the longer side at working size.

    Example:
        >>> LIMITS.no_product < LIMITS.product
        True
    """

    same_colour: float = 0.012
    colour_ramp: float = 0.012
    no_product: float = 0.2
    product: float = 0.8
    rim: int = 2
    feather_sigma: float = 1.0
    new_edge: float = 1.5
    level: float = 2.0
    reach: int = 7
    max_new_edges: float = 0.6


LIMITS: Final = ProtectionLimits()


def protect_product(pixels: Pixels, backdrop: Backdrop, likely: Float32Array) -> Backdrop:
    """Take the product out of what a backdrop would whiten.

    White furniture before grey paper has faces that differ from it by a few levels and no outline that
    is steep: a background that grows through all that is nearly white runs into them. Here it keeps to
    the paper's very colour, as far as that is connected with the border, wherever the mask network sees
    a product or is not sure; elsewhere it is what it was.

    Args:
        pixels: (H, W, 3) uint8.
        backdrop: Of them.
        likely: (h, w) likelihood of product, 0..1, at the backdrop's size.

    Example:
        >>> from packshot.enhance.whiten import find_backdrop
        >>> scene = np.full((200, 200, 3), 230, np.uint8)
        >>> scene[60:140, 60:140] = 238
        >>> likely = np.zeros((200, 200), np.float32)
        >>> likely[60:140, 60:140] = 1
        >>> loose = find_backdrop(scene, product_may_be_lighter=True)
        >>> protected = protect_product(scene, loose, likely)
        >>> float(protected.coverage[100, 100]), round(float(protected.coverage[20, 20]), 2)
        (0.0, 1.0)
    """
    height, width = backdrop.coverage.shape
    small = _shrink(pixels)
    share = np.asarray(small / np.maximum(enlarge(backdrop.colour_field, width, height), 1), np.float32)
    deviation = np.abs(cv2.GaussianBlur(share, (0, 0), 1.0) - 1).max(axis=2)
    tolerance = LIMITS.same_colour + backdrop.noise / 255
    likeness = 1 - _ramp(deviation, tolerance, tolerance + LIMITS.colour_ramp)
    is_paper = to_uint8((likeness > 0.5) & (backdrop.coverage > 0.5)) * np.uint8(255)
    side = 2 * LIMITS.rim + 1
    reached = cv2.dilate(find_border_region(is_paper), np.ones((side, side), np.uint8)) > 0
    is_free = 1 - _ramp(likely, LIMITS.no_product, LIMITS.product)
    coverage = backdrop.coverage * np.maximum(likeness * reached, is_free)
    soft = cv2.GaussianBlur(coverage.astype(np.float32), (0, 0), LIMITS.feather_sigma)
    return replace(backdrop, coverage=np.asarray(soft, np.float32))


def measure_new_edges(pixels: Pixels, changed: Pixels) -> float:
    """Measure the edges that a change draws where a photo has none: a face half of which became white.

    Args:
        pixels: (H, W, 3) uint8.
        changed: The same, changed.

    Returns:
        Pixels of such edges, for each pixel of the longer side, at the size that whitening works in.

    Example:
        >>> plain = np.full((100, 100, 3), 230, np.uint8)
        >>> half = plain.copy()
        >>> half[:, :50] = 255
        >>> measure_new_edges(plain, plain), measure_new_edges(plain, half) > 1
        (0.0, True)
    """
    before, after = _shrink(pixels), _shrink(changed)
    change = np.asarray(after.astype(np.float32).mean(axis=2) - before.mean(axis=2), np.float32)
    square = np.ones((LIMITS.reach,) * 2, np.uint8)
    is_level = cv2.dilate(measure_steepness(before), square) < LIMITS.level
    edges = (measure_steepness(change) > LIMITS.new_edge) & is_level
    return float(np.count_nonzero(edges) / max(edges.shape))


def _shrink(pixels: Pixels) -> Pixels:
    """Bring a photo to the size that whitening works in."""
    return average_blocks(pixels, -(-max(pixels.shape[:2]) // whiten.LIMITS.working_side))


def _ramp(values: Float32Array, low: float, high: float) -> Float32Array:
    """0 up to one limit, 1 from the other on, smooth between."""
    position = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(position * position * (3 - 2 * position), np.float32)

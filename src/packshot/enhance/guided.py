"""The guided filter: smoothing that keeps edges."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array
from packshot.errors import InvalidInput


def guided_filter(
    guide: Float32Array, values: Float32Array, radius: int, smoothness: float
) -> Float32Array:
    """Apply the guided filter (He, Sun, Tang, ECCV 2010, eq. 5, 6 and 8), channel by channel.

    In every window `values` is described by a line in `guide`; a pixel gets the mean of its
    windows' lines. Windows reach beyond the picture by mirroring it.

    Args:
        guide: (H, W) or (H, W, C) float32, edges of which are kept.
        values: What is smoothed, of the same shape.
        radius: Of the windows of (2 radius + 1)^2 pixels, at least 1.
        smoothness: Epsilon, above 0.

    Returns:
        The same shape.

    Raises:
        InvalidInput: Shapes that differ, a radius below 1, a smoothness of 0 or less.

    Example:
        >>> import numpy as np
        >>> step = np.repeat(np.float32([[0.2, 0.22, 0.2, 0.8, 0.82, 0.8]]), 6, axis=0)
        >>> smooth = guided_filter(step, step, radius=1, smoothness=0.01)
        >>> (10 * smooth[3]).round().tolist()  # the edge stays
        [2.0, 2.0, 2.0, 8.0, 8.0, 8.0]
    """
    if guide.shape != values.shape or radius < 1 or smoothness <= 0:
        raise InvalidInput(
            f"guided filter: needs equal shapes, a radius from 1 and a smoothness above 0, got "
            f"{guide.shape}, {values.shape}, {radius}, {smoothness}"
        )
    guide_mean, values_mean = _window_mean(guide, radius), _window_mean(values, radius)
    variance = _window_mean(guide * guide, radius) - guide_mean * guide_mean
    covariance = _window_mean(guide * values, radius) - guide_mean * values_mean
    slope = np.asarray(covariance / (variance + smoothness), np.float32)
    offset = values_mean - slope * guide_mean
    return _window_mean(slope, radius) * guide + _window_mean(offset, radius)


def _window_mean(values: Float32Array, radius: int) -> Float32Array:
    side = 2 * radius + 1
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

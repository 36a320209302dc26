"""What piq takes."""

from typing import Any

import numpy as np


def to_tensor(pixels: np.ndarray) -> Any:
    """RGB pixels (H, W, 3), uint8, as (1, 3, H, W) in 0..1."""
    import torch

    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255

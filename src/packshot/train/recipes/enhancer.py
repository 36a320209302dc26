"""Recipe 5: a trained enhancement network to the model that ships."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch

from packshot.enhance.network import STRIDE, VIEW_SIDE
from packshot.errors import ModelError
from packshot.scratch import Scratch
from packshot.train.export import annotate, export_tiles
from packshot.train.networks.enhancement.generator import PixelsToPixels
from packshot.train.networks.enhancement.variants import build_network


def write_enhancer(checkpoint: Path, path: Path, name: str = "full") -> None:
    """Export the best running average of a run.

    Args:
        checkpoint: ``best.pt`` of the run.
        path: Of the ONNX file.
        name: Which network of `VARIANTS` the run trained.

    Raises:
        ModelError: No checkpoint of this network.

    Example:
        >>> write_enhancer(Path("missing.pt"), Path("enhancer.onnx"))
        Traceback (most recent call last):
        packshot.errors.ModelError: missing.pt is no checkpoint of the network full: ...
    """
    network = build_network(name)
    try:
        weights = torch.load(checkpoint, weights_only=True, map_location="cpu")
        network.load_state_dict(weights["network"])
    except (OSError, KeyError, RuntimeError) as error:
        raise ModelError(f"{checkpoint} is no checkpoint of the network {name}: {error}") from error
    with Scratch() as scratch:
        plain = scratch.folder / "plain.onnx"
        export_tiles(PixelsToPixels(network).eval(), VIEW_SIDE, STRIDE, plain)
        onnx.checker.check_model(str(plain))
        annotate(plain, network=name, step=str(weights["step"]))
        path.write_bytes(plain.read_bytes())

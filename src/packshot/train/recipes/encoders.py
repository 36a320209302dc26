"""Recipe 1: the frozen view encoders, exported and quantised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, Pixels, native_view, whole_view
from packshot.photo import Photo
from packshot.train.datasets.damaged import JUDGED_SIDE
from packshot.train.export import Inputs, export, quantise
from packshot.train.networks.efficientnet_lite import Variant, load_pretrained
from packshot.train.networks.statistics import ViewNetwork

CONTENT_FILE = "content.onnx"
NATIVE_FILE = "native.onnx"
_OUTPUTS = ["content", "statistics"]


def export_encoders(
    checkpoint: Path, calibration: Sequence[Path], folder: Path, variant: Variant = "lite0"
) -> tuple[Path, Path]:
    """Make the content encoder and the frozen trunk of the distortion encoder.

    Args:
        checkpoint: A released EfficientNet-Lite state dictionary.
        calibration: Photos whose activations set the quantisation ranges; about a hundred.
        folder: Where the two ONNX files go.
        variant: Which network the checkpoint holds.

    Returns:
        Paths of the content encoder and of the native trunk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = ViewNetwork(load_pretrained(str(checkpoint), variant)).eval()
    content, native = folder / CONTENT_FILE, folder / NATIVE_FILE
    _export_view(network, WHOLE_SIDE, content, lambda: _views(calibration, whole_view))
    _export_view(network, NATIVE_SIDE, native, lambda: _views(calibration, native_view))
    return content, native


def _export_view(
    network: ViewNetwork, side: int, path: Path, calibration: Callable[[], Iterator[Inputs]]
) -> None:
    plain = path.with_suffix(".float.onnx")
    export(network, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, _OUTPUTS, plain)
    quantise(plain, path, calibration())
    plain.unlink()


def _views(paths: Sequence[Path], view: Callable[[Pixels], Pixels]) -> Iterator[Inputs]:
    for path in paths:
        yield {"pixels": view(Photo.open(path, max_side=JUDGED_SIDE).pixels)[None]}

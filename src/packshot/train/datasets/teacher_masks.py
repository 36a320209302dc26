"""Soft product masks of real photos by a teacher network, each computed once.

The teacher is U2-Net (small), Qin et al., "U2-Net: Going deeper with nested U-structure for salient
object detection", Pattern Recognition 2020, as an ONNX file. It is far too slow to ship.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.encode.model import Model
from packshot.errors import UnreadablePhoto
from packshot.files import atomic_write
from packshot.photo import Photo
from packshot.train.progress import Progress

STORED_SIDE: Final = 288
"""Photos and masks are kept as squares of this side: a little more than the network sees."""

_TEACHER_SIDE: Final = 320
"""Pixels of a side that the teacher was trained on."""

_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
"""Of ImageNet, 0..1, as the teacher was trained."""

_DEVIATION: Final = np.array([0.229, 0.224, 0.225], np.float32)
"""Likewise."""

_SUBJECT_PROBABILITY: Final = 0.5
"""Probability, 0..1, above which a pixel is subject."""


@dataclass(frozen=True, eq=False)
class TeacherMask:
    """A photo and the teacher's mask of its subject.

    Attributes:
        pixels: (S, S, 3) uint8 RGB, squeezed to a square.
        mask: (S, S) uint8, 255 times the teacher's probability.

    Example:
        >>> mask = np.zeros((10, 10), np.uint8)
        >>> mask[:5] = 255
        >>> one = TeacherMask(np.zeros((10, 10, 3), np.uint8), mask)
        >>> one.area, one.uncertainty, one.peak_probability
        (0.5, 0.0, 1.0)
    """

    pixels: Pixels
    mask: Pixels

    @property
    def area(self) -> float:
        """Share of the photo, 0..1, that is likelier subject than not."""
        return float((self.mask > 255 * _SUBJECT_PROBABILITY).mean())

    @property
    def uncertainty(self) -> float:
        """Mean distance of the probabilities from 0 and 1, relative to the subject's area; 0 is none."""
        unsure = np.minimum(self.mask, 255 - self.mask).astype(np.float32)
        return float(unsure.mean() / 255 / max(self.area, 1e-3))

    @property
    def peak_probability(self) -> float:
        """The probability, 0..1, that only a hundredth of the photo exceeds."""
        return float(np.percentile(self.mask, 99) / 255)


def is_held_out(name: str, parts: int = 5) -> bool:
    """Return whether a photo is kept for validation: one in `parts`, by its name alone.

    Example:
        >>> 150 < sum(is_held_out(f"{number}.jpg") for number in range(1000)) < 250
        True
    """
    return zlib.crc32(name.encode()) % parts == 0


def load_teacher_masks(
    photos: Iterable[Path], teacher: Path, folder: Path, progress: Progress
) -> list[TeacherMask]:
    """Load the teacher's masks of photos; ask it only for those that are not in the folder yet.

    Args:
        photos: Files; those that cannot be read are left out.
        teacher: The ONNX file.
        folder: Of the answers, created if need be.
        progress: Told about progress.

    Example:
        >>> import onnx
        >>> sizes = {"photo": [1, 3, 320, 320], "subject": [1, 1, 320, 320]}
        >>> ends = [[onnx.helper.make_tensor_value_info(n, 1, s)] for n, s in sizes.items()]
        >>> brightest = onnx.helper.make_node("ReduceMax", ["photo"], ["subject"], axes=[1])
        >>> graph = onnx.helper.make_graph([brightest], "teacher", *ends)
        >>> opset = onnx.helper.make_opsetid("", 17)
        >>> onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), "teacher.onnx")
        >>> photos = [Path("examples/photos/mug.jpg"), Path("gone.jpg")]
        >>> masks = load_teacher_masks(photos, Path("teacher.onnx"), Path("masks"), print)
        >>> [one.pixels.shape for one in masks], [path.name for path in Path("masks").iterdir()]
        ([(288, 288, 3)], ['photos-mug.npz'])
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = Model.from_path(teacher)
    masks: list[TeacherMask] = []
    for number, path in enumerate(photos):
        stored = folder / f"{path.parent.name}-{path.stem}.npz"
        if not stored.exists():
            _predict_and_save(model, path, stored)
        if stored.exists():
            with np.load(stored) as archive:
                masks.append(TeacherMask(archive["pixels"], archive["mask"]))
        if number % 100 == 99:
            progress(f"  {number + 1} photos taught")
    return masks


def _predict_and_save(model: Model, path: Path, output: Path) -> None:
    """Ask the teacher and keep the answer, whole or not at all."""
    try:
        pixels = Photo.open(path, max_side=2 * STORED_SIDE).pixels
    except UnreadablePhoto:
        return
    small = _resize_square(pixels, STORED_SIDE)
    mask = _resize_square(predict_saliency(model, pixels), STORED_SIDE)
    with atomic_write(output) as draft, draft.open("wb") as file:
        np.savez(file, pixels=small, mask=mask)


def predict_saliency(model: Model, pixels: Pixels) -> Pixels:
    """Compute the teacher's probability times 255, (320, 320) uint8.

    Args:
        model: The teacher.
        pixels: (H, W, 3) uint8 RGB.

    Example:
        >>> import onnx
        >>> sizes = {"photo": [1, 3, 320, 320], "subject": [1, 1, 320, 320]}
        >>> ends = [[onnx.helper.make_tensor_value_info(n, 1, s)] for n, s in sizes.items()]
        >>> brightest = onnx.helper.make_node("ReduceMax", ["photo"], ["subject"], axes=[1])
        >>> graph = onnx.helper.make_graph([brightest], "teacher", *ends)
        >>> opset = onnx.helper.make_opsetid("", 17)
        >>> onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), "teacher.onnx")
        >>> photo = np.zeros((640, 640, 3), np.uint8)
        >>> photo[:, 320:] = 255
        >>> predict_saliency(Model.from_path("teacher.onnx"), photo)[0, [0, 319]].tolist()
        [0, 255]
    """
    resized = _resize_square(pixels, _TEACHER_SIDE).astype(np.float32)
    scaled = (resized / max(float(resized.max()), 1.0) - _MEAN) / _DEVIATION
    name = model.session.get_inputs()[0].name
    outputs = model.run(**{name: scaled.transpose(2, 0, 1)[None]})
    first = outputs[model.output_names[0]][0, 0]
    return np.asarray(np.round(255 * np.clip(first, 0, 1)), np.uint8)


def _resize_square(values: Pixels, side: int) -> Pixels:
    return np.asarray(cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA), np.uint8)

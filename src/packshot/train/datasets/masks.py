"""Batches for the mask network: composites, empty scenes, and real photos with the teacher's masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from packshot.arrays import ByteArray
from packshot.measure.planes import to_uint8
from packshot.train.datasets.composites import Composer, MaskExample, simulate_camera
from packshot.train.datasets.cutouts import Cutout
from packshot.train.datasets.teacher_masks import TeacherMask

_CONFIDENT_AREA: Final = (0.04, 0.85)
"""Share of the photo, 0..1, that a subject may take for the teacher to be sure of it. A judgement, as
the next two."""

_MAX_UNCERTAINTY: Final = 0.2
"""Uncertainty of the teacher, see `TeacherMask.uncertainty`, up to which it is sure."""

_MAX_EMPTY_PEAK: Final = 0.35
"""Probability, 0..1, that a hundredth of the photo may exceed where there is no subject."""

_EXAMPLE_SHARES: Final = (0.55, 0.12, 0.33)
"""Of composites, of scenes without a product, of photos the teacher is sure of; their sum is 1. A
judgement."""


@dataclass(frozen=True, eq=False)
class MaskBatch:
    """A batch of B photos with their true masks.

    Attributes:
        pixels: (B, S, S, 3) uint8.
        mask: (B, S / 2, S / 2) float32, 0..1.
        present: (B,) float32, 1 with a product.

    Example:
        >>> example = MaskExample(np.zeros((8, 8, 3), np.uint8), np.full((8, 8), 255, np.uint8), 1.0)
        >>> batch = MaskBatch.from_examples([example, example])
        >>> tuple(batch.pixels.shape), tuple(batch.mask.shape), batch.mask.max().item()
        ((2, 8, 8, 3), (2, 4, 4), 1.0)
    """

    pixels: Tensor
    mask: Tensor
    present: Tensor

    @classmethod
    def from_examples(cls, examples: Sequence[MaskExample]) -> MaskBatch:
        """Stack examples; masks are averaged to half the side."""
        masks = [example.mask for example in examples]
        halved = [cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for mask in masks]
        return cls(
            torch.from_numpy(np.stack([example.pixels for example in examples])),
            torch.from_numpy(np.stack(halved).astype(np.float32) / 255),
            torch.tensor([example.present for example in examples]),
        )


def select_confident(masks: Sequence[TeacherMask]) -> list[TeacherMask]:
    """Select photos whose subject the teacher is sure of.

    Example:
        >>> mask = np.zeros((10, 10), np.uint8)
        >>> mask[3:7, 3:7] = 255
        >>> sure, unsure = (TeacherMask(np.zeros((10, 10, 3), np.uint8), m) for m in (mask, mask // 2))
        >>> select_confident([sure, unsure]) == [sure]
        True
    """
    return [
        one
        for one in masks
        if _CONFIDENT_AREA[0] <= one.area <= _CONFIDENT_AREA[1] and one.uncertainty <= _MAX_UNCERTAINTY
    ]


def select_empty(masks: Sequence[TeacherMask]) -> list[TeacherMask]:
    """Select photos in which the teacher sees no subject at all.

    Example:
        >>> pixels = np.zeros((4, 4, 3), np.uint8)
    >>> masks = [TeacherMask(pixels, np.full((4, 4), value, np.uint8)) for value in (9, 255)]
        >>> select_empty(masks) == masks[:1]
        True
    """
    return [one for one in masks if one.peak_probability <= _MAX_EMPTY_PEAK]


def extract_subject(teacher_mask: TeacherMask) -> Cutout:
    """Cut out a photo's subject by a mask that the teacher is sure of.

    Example:
        >>> mask = np.zeros((10, 10), np.uint8)
        >>> mask[5:, 3:7] = 255  # the frame cuts it off at the bottom
        >>> extract_subject(TeacherMask(np.zeros((10, 10, 3), np.uint8), mask)).cropped_sides
        (False, False, False, True)
    """
    alpha = teacher_mask.mask
    cropped_sides = [
        bool((line > 127).mean() > 0.02) for line in (alpha[:, 0], alpha[0], alpha[:, -1], alpha[-1])
    ]
    return Cutout(
        teacher_mask.pixels,
        alpha,
        (cropped_sides[0], cropped_sides[1], cropped_sides[2], cropped_sides[3]),
        "lifted",
    )


@dataclass(frozen=True, eq=False)
class MaskDataset(Dataset[MaskBatch]):
    """Batch by number: the same number gives the same batch.

    Attributes:
        composer: Makes composites.
        subjects: Photos of products, of whose masks the teacher is sure.
        empty_photos: Photos without a subject.
        batch_size: Photos in a batch.
        seed: Of every choice, together with the number.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pixels, mask = rng.integers(0, 256, (48, 48, 3), np.uint8), np.zeros((48, 48), np.uint8)
        >>> scene = TeacherMask(pixels, mask)
        >>> product = Cutout(pixels[:20, :10], np.full((20, 10), 255, np.uint8), (False,) * 4, "")
        >>> dataset = MaskDataset(Composer([product], [scene], 32), [scene], [scene], 2, seed=0)
        >>> bool(torch.equal(dataset[5].pixels, dataset[5].pixels)), tuple(dataset[5].mask.shape)
        (True, (2, 16, 16))
    """

    composer: Composer
    subjects: Sequence[TeacherMask]
    empty_photos: Sequence[TeacherMask]
    batch_size: int
    seed: int

    def __getitem__(self, number: int) -> MaskBatch:
        """The batch of a number."""
        random = np.random.default_rng((self.seed, number))
        return MaskBatch.from_examples([self._make_example(random) for _ in range(self.batch_size)])

    def _make_example(self, random: np.random.Generator) -> MaskExample:
        kind = int(random.choice(3, p=_EXAMPLE_SHARES))
        if kind == 0:
            return self.composer.compose(random)
        if kind == 1 and (not self.empty_photos or random.random() < 0.4):
            return self.composer.compose_empty(random)
        masks = self.empty_photos if kind == 1 else self.subjects
        teacher_mask = masks[int(random.integers(len(masks)))]
        return _augment_photo(teacher_mask, self.composer.side, random, present=float(kind == 2))


def _augment_photo(
    teacher_mask: TeacherMask, side: int, random: np.random.Generator, present: float
) -> MaskExample:
    """Crop, turn and treat a real photo a little, with the teacher's mask."""
    stored_side = teacher_mask.mask.shape[0]
    scale = side / stored_side * random.uniform(0.9, 1.35)
    turn = cv2.getRotationMatrix2D((stored_side / 2, stored_side / 2), random.normal(0, 6), scale)
    turn[:, 2] += side / 2 - stored_side / 2 + random.normal(0, 0.04, 2) * side
    if random.random() < 0.5:
        turn = turn @ np.array([[-1, 0, stored_side], [0, 1, 0], [0, 0, 1]])
    size = (side, side)
    pixels = cv2.warpAffine(teacher_mask.pixels, turn, size, borderMode=cv2.BORDER_REFLECT)
    mask = cv2.warpAffine(teacher_mask.mask, turn, size, borderMode=cv2.BORDER_REFLECT)
    final_mask: ByteArray = to_uint8(mask) if present else np.zeros((side, side), np.uint8)
    return MaskExample(simulate_camera(to_uint8(pixels).astype(np.float32), random), final_mask, present)

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
from packshot.measure.planes import as_bytes
from packshot.train.datasets.composites import Composer, Example, photographed
from packshot.train.datasets.cutouts import Cutout
from packshot.train.datasets.taught import Taught

_SURE_AREA: Final = (0.04, 0.85)
_LARGEST_DOUBT: Final = 0.2
_EMPTY_PEAK: Final = 0.35
_SHARES: Final = (0.55, 0.12, 0.33)
"""Of composites, of scenes without a product, of photos the teacher is sure of."""


@dataclass(frozen=True, eq=False)
class MaskBatch:
    """B photos with what the network should say of them.

    Attributes:
        pixels: (B, S, S, 3) uint8.
        mask: (B, S / 2, S / 2) float32, 0..1.
        present: (B,) float32, 1 with a product.
    """

    pixels: Tensor
    mask: Tensor
    present: Tensor

    @classmethod
    def of(cls, examples: Sequence[Example]) -> MaskBatch:
        """Stack examples; masks are averaged to half the side."""
        masks = [example.mask for example in examples]
        half = [cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for mask in masks]
        return cls(
            torch.from_numpy(np.stack([example.pixels for example in examples])),
            torch.from_numpy(np.stack(half).astype(np.float32) / 255),
            torch.tensor([example.present for example in examples]),
        )


def sure(answers: Sequence[Taught]) -> list[Taught]:
    """Photos whose subject the teacher is sure of."""
    return [
        one
        for one in answers
        if _SURE_AREA[0] <= one.area <= _SURE_AREA[1] and one.doubt <= _LARGEST_DOUBT
    ]


def empty(answers: Sequence[Taught]) -> list[Taught]:
    """Photos in which the teacher sees no subject at all."""
    return [one for one in answers if one.peak <= _EMPTY_PEAK]


def lifted(answer: Taught) -> Cutout:
    """A photo's subject as a cut-out, by a mask that the teacher is sure of."""
    alpha = answer.mask
    cut = [bool((line > 127).mean() > 0.02) for line in (alpha[:, 0], alpha[0], alpha[:, -1], alpha[-1])]
    return Cutout(answer.pixels, alpha, (cut[0], cut[1], cut[2], cut[3]), "lifted")


@dataclass(frozen=True, eq=False)
class MaskExamples(Dataset[MaskBatch]):
    """Batch by number: the same number gives the same batch.

    Attributes:
        composer: Makes composites.
        subjects: Photos of products, of whose masks the teacher is sure.
        nothing: Photos without a subject.
        batch: Photos in a batch.
        seed: Of every choice, together with the number.
    """

    composer: Composer
    subjects: Sequence[Taught]
    nothing: Sequence[Taught]
    batch: int
    seed: int

    def __getitem__(self, number: int) -> MaskBatch:
        """The batch of a number."""
        random = np.random.default_rng((self.seed, number))
        return MaskBatch.of([self._example(random) for _ in range(self.batch)])

    def _example(self, random: np.random.Generator) -> Example:
        kind = int(random.choice(3, p=_SHARES))
        if kind == 0:
            return self.composer.compose(random)
        if kind == 1 and (not self.nothing or random.random() < 0.4):
            return self.composer.empty(random)
        answers = self.nothing if kind == 1 else self.subjects
        answer = answers[int(random.integers(len(answers)))]
        return _seen(answer, self.composer.side, random, present=float(kind == 2))


def _seen(answer: Taught, side: int, random: np.random.Generator, present: float) -> Example:
    """A real photo, a little cropped, turned and treated, with the teacher's mask."""
    stored = answer.mask.shape[0]
    scale = side / stored * random.uniform(0.9, 1.35)
    turn = cv2.getRotationMatrix2D((stored / 2, stored / 2), random.normal(0, 6), scale)
    turn[:, 2] += side / 2 - stored / 2 + random.normal(0, 0.04, 2) * side
    if random.random() < 0.5:
        turn = turn @ np.array([[-1, 0, stored], [0, 1, 0], [0, 0, 1]])
    size = (side, side)
    pixels = cv2.warpAffine(answer.pixels, turn, size, borderMode=cv2.BORDER_REFLECT)
    mask = cv2.warpAffine(answer.mask, turn, size, borderMode=cv2.BORDER_REFLECT)
    kept: ByteArray = as_bytes(mask) if present else np.zeros((side, side), np.uint8)
    return Example(photographed(as_bytes(pixels).astype(np.float32), random), kept, present)

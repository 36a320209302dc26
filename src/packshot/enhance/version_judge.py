"""The judge of versions: whether a photo came nearer to the truth, and by how much.

It is not the score. It sees a photo before and after a change, and was taught on pairs whose original is
known (`packshot train version-judge`); see docs/methods.md, section 6.3.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from packshot.arrays import Pixels
from packshot.encode.model import Model
from packshot.enhance.version_views import make_version_views
from packshot.report import ExpectedGain

VERSION_JUDGE_MODEL: Final = "version-judge.onnx"

_DIGITS: Final = {"psnr": 2, "ssim": 4, "haarpsi": 4, "ciede2000": 2, "harmless": 3, "nearer": 3}
"""Digits after the point that are told."""


@dataclass(frozen=True)
class VersionJudge:
    """The network, ready to run. Build with `load_shipped`; free of side effects, safe among threads.

    Attributes:
        model: Views of two versions to expected gains and chances.

    Example:
        >>> from packshot import Photo
        >>> from packshot.distort import distort
        >>> mug = Photo.open("examples/photos/mug.jpg", max_side=512).pixels
        >>> noisy = distort(mug, "white-noise", level=4)
        >>> judge = VersionJudge.load_shipped()
        >>> judge.judge(noisy, mug).haarpsi > 0 > judge.judge(mug, noisy).haarpsi
        True
    """

    model: Model

    @classmethod
    def load_shipped(cls, threads: int = 1) -> VersionJudge:
        """Load the network that ships with the package.

        Args:
            threads: Threads that one call may use.

        Raises:
            ModelError: This installation lacks it.
        """
        return cls(Model.load_shipped(VERSION_JUDGE_MODEL, threads))

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], threads: int = 1) -> VersionJudge:
        """Load a network of the user's own, as `packshot train version-judge` writes it.

        Raises:
            ModelError: Unreadable, or not a model ONNX Runtime can run.
        """
        return cls(Model.from_path(path, threads))

    def judge(self, before: Pixels, after: Pixels) -> ExpectedGain:
        """Judge two versions of a photo; exchanged, their gains change sign.

        Args:
            before: (H, W, 3) uint8 RGB.
            after: Of the same shape.

        Raises:
            InvalidInput: Pixels of another type, or of different shapes.
        """
        views = make_version_views(before, after)
        outputs = self.model.run(
            whole=views.whole[None], parts=views.parts[None], change=views.change[None]
        )
        values = [*outputs["gains"][0].tolist(), *outputs["chances"][0].tolist()]
        return ExpectedGain(
            **{
                name: round(value, digits)
                for (name, digits), value in zip(_DIGITS.items(), values, strict=True)
            }
        )

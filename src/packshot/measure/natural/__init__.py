"""No-reference measures: the damage of one photo, without an original to compare with.

NIQE and BRISQUE read natural-scene statistics; both are distances, smaller is better. UIQM weighs
colour, sharpness and contrast; it grows with quality. Each takes RGB pixels (H, W, 3), uint8. They
judge results in benchmarks; the score of a photo does not use them.
"""

from packshot.measure.natural.brisque import BrisqueModel, brisque, brisque_features
from packshot.measure.natural.niqe import NiqeModel, niqe
from packshot.measure.natural.uiqm import Uiqm, uiqm, uiqm_parts

__all__ = [
    "BrisqueModel",
    "NiqeModel",
    "Uiqm",
    "brisque",
    "brisque_features",
    "niqe",
    "uiqm",
    "uiqm_parts",
]

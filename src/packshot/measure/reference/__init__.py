"""Full-reference measures: how far is a distorted photo from its pristine original?

Every measure takes `(reference, distorted)`, RGB pixels (H, W, 3) of one shape, uint8, and returns
a float. PSNR, SSIM, VSI, HaarPSI and FSIMc grow with quality; GMSD and MDSI are distances. The
ensemble joins MDSI, VSI, HaarPSI and FSIMc on one scale, 0..100, larger is better; it is computed,
not rated.
"""

from packshot.measure.reference.ensemble import EnsembleReference, EnsembleScore, ensemble
from packshot.measure.reference.fsim import fsim
from packshot.measure.reference.gmsd import gmsd
from packshot.measure.reference.haarpsi import haarpsi
from packshot.measure.reference.mdsi import mdsi
from packshot.measure.reference.psnr import psnr
from packshot.measure.reference.ssim import ssim
from packshot.measure.reference.vsi import vsi

__all__ = [
    "EnsembleReference",
    "EnsembleScore",
    "ensemble",
    "fsim",
    "gmsd",
    "haarpsi",
    "mdsi",
    "psnr",
    "ssim",
    "vsi",
]

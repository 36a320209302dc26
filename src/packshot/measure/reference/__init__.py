"""Full-reference measures: how far is a distorted photo from its pristine original?

Every measure takes `(reference, distorted)`, RGB pixels (H, W, 3) of one shape, uint8, and returns
a float. PSNR, WSNR, SSIM, MS-SSIM, VSI, HaarPSI and FSIMc grow with quality; GMSD, MDSI and the mean
CIEDE2000 are distances. `ciede2000` gives the map of colour differences of two Lab pictures. The
ensemble joins MDSI, VSI, HaarPSI and FSIMc on one scale, 0..100, larger is better; it is computed,
not rated.
"""

from packshot.measure.reference.ciede2000 import ciede2000, mean_ciede2000, rgb_to_lab
from packshot.measure.reference.ensemble import EnsembleReference, EnsembleScore, ensemble
from packshot.measure.reference.fsim import fsim
from packshot.measure.reference.gmsd import gmsd
from packshot.measure.reference.haarpsi import haarpsi
from packshot.measure.reference.mdsi import mdsi
from packshot.measure.reference.ms_ssim import ms_ssim
from packshot.measure.reference.psnr import psnr
from packshot.measure.reference.ssim import ssim
from packshot.measure.reference.vsi import vsi
from packshot.measure.reference.wsnr import wsnr

__all__ = [
    "EnsembleReference",
    "EnsembleScore",
    "ciede2000",
    "ensemble",
    "fsim",
    "gmsd",
    "haarpsi",
    "mdsi",
    "mean_ciede2000",
    "ms_ssim",
    "psnr",
    "rgb_to_lab",
    "ssim",
    "vsi",
    "wsnr",
]

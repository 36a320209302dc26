"""Full-reference measures: how far is a distorted photo from its pristine original?"""

from packshot.measure.reference.ensemble import (
    EnsembleReference,
    EnsembleScore,
    ensemble,
)
from packshot.measure.reference.fsim import fsim
from packshot.measure.reference.haarpsi import haarpsi
from packshot.measure.reference.mdsi import mdsi
from packshot.measure.reference.vsi import vsi

__all__ = [
    "EnsembleReference",
    "EnsembleScore",
    "ensemble",
    "fsim",
    "haarpsi",
    "mdsi",
    "vsi",
]

"""Enhancement: steps that repair one thing each, what they must leave alone, the loop that chooses."""

from packshot.enhance.classical import restore
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.fidelity import Fidelity, measure_fidelity
from packshot.enhance.gps_location import StrippedFile, strip_location
from packshot.enhance.step import Intent, Step
from packshot.enhance.step_candidates import REPAIRS, StepCandidate, find_step_candidates

__all__ = [
    "REPAIRS",
    "Enhancer",
    "Fidelity",
    "Intent",
    "Step",
    "StepCandidate",
    "StrippedFile",
    "find_step_candidates",
    "measure_fidelity",
    "restore",
    "strip_location",
]

"""Enhancement: steps that repair one thing each, what they must leave alone, the loop that chooses."""

from packshot.enhance.candidates import REPAIRS, StepCandidate, find_step_candidates
from packshot.enhance.classical import restore
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.fidelity import Fidelity, measure_fidelity
from packshot.enhance.location import StrippedFile, strip_location
from packshot.enhance.step import Intent, Step

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

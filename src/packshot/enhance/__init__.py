"""Enhancement: steps that repair one thing each, what they must leave alone, the loop that chooses."""

from packshot.enhance.candidates import REPAIRS, Candidate, candidates
from packshot.enhance.classical import restore
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.fidelity import Fidelity, fidelity
from packshot.enhance.location import Stripped, strip_location
from packshot.enhance.step import Intent, Step

__all__ = [
    "REPAIRS",
    "Candidate",
    "Enhancer",
    "Fidelity",
    "Intent",
    "Step",
    "Stripped",
    "candidates",
    "fidelity",
    "restore",
    "strip_location",
]

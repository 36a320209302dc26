"""Enhancement: single steps that repair one thing each, and what they must leave alone."""

from packshot.enhance.candidates import REPAIRS, candidate_steps
from packshot.enhance.classical import CLASSICAL, restore
from packshot.enhance.fidelity import Fidelity, fidelity
from packshot.enhance.location import Stripped, strip_location
from packshot.enhance.step import Intent, Step

__all__ = [
    "CLASSICAL",
    "REPAIRS",
    "Fidelity",
    "Intent",
    "Step",
    "Stripped",
    "candidate_steps",
    "fidelity",
    "restore",
    "strip_location",
]

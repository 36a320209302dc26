"""Enhancement: single steps that repair one thing each, and what they must leave alone."""

from packshot.enhance.classical import CLASSICAL, restore
from packshot.enhance.step import Intent, Step

__all__ = ["CLASSICAL", "Intent", "Step", "restore"]

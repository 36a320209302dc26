"""The damage model: what goes wrong with photos, on purpose, in five levels."""

from packshot.distort.kinds import LEVELS, LOOKALIKES, Kind, distort, families, family

__all__ = ["LEVELS", "LOOKALIKES", "Kind", "distort", "families", "family"]

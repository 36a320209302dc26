"""The damage model: what goes wrong with photos, on purpose, in five levels."""

from packshot.distort.kinds import LEVELS, LOOKALIKES, Kind, distort, find_family, list_families

__all__ = ["LEVELS", "LOOKALIKES", "Kind", "distort", "find_family", "list_families"]

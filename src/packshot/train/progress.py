"""What recipes tell of their progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]
"""Takes a line for people, such as ``step 100 of 4000: loss 0.31``."""

"""Which findings are no matter of quality."""

from __future__ import annotations

COMPOSITION_FINDINGS = frozenset(
    {"product-too-small", "product-too-large", "off-centre", "touches-edge"}
)
"""How the product fills the frame."""

FACT_FINDINGS = frozenset(
    {"low-resolution", "background-not-white", "background-uneven", "border", "dull-colour"}
)
"""May well be true of a photo without fault."""

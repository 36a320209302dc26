"""How good is a product photo, why, and what to do about it."""

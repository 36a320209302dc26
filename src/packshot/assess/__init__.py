"""How good a photo is, on what evidence, and what to do about it."""

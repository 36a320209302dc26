"""How well emotion is read, and how fast."""

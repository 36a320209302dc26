"""The emotion network: polarity, intensities and attention maps (docs/methods.md, section 3)."""

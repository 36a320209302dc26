"""The emotion network: polarity, intensities and attention maps (METHODS.md section 3)."""

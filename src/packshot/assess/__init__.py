"""Assessment of photos: a score, its evidence, and findings with their remedies."""

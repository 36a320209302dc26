"""Data sets: what the networks learn from, made on the user's machine from folders of photos."""

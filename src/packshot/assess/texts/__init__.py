"""One table of texts in each language; see `packshot.assess.advice` for how they are read."""

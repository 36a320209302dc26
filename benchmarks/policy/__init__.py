"""Rules of marketplaces on real photos."""

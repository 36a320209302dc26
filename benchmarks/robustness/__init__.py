"""Hostile files and feeds, and kills in mid-run."""

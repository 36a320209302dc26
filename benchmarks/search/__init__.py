"""Duplicates, and the index: accuracy, ingestion, speed."""

"""Alike products and near-duplicates."""

"""Recipes: how everything under ``packshot/weights`` is made, step by step, from data."""

"""A script for each published figure, run as ``python -m benchmarks.FOLDER.SCRIPT`` from the root."""

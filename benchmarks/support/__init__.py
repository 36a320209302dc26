"""What the scripts share: records of results, timing, sets of photos."""

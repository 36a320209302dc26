"""Numbers about one photo, and about a pair."""

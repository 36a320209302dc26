"""Enhancement: single steps that repair one thing each, and what they must leave alone."""

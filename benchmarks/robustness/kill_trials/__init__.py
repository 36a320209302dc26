"""Commands that are struck down on their way, and what they leave behind."""

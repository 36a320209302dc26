"""Words of audits, a table for each language."""

"""Audits: every photo of a feed judged, screened and accounted for, in tables and a page."""

"""Policies of marketplaces: dated rules for photos, as data, and the screening of photos by them."""

from packshot.policy.loading import list_policy_names, load_policy
from packshot.policy.rules import Policy, Rule, find_required_overlays
from packshot.policy.screening import is_newly_failing, screen

__all__ = [
    "Policy",
    "Rule",
    "find_required_overlays",
    "is_newly_failing",
    "list_policy_names",
    "load_policy",
    "screen",
]

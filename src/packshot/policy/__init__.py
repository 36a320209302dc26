"""What marketplaces ask of photos, as dated data, and which photos fulfil it."""

from packshot.policy.loading import load_policy, policy_names
from packshot.policy.rules import Policy, Rule, overlays_asked
from packshot.policy.screening import newly_failing, screen

__all__ = [
    "Policy",
    "Rule",
    "load_policy",
    "newly_failing",
    "overlays_asked",
    "policy_names",
    "screen",
]

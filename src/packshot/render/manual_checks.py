"""The rules that only a person can judge: told once for a policy, not once for each photo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from packshot.render.terminal import DECISION_COLOURS
from packshot.report import Decision, PolicySummary, RuleSummary
from packshot.texts import load_policy_texts
from packshot.visible import escape_invisible


class ManualChecks:
    """Collects the checks of the photos of a run, and lists them by policy.

    Example:
        >>> from packshot.policy import load_policy
        >>> from packshot.policy.wording import summarise_policy
        >>> checks = ManualChecks([summarise_policy(load_policy("amazon-main"), "en")])
        >>> checks.add("amazon-main", ["props"])
        >>> [(policy, [rule.title for rule in rules]) for policy, rules in checks.list_rules()]
        [('amazon-main', ['Things that are not sold with it'])]
    """

    def __init__(self, policies: Sequence[PolicySummary]) -> None:
        """Know what policies say of their rules.

        Args:
            policies: Of the run.
        """
        self._policies = policies
        self._checks: dict[str, set[str]] = {policy.name: set() for policy in policies}

    def add(self, policy: str, rules: Iterable[str]) -> None:
        """Take the checks of a photo: names of rules of a policy."""
        self._checks.setdefault(policy, set()).update(rules)

    def list_rules(self) -> list[tuple[str, list[RuleSummary]]]:
        """List the rules of each policy that has some, in its order."""
        checks = [(policy.name, self._select_rules(policy)) for policy in self._policies]
        return [(name, rules) for name, rules in checks if rules]

    def _select_rules(self, policy: PolicySummary) -> list[RuleSummary]:
        names = self._checks[policy.name]
        return [rule for rule in policy.rules if rule.is_manual_check and rule.rule in names]


def print_checks(console: Console, checks: ManualChecks, language: str) -> None:
    """Print the checks below a table, after a free line; nothing where there are none.

    Args:
        console: Of the terminal.
        checks: All of them.
        language: Of the words.

    Example:
        >>> import sys
        >>> from packshot.render.terminal import make_console
        >>> print_checks(make_console(sys.stdout), ManualChecks([]), "en")
    """
    listed = checks.list_rules()
    for line in (Text(), *_iter_lines(listed, console.encoding, language)) if listed else ():
        console.print(line)


def _iter_lines(
    listed: Iterable[tuple[str, list[RuleSummary]]], encoding: str, language: str
) -> Iterator[Text]:
    labels = load_policy_texts(language).labels
    colour = DECISION_COLOURS[Decision.MANUAL]
    yield Text(labels["manual-checks"], style=f"bold {colour}")
    yield Text(labels["manual-checks-note"], style="dim")
    for policy, rules in listed:
        yield from (
            Text(escape_invisible(f"  {policy}: {format_check(rule)}", encoding)) for rule in rules
        )


def format_check(rule: RuleSummary) -> str:
    """Write a check in a line: its title, what to look at, and the categories it is made for.

    Example:
        >>> from packshot.policy import load_policy
        >>> from packshot.policy.wording import summarise_policy
        >>> summary = summarise_policy(load_policy("amazon-main"), "en")
        >>> rules = {rule.rule: rule for rule in summary.rules}
        >>> format_check(rules["out-of-packaging"])
        'Out of its packaging: Is the product shown out of its packaging?'
        >>> format_check(rules["front-view"])[-48:]
        '(apparel, apparel-children, apparel-accessories)'
    """
    scope = f" ({', '.join(rule.categories)})" if rule.categories else ""
    return f"{rule.title}: {rule.asked}{scope}"

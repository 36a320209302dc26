"""`packshot policies`: the marketplaces' rules that there are, and files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.exits import ExitStatus
from packshot.cli.options import parse_path
from packshot.cli.output import format_count
from packshot.cli.streams import print_error, print_line
from packshot.visible import escape_invisible

if TYPE_CHECKING:
    from packshot.policy import Policy, Rule
    from packshot.render.terminal import BorderlessTable

_LIST_HELP = """The rules of marketplaces: list them, show one, check a file of your own.

Without a command it lists the policies that ship, with their source, kind, and the day they were last
compared with it, on standard output.

\b
Examples:
  packshot policies
  packshot policies show google-merchant
  packshot policies check our-shop.yaml
  packshot screen shop-photos/ --policy google-merchant

Exit status: 0 done; 2 wrong usage.
"""

_SHOW_HELP = """Print the rules of a policy: what is required, of which photos, since when, by whom.

\b
Examples:
  packshot policies show amazon-main
  packshot policies show our-shop.yaml --language zh

Exit status: 0 done; 2 no such policy, or a mistake in it.
"""

_CHECK_HELP = """Check policies of your own; mistakes are reported with their line.

Correct files are listed on standard output, mistakes on standard error.

\b
Examples:
  packshot policies check our-shop.yaml
  packshot policies check policies/*.yaml

Exit status: 0 all are correct; 1 one has a mistake or cannot be read; 2 wrong usage.
"""

application = CommandGroup(
    help=_LIST_HELP,
    invoke_without_command=True,
)
Language = Annotated[str, typer.Option(help="Of titles and reasons: en or zh.")]


@application.callback(help=_LIST_HELP)
def list_command(context: typer.Context, language: Language = "en") -> None:
    """List policies; users read `_LIST_HELP`."""
    if context.invoked_subcommand is not None:
        return
    from packshot.policy import list_policy_names, load_policy
    from packshot.texts import load_policy_texts, select_text

    policy_labels = load_policy_texts(language)
    table = _make_table("policy", "", "rules", "source", "", "", language=language)
    for policy in map(load_policy, list_policy_names()):
        table.add_row(
            policy.name,
            select_text(policy.title, language),
            str(len(policy.rules)),
            policy.source.name,
            policy_labels.labels[policy.source.kind],
            str(policy.source.verified_on or ""),
        )
    _print_table(table)


def _parse_policy(text: str) -> str:
    """Return a policy by its name, or its file's."""
    return str(parse_path(text))


@application.command("show", help=_SHOW_HELP)
def show_command(
    name: Annotated[
        str,
        typer.Argument(
            parser=_parse_policy, metavar="POLICY", help="Name, or YAML file of your own; not -."
        ),
    ],
    language: Language = "en",
) -> None:
    """Show a policy; users read `_SHOW_HELP`."""
    from packshot.policy import load_policy

    policy = load_policy(name)
    _print_table(_build_rules_table(policy, language))


@application.command("check", help=_CHECK_HELP)
def check_command(
    files: Annotated[
        list[Path],
        typer.Argument(parser=parse_path, metavar="FILES", help="YAML files of your own; not -."),
    ],
) -> None:
    """Check policies; users read `_CHECK_HELP`."""
    from packshot.errors import PolicyError
    from packshot.policy import load_policy

    has_errors = False
    for file in files:
        try:
            policy = load_policy(file)
        except PolicyError as error:
            for line in error.lines:
                print_error(line)
            has_errors = True
        else:
            print_line(f"{file}: {policy.name}, {format_count(len(policy.rules), 'rule')}")
    raise typer.Exit(ExitStatus.NOT_REACHED if has_errors else ExitStatus.DONE)


def _build_rules_table(policy: Policy, language: str) -> BorderlessTable:
    from packshot.report import Level
    from packshot.texts import load_policy_texts

    table = _make_table("rule", "", "asked", "", "source", language=language)
    rule_labels = load_policy_texts(language)
    for rule in policy.rules:
        source = f"{rule.source.name} ({rule_labels.labels[rule.source.kind]})"
        address = [rule.source.url] if rule.source.url else []
        level = Level.MANUAL if rule.is_manual_check else rule.level
        requirement = f"{rule_labels.levels[level]}: {_format_requirement(rule, language)}"
        cells = rule.id, _format_scope(rule), requirement, _format_validity(rule, language)
        table.add_row(
            *map(escape_invisible, cells), "\n".join(map(escape_invisible, [source, *address]))
        )
    return table


def _format_requirement(rule: Rule, language: str) -> str:
    from packshot.policy.wording import describe_rule, rule_title

    if rule.requirement is None:
        return describe_rule(rule, language)
    return f"{rule_title(rule, language)}: {describe_rule(rule, language)}"


def _format_scope(rule: Rule) -> str:
    """Format the photos that a rule is made for, in the words of feeds; nothing for all."""
    roles = [] if rule.role == "any" else [rule.role]
    return ", ".join([*roles, *rule.categories])


def _format_validity(rule: Rule, language: str) -> str:
    from packshot.texts import load_policy_texts

    rule_labels = load_policy_texts(language)
    valid_from = [rule_labels.label("valid-from", on=rule.effective_from)] if rule.effective_from else []
    valid_until = (
        [rule_labels.label("valid-until", on=rule.effective_until)] if rule.effective_until else []
    )
    return " ".join([*valid_from, *valid_until])


def _make_table(*labels: str, language: str) -> BorderlessTable:

    from packshot.render.terminal import BorderlessTable
    from packshot.texts import load_policy_texts

    policy_labels = load_policy_texts(language)
    table = BorderlessTable()
    for label in labels:
        table.add_text_column(policy_labels.labels[label] if label else "")
    return table


def _print_table(table: BorderlessTable) -> None:
    import sys

    from packshot.render.terminal import make_console

    make_console(sys.stdout).print(table)

"""`packshot policies`: the marketplaces' rules that there are, and files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packshot.cli.commands import Application
from packshot.cli.exits import Exit
from packshot.cli.options import a_file
from packshot.cli.streams import complain, say
from packshot.visible import visible

if TYPE_CHECKING:
    from packshot.policy import Policy, Rule
    from packshot.render.terminal import Columns

_LIST_HELP = """The rules of marketplaces: list them, show one, check a file of your own.

Alone it lists the policies that ship, with source, kind and the day they were last compared with it, on
standard output.

\b
Examples:
  packshot policies
  packshot policies show google-merchant
  packshot policies check our-shop.yaml
  packshot screen shop-photos/ --policy google-merchant

Exit status: 0 done; 2 wrong usage.
"""

_SHOW_HELP = """Print the rules of a policy: what is asked for, of which photos, since when, by whom.

\b
Examples:
  packshot policies show amazon-main
  packshot policies show our-shop.yaml --language zh

Exit status: 0 done; 2 no such policy, or a mistake in it.
"""

_CHECK_HELP = """Read policies of your own and say what is wrong with them, with the line.

What is right is told on standard output, what is wrong on standard error.

\b
Examples:
  packshot policies check our-shop.yaml
  packshot policies check policies/*.yaml

Exit status: 0 all are right; 1 one has a mistake or cannot be read; 2 wrong usage.
"""

application = Application(
    help=_LIST_HELP,
    invoke_without_command=True,
)
Language = Annotated[str, typer.Option(help="Of titles and reasons: en or zh.")]


@application.callback(help=_LIST_HELP)
def list_command(context: typer.Context, language: Language = "en") -> None:
    """List policies; users read `_LIST_HELP`."""
    if context.invoked_subcommand is not None:
        return
    from packshot.policy import load_policy, policy_names
    from packshot.texts import choose_language, load_policy_texts

    words = load_policy_texts(language)
    table = _table("policy", "", "rules", "source", "", "", language=language)
    for policy in map(load_policy, policy_names()):
        table.add_row(
            policy.name,
            choose_language(policy.title, language),
            str(len(policy.rules)),
            policy.source.name,
            words.labels[policy.source.kind],
            str(policy.source.verified_on or ""),
        )
    _print(table)


def _policy(text: str) -> str:
    """A policy's name, or its file's."""
    return str(a_file(text))


@application.command("show", help=_SHOW_HELP)
def show_command(
    name: Annotated[
        str,
        typer.Argument(parser=_policy, metavar="POLICY", help="Name, or YAML file of your own; not -."),
    ],
    language: Language = "en",
) -> None:
    """Show a policy; users read `_SHOW_HELP`."""
    from packshot.policy import load_policy

    policy = load_policy(name)
    _print(_rules_table(policy, language))


@application.command("check", help=_CHECK_HELP)
def check_command(
    files: Annotated[
        list[Path],
        typer.Argument(parser=a_file, metavar="FILES", help="YAML files of your own; not -."),
    ],
) -> None:
    """Check policies; users read `_CHECK_HELP`."""
    from packshot.errors import PolicyError
    from packshot.policy import load_policy

    wrong = False
    for file in files:
        try:
            policy = load_policy(file)
        except PolicyError as error:
            for line in error.lines:
                complain(line)
            wrong = True
        else:
            say(f"{file}: {policy.name}, {len(policy.rules)} rules")
    raise typer.Exit(Exit.BELOW_BAR if wrong else Exit.DONE)


def _rules_table(policy: Policy, language: str) -> Columns:
    from packshot.texts import load_policy_texts

    table = _table("rule", "", "asked", "", "source", language=language)
    words = load_policy_texts(language)
    for rule in policy.rules:
        source = f"{rule.source.name} ({words.labels[rule.source.kind]})"
        address = [rule.source.url] if rule.source.url else []
        asked = f"{words.levels[rule.level]}: {_asked(rule, language)}"
        cells = rule.id, _concerned(rule), asked, _days(rule, language)
        table.add_row(*map(visible, cells), "\n".join(map(visible, [source, *address])))
    return table


def _asked(rule: Rule, language: str) -> str:
    from packshot.policy.wording import describe_requirement, title_of
    from packshot.texts import choose_language

    if rule.requirement is None:
        return choose_language(rule.reason, language)
    return f"{title_of(rule, language)}: {describe_requirement(rule.requirement, language)}"


def _concerned(rule: Rule) -> str:
    """Photos that a rule is made for, in the words of feeds; nothing for all."""
    roles = [] if rule.role == "any" else [rule.role]
    return ", ".join([*roles, *rule.categories])


def _days(rule: Rule, language: str) -> str:
    from packshot.texts import load_policy_texts

    words = load_policy_texts(language)
    first = [words.label("valid-from", on=rule.effective_from)] if rule.effective_from else []
    last = [words.label("valid-until", on=rule.effective_until)] if rule.effective_until else []
    return " ".join([*first, *last])


def _table(*labels: str, language: str) -> Columns:

    from packshot.render.terminal import Columns
    from packshot.texts import load_policy_texts

    words = load_policy_texts(language)
    table = Columns()
    for label in labels:
        table.column(words.labels[label] if label else "")
    return table


def _print(table: Columns) -> None:
    import sys

    from packshot.render.terminal import console_for

    console_for(sys.stdout).print(table)

"""`packshot policies`: the marketplaces' rules that there are, and files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packshot.cli.commands import Application
from packshot.cli.exits import Exit

if TYPE_CHECKING:
    from rich.table import Table

    from packshot.policy import Policy, Rule

application = Application(
    help="The rules of marketplaces: list them, show one, check a file of your own.",
    invoke_without_command=True,
)
Language = Annotated[str, typer.Option(help="Of titles and reasons: en or zh.")]


@application.callback()
def list_command(context: typer.Context, language: Language = "en") -> None:
    """List the policies that ship, with source, kind and the day they were last compared with it."""
    if context.invoked_subcommand is not None:
        return
    from packshot.policy import load_policy, policy_names
    from packshot.policy.wording import localised, policy_texts

    words = policy_texts(language)
    table = _table("policy", "", "rules", "source", "", "", language=language)
    for policy in map(load_policy, policy_names()):
        table.add_row(
            policy.name,
            localised(policy.title, language),
            str(len(policy.rules)),
            policy.source.name,
            words.labels[policy.source.kind],
            str(policy.source.verified_on or ""),
        )
    _print(table)


@application.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Name, or a YAML file of your own.")],
    language: Language = "en",
) -> None:
    """Print the rules of a policy: what is asked for, of which photos, since when, by whom."""
    from packshot.policy import load_policy

    policy = load_policy(name)
    _print(_rules_table(policy, language))


@application.command("check")
def check_command(
    files: Annotated[list[Path], typer.Argument(help="YAML files of your own.")],
) -> None:
    """Read policies of your own and say what is wrong with them, with the line."""
    from packshot.errors import PolicyError
    from packshot.policy import load_policy

    wrong = False
    for file in files:
        try:
            policy = load_policy(file)
        except PolicyError as error:
            typer.echo(str(error), err=True)
            wrong = True
        else:
            typer.echo(f"{file}: {policy.name}, {len(policy.rules)} rules")
    raise typer.Exit(Exit.BELOW_BAR if wrong else Exit.DONE)


def _rules_table(policy: Policy, language: str) -> Table:
    from packshot.policy.wording import policy_texts

    table = _table("rule", "", "asked", "", "source", language=language)
    words = policy_texts(language)
    for rule in policy.rules:
        source = f"{rule.source.name} ({words.labels[rule.source.kind]})"
        address = f"\n{rule.source.url}" if rule.source.url else ""
        asked = f"{words.levels[rule.level]}: {_asked(rule, language)}"
        table.add_row(rule.id, _concerned(rule), asked, _days(rule, language), source + address)
    return table


def _asked(rule: Rule, language: str) -> str:
    from packshot.policy.wording import localised, requirement_shown, title_of

    if rule.requirement is None:
        return localised(rule.reason, language)
    return f"{title_of(rule, language)}: {requirement_shown(rule.requirement, language)}"


def _concerned(rule: Rule) -> str:
    """Photos that a rule is made for, in the words of feeds; nothing for all."""
    roles = [] if rule.role == "any" else [rule.role]
    return ", ".join([*roles, *rule.categories])


def _days(rule: Rule, language: str) -> str:
    from packshot.policy.wording import policy_texts

    words = policy_texts(language)
    first = [words.label("valid-from", on=rule.effective_from)] if rule.effective_from else []
    last = [words.label("valid-until", on=rule.effective_until)] if rule.effective_until else []
    return " ".join([*first, *last])


def _table(*labels: str, language: str) -> Table:
    from rich.table import Table

    from packshot.policy.wording import policy_texts

    words = policy_texts(language)
    table = Table(box=None, pad_edge=False)
    for label in labels:
        table.add_column(words.labels[label] if label else "", overflow="fold")
    return table


def _print(table: Table) -> None:
    import sys

    from packshot.catalog.terminal import console_for

    console_for(sys.stdout).print(table, markup=False)

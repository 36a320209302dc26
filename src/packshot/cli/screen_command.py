"""The options of `packshot screen`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import typer

from packshot.cli.formats import choose_format
from packshot.cli.options import FormatOption, OutputFile, Quiet, TimeLimit, Workers
from packshot.processes import DEFAULT_TIME_LIMIT_S

SCREEN_HELP: Final = """Hold photos against the rules of marketplaces, as they are on a day.

PATHS are files, folders, globs, CSV feeds (columns "path", and if you have them "role" and "category"),
what "packshot assess --format jsonl" wrote (then nothing is decoded again), or - for a photo on standard
input. A policy is one of "packshot policies", or a YAML file of your own. What was not measured never
passes: somebody must look. Verdicts go to standard output, or to -o FILE; no photo is changed.

\b
Examples:
  packshot screen shop-photos/ --policy amazon-main
  packshot screen feed.csv -p amazon-main -p google-merchant -o rules.html
  packshot screen feed.csv -p google-merchant --on 2027-02-01 --compare-dates
  packshot screen upload.jpg --policy our-shop.yaml --fail-on fail
  packshot screen dress.jpg -p amazon-main --category apparel --role main
  packshot screen - --policy amazon-main < upload.jpg    # - is standard input

Exit status: 0 done; 1 a photo's verdict is --fail-on or worse, or a photo is unreadable while that is
given; 2 wrong usage, a mistake in a policy, no photo, or the output cannot be written; 130 interrupted.
"""


class FailThreshold(StrEnum):
    """Verdicts that may fail a run; each includes those before it."""

    FAIL = "fail"
    MANUAL = "manual"
    WARN = "warn"


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default today.")]


def screen_command(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, globs, CSV feeds, assessments as .jsonl; "
            "- for a photo on standard input."
        ),
    ],
    policies: Annotated[
        list[str], typer.Option("--policy", "-p", help="Name or YAML file; may be repeated.")
    ],
    on: Day = None,
    role: Annotated[str, typer.Option(help="Of photos whose feed does not say: main, other.")] = "main",
    category: Annotated[
        str | None, typer.Option(help="Of photos whose feed does not say, such as apparel.")
    ] = None,
    compare_dates: Annotated[
        bool,
        typer.Option("--compare-dates", help="Only photos that fail on --on and do not on --since."),
    ] = False,
    since: Day = None,
    fail_on: Annotated[
        FailThreshold | None, typer.Option(help="Exit with status 1 if any verdict is this or worse.")
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Of reasons and reports: en or zh.")] = "en",
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Screen photos; users read `SCREEN_HELP`."""
    from packshot.cli.screen import Request, run

    if since is not None and not compare_dates:
        raise typer.BadParameter("needs --compare-dates", param_hint="--since")
    today = datetime.now().astimezone().date()
    earlier = since.date() if since else today
    request = Request(
        paths=paths,
        policies=policies,
        on=on.date() if on else today,
        since=earlier if compare_dates else None,
        role=role.lower(),
        category=category.lower() if category else None,
        fail_on=fail_on.value if fail_on else None,
        output_format=(output_format or choose_format(output)).value,
        output=output,
        language=language,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    raise typer.Exit(run(request))

"""`packshot schema`: what a line of JSON holds."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.report import (
    Assessment,
    AuditRow,
    AuditSummary,
    DuplicateGroup,
    Emotion,
    Enhancement,
    Enlargement,
    Proposal,
    Ranking,
    Record,
    SearchResult,
    Verdict,
)

application = CommandGroup()

SCHEMA_HELP = """Print the JSON schema of a line that a command writes as jsonl, on standard output.

\b
Examples:
  packshot schema                                 # of packshot assess
  packshot schema verdict > verdict.schema.json   # of packshot screen

Exit status: 0 done; 2 wrong usage.
"""


class RecordName(StrEnum):
    """A record with a published schema."""

    ASSESSMENT = "assessment"
    ENHANCEMENT = "enhancement"
    ENLARGEMENT = "enlargement"
    DUPLICATES = "duplicates"
    SEARCH_RESULT = "search-result"
    RANKING = "ranking"
    PROPOSAL = "proposal"
    VERDICT = "verdict"
    AUDIT_ROW = "audit-row"
    AUDIT_SUMMARY = "audit-summary"
    EMOTION = "emotion"


def _parse_record_name(name: str) -> str:
    """Return a record by its name."""
    if name not in list(RecordName):
        raise typer.BadParameter(f"no record {name!r}; there are {', '.join(RecordName)}")
    return name


@application.command("schema", help=SCHEMA_HELP)
def schema_command(
    record: Annotated[
        str,
        typer.Argument(
            parser=_parse_record_name,
            metavar="RECORD",
            help=f"What a line tells of: {', '.join(RecordName)}.",
        ),
    ] = RecordName.ASSESSMENT.value,
) -> None:
    """Print a schema; users read `SCHEMA_HELP`."""
    records: dict[RecordName, type[Record]] = {
        RecordName.ASSESSMENT: Assessment,
        RecordName.ENHANCEMENT: Enhancement,
        RecordName.ENLARGEMENT: Enlargement,
        RecordName.DUPLICATES: DuplicateGroup,
        RecordName.SEARCH_RESULT: SearchResult,
        RecordName.RANKING: Ranking,
        RecordName.PROPOSAL: Proposal,
        RecordName.VERDICT: Verdict,
        RecordName.AUDIT_ROW: AuditRow,
        RecordName.AUDIT_SUMMARY: AuditSummary,
        RecordName.EMOTION: Emotion,
    }
    typer.echo(json.dumps(records[RecordName(record)].model_json_schema(), indent=2))

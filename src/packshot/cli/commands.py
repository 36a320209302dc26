"""Commands as they all are: each can be asked to log."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from packshot.cli.logs import configure_logging
from packshot.cli.options import parse_path

CommandFunction = Callable[..., Any]

_LOG_OPTIONS: Final = {
    "verbose": Annotated[
        bool,
        typer.Option("--verbose", help="Tell on standard error what is done, and about errors."),
    ],
    "log_file": Annotated[
        Path | None,
        typer.Option(
            "--log-file",
            parser=parse_path,
            metavar="FILE",
            help="Keep a log, with details of each photo, in this file.",
        ),
    ],
}


class CommandGroup(typer.Typer):
    """A group of commands, each with the options ``--verbose`` and ``--log-file``."""

    def __init__(self, *, invoke_without_command: bool = False, **settings: Any) -> None:
        super().__init__(
            invoke_without_command=invoke_without_command,
            no_args_is_help=not invoke_without_command,
            rich_markup_mode=None,
            **settings,
        )

    def command(self, *names: Any, **settings: Any) -> Callable[[Any], Any]:
        """Add a command; see `typer.Typer.command`."""
        add = super().command(*names, **settings)

        def register(function: CommandFunction) -> CommandFunction:
            add(add_log_options(function))
            return function

        return register


def add_log_options(function: CommandFunction) -> CommandFunction:
    """A command that has options about logging besides its own, and logs as they say."""
    hints = get_type_hints(function, include_extras=True)
    own_parameters = [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in signature(function).parameters.values()
    ]
    defaults = {"verbose": False, "log_file": None}
    log_parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
        for name, annotation in _LOG_OPTIONS.items()
    ]

    @wraps(function)
    def run_with_logs(*, verbose: bool, log_file: Path | None, **options: Any) -> None:
        with configure_logging(verbose, log_file):
            function(**options)

    run_with_logs.__annotations__ = {**hints, **_LOG_OPTIONS}
    run_with_logs.__signature__ = Signature([*own_parameters, *log_parameters])  # type: ignore[attr-defined]
    return run_with_logs

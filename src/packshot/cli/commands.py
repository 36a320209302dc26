"""Commands as they all are: each can be asked to log."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from packshot.cli.logs import logged
from packshot.cli.options import a_file

Function = Callable[..., Any]

_LOG_OPTIONS: Final = {
    "verbose": Annotated[
        bool,
        typer.Option("--verbose", help="Tell on standard error what is done, and about errors."),
    ],
    "log_file": Annotated[
        Path | None,
        typer.Option(
            "--log-file",
            parser=a_file,
            metavar="FILE",
            help="Keep a log, with details of each photo, in this file.",
        ),
    ],
}


class Application(typer.Typer):
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

        def added(function: Function) -> Function:
            add(with_logs(function))
            return function

        return added


def with_logs(function: Function) -> Function:
    """A command that has options about logging besides its own, and logs as they say."""
    hints = get_type_hints(function, include_extras=True)
    own = [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in signature(function).parameters.values()
    ]
    defaults = {"verbose": False, "log_file": None}
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
        for name, annotation in _LOG_OPTIONS.items()
    ]

    @wraps(function)
    def run(*, verbose: bool, log_file: Path | None, **options: Any) -> None:
        with logged(verbose, log_file):
            function(**options)

    run.__annotations__ = {**hints, **_LOG_OPTIONS}
    run.__signature__ = Signature([*own, *more])  # type: ignore[attr-defined]
    return run

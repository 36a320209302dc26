"""Commands as they all are: each can be asked to log, and takes options from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import Parameter, Signature, signature
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any, Final, get_type_hints

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from packshot.cli.logs import configure_logging
from packshot.cli.options import ConfigurationOption, Device, parse_path

CommandFunction = Callable[..., Any]

_DEVICE_OPTION: Final = {"device": Device}

_COMMON_OPTIONS: Final = {
    "config": ConfigurationOption,
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


_COMMON_DEFAULTS: Final = {"verbose": False}
_HANDLED_OPTIONS: Final = ("config", "device")
"""Options that are done with once they are read."""


@dataclass(frozen=True)
class LazyCommand:
    """A command whose module is imported when it is called.

    Attributes:
        module: Dotted path.
        short_help: What the list of commands says of it.
        application: Name in the module of the `CommandGroup` with the command, or its sub-commands.
    """

    module: str
    short_help: str
    application: str = "application"

    def load(self, name: str) -> Any:
        """Import the module; return the command under a name."""
        application: CommandGroup = getattr(import_module(self.module), self.application)
        command = get_group(application) if application.lazy_commands else get_command(application)
        command.name = name
        return command


class _LoadedCommands(MutableMapping[str, Any]):
    """Commands by name, each imported when it is asked for."""

    def __init__(self, lazy: Mapping[str, LazyCommand], eager: Mapping[str, Any]) -> None:
        self.lazy = lazy
        self._loaded = dict(eager)

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self.lazy[name].load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.lazy, *self._loaded]))

    def __len__(self) -> int:
        return len({*self.lazy, *self._loaded})


def make_lazy_group(commands: Mapping[str, LazyCommand]) -> type[TyperGroup]:
    """Make a class of groups with commands that are imported when they are called.

    Args:
        commands: By name, in the order in which they are listed.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = _LoadedCommands(commands, self.commands)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(self.commands)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            width = formatter.width - 6 - max(map(len, self.commands), default=0)
            rows = [(name, self._short_help(name, width)) for name in self.list_commands(ctx)]
            if rows:
                with formatter.section("Commands"):
                    formatter.write_dl(rows)

        def _short_help(self, name: str, width: int) -> str:
            if name in commands:
                return shorten(commands[name].short_help, width, placeholder="...")
            return str(self.commands[name].get_short_help_str(width))

    return LazyGroup


class CommandGroup(typer.Typer):
    """A group of commands, each with the options ``--config``, ``--verbose`` and ``--log-file``."""

    def __init__(
        self,
        *,
        commands: Mapping[str, LazyCommand] | None = None,
        invoke_without_command: bool = False,
        add_completion: bool = False,
        **settings: Any,
    ) -> None:
        """Make a group.

        Args:
            commands: By name, those that are imported when they are called.
            invoke_without_command: Whether the group does something without a command.
            add_completion: Whether it has the options that set up completion in a shell.
            settings: Of `typer.Typer`.
        """
        self.lazy_commands = commands or {}
        super().__init__(
            cls=make_lazy_group(self.lazy_commands),
            invoke_without_command=invoke_without_command,
            no_args_is_help=not invoke_without_command,
            rich_markup_mode=None,
            add_completion=add_completion,
            context_settings={"help_option_names": ["--help", "-h"]},
            **settings,
        )

    def command(self, *names: Any, runs_networks: bool = False, **settings: Any) -> Callable[[Any], Any]:
        """Add a command; see `typer.Typer.command`.

        Args:
            names: See there.
            runs_networks: Whether it has the option ``--device``.
            settings: See there.
        """
        add = super().command(*names, **settings)

        def register(function: CommandFunction) -> CommandFunction:
            add(add_common_options(function, runs_networks=runs_networks))
            return function

        return register


def add_common_options(function: CommandFunction, *, runs_networks: bool = False) -> CommandFunction:
    """Return a command that has common options besides its own, and does as they say.

    Args:
        function: The command.
        runs_networks: Whether the device is among them.
    """
    hints = get_type_hints(function, include_extras=True)
    own_parameters = [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in signature(function).parameters.values()
    ]
    common = {**(_DEVICE_OPTION if runs_networks else {}), **_COMMON_OPTIONS}
    common_parameters = [
        Parameter(
            name, Parameter.KEYWORD_ONLY, default=_COMMON_DEFAULTS.get(name), annotation=annotation
        )
        for name, annotation in common.items()
    ]

    @wraps(function)
    def run_with_logs(*, verbose: bool, log_file: Path | None, **options: Any) -> None:
        options = {name: value for name, value in options.items() if name not in _HANDLED_OPTIONS}
        with configure_logging(verbose, log_file):
            function(**options)

    run_with_logs.__annotations__ = {**hints, **common}
    run_with_logs.__signature__ = Signature([*own_parameters, *common_parameters])  # type: ignore[attr-defined]
    return run_with_logs

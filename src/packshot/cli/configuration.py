"""`packshot.toml`: options that need not be typed every day.

The file names options as the command line does, without the dashes, under the command they are of::

    language = "zh"        # of every command that has it

    [assess]
    fail-under = 60

    [search.query]
    k = 20

What is typed wins. An option of the file that no command has is an error, not passed over.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import platformdirs
import typer

from packshot.errors import InvalidInput
from packshot.user_cache import has_home

FILE_NAME: Final = "packshot.toml"

SHARED_OPTIONS: Final = frozenset(
    {
        *("language", "workers", "jobs", "device", "atlas", "encoder", "time-limit", "quiet"),
        *("columns", "retries", "port", "allow-private", "store-credentials", "verbose", "log-file"),
    }
)
"""Options that may stand above all sections: those that several commands have."""

TYPED_OPTIONS: Final = frozenset(
    {"output", "in-place", "report", "apply", "to", "prune", "restart", "config", "watch", "help"}
)
"""Options that are of one run, or replace what is there: a file that was forgotten must not."""

TRUSTED_OPTIONS: Final = frozenset(
    {"allow-private", "store-credentials", "port", "log-file", "cache", "store"}
)
"""Options that open this machine to others or say where it is written to: not from a file that merely
lies in the working folder, which may have come with the photos."""

_PATH_METAVARS: Final = frozenset({"FILE", "FOLDER", "DIR"})

Section = Mapping[str, Any]


@dataclass(frozen=True)
class ConfigurationFile:
    """A file of options.

    Attributes:
        path: Where it is.
        options: What it says.
        is_trusted: The user named it, or it is in the user's own folder.
    """

    path: Path
    options: Section
    is_trusted: bool

    def find_section(self, command: Sequence[str]) -> Section:
        """Find what it says of a command, such as ``("search", "query")``.

        Raises:
            InvalidInput: What should be a section is none.
        """
        section = self.options
        for depth, name in enumerate(command, 1):
            section = section.get(name, {})
            if not isinstance(section, Mapping):
                raise InvalidInput(
                    f"{self.path}: {name} is a command: write [{'.'.join(command[:depth])}]"
                )
        return section


def find_configuration(named: Path | None = None) -> ConfigurationFile | None:
    """Find and read the file that holds: the one named, the nearest from here up, the user's.

    Raises:
        InvalidInput: It cannot be read, or is no TOML.
    """
    if named is not None:
        return _read(named, is_trusted=True)
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / FILE_NAME).is_file():
            return _read(folder / FILE_NAME, is_trusted=False)
    own = find_user_file()
    return _read(own, is_trusted=True) if own is not None and own.is_file() else None


def find_user_file() -> Path | None:
    """Return where the user's own file would be; None for a user without a home."""
    if not has_home():
        return None
    return Path(platformdirs.user_config_dir("packshot", appauthor=False)) / FILE_NAME


def read_defaults(file: ConfigurationFile, context: Any) -> dict[str, Any]:
    """Read the options of the command that a context is of, by the names of its parameters.

    Raises:
        InvalidInput: No such option, one that may not stand there, or a value that it cannot have.
    """
    command = tuple(context.command_path.split()[1:])
    check_names(file, context.find_root().command.commands)
    parameters = _list_parameters(context.command.params)
    shared = {name: value for name, value in _list_shared(file) if name in parameters}
    own = {
        name: value
        for name, value in file.find_section(command).items()
        if not isinstance(value, Mapping)
    }
    for name in own:
        _check_option(file, name, parameters, f"[{'.'.join(command)}] ")
    return {
        parameters[name].name: _convert(file, name, value, parameters[name], context)
        for name, value in {**shared, **own}.items()
    }


def check_names(file: ConfigurationFile, commands: Collection[str]) -> None:
    """Check what stands above all sections, and the names of the sections.

    Raises:
        InvalidInput: Something that is neither an option that may stand there nor a command.
    """
    for name, value in file.options.items():
        if isinstance(value, Mapping):
            if name not in commands:
                raise InvalidInput(f"{file.path}: no command {name}{_suggest(name, commands)}")
        else:
            _check_option(file, name, SHARED_OPTIONS, "above all sections, ")


def iter_sections(file: ConfigurationFile) -> Iterator[tuple[tuple[str, ...], Section]]:
    """Yield the sections of commands, each with the options in it."""
    pending: list[tuple[tuple[str, ...], Section]] = [
        ((name,), value) for name, value in file.options.items() if isinstance(value, Mapping)
    ]
    while pending:
        path, section = pending.pop(0)
        yield path, {name: value for name, value in section.items() if not isinstance(value, Mapping)}
        pending += [
            ((*path, name), value) for name, value in section.items() if isinstance(value, Mapping)
        ]


def _read(path: Path, *, is_trusted: bool) -> ConfigurationFile:
    try:
        return ConfigurationFile(path, tomllib.loads(path.read_text(encoding="utf-8")), is_trusted)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # also what is no UTF-8
        raise InvalidInput(f"{path}: is not TOML: {error}") from error


def _list_shared(file: ConfigurationFile) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in file.options.items() if not isinstance(value, Mapping)]


def _list_parameters(parameters: Sequence[Any]) -> dict[str, Any]:
    """List the options of a command by each name that they have."""
    return {
        option.lstrip("-"): parameter
        for parameter in parameters
        if parameter.param_type_name == "option"
        for option in parameter.opts
        if option.startswith("--") or len(parameter.opts) == 1
    }


def _check_option(file: ConfigurationFile, name: str, known: Collection[str], position: str) -> None:
    if name in TYPED_OPTIONS:
        raise InvalidInput(f"{file.path}: {position}{name}: is for the command line, not for a file")
    if name not in known:
        raise InvalidInput(f"{file.path}: {position}no option {name}{_suggest(name, known)}")
    if name in TRUSTED_OPTIONS and not file.is_trusted:
        raise InvalidInput(
            f"{file.path}: {position}{name}: only in your own {FILE_NAME} or one named with --config"
        )


def _suggest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _convert(
    file: ConfigurationFile, name: str, value: Any, parameter: Any, context: Any
) -> bool | str | list[str]:
    """Make of a value what a default is: checked, a list where it may be repeated."""
    place = f"{file.path}: {name}"
    if parameter.is_flag or isinstance(value, bool):
        if parameter.is_flag and isinstance(value, bool):
            return value
        wanted = "true or false" if parameter.is_flag else "a value"
        raise InvalidInput(f"{place} = {value!r}: {wanted} is needed")
    texts = [
        _to_text(file, one, parameter, place) for one in (value if isinstance(value, list) else [value])
    ]
    if len(texts) != 1 and not parameter.multiple:
        raise InvalidInput(f"{place}: one value is needed")
    default = texts if parameter.multiple else texts[0]
    without_effect = copy(parameter)
    without_effect.callback = None
    try:
        without_effect.process_value(context, default)
    except typer.BadParameter as error:
        raise InvalidInput(f"{place}: {error.message.removeprefix('Value error, ')}") from error
    return default


def _to_text(file: ConfigurationFile, value: Any, parameter: Any, place: str) -> str:
    if not isinstance(value, str | int | float | date):
        raise InvalidInput(f"{place}: a text or a number is needed")
    if isinstance(value, str) and parameter.metavar in _PATH_METAVARS:
        return str(file.path.absolute().parent / Path(value).expanduser())
    return str(value)

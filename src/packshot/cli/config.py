"""`packshot config`: which options a file sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.configuration import (
    FILE_NAME,
    ConfigurationFile,
    check_names,
    find_configuration,
    find_user_file,
    iter_sections,
    read_defaults,
)
from packshot.cli.streams import print_line
from packshot.errors import InvalidInput

application = CommandGroup()

CONFIG_HELP: Final = """Check packshot.toml, and show the options that it sets, on standard output.

The file is looked for in the working folder, then in each folder above it, then in your configuration
folder; --config FILE names another. The first that is found holds. It saves typing:

\b
  language = "zh"            # of every command that has --language
  [assess]
  fail-under = 60            # as --fail-under 60
  [screen]
  policy = ["amazon-main", "our-shop.yaml"]

What is typed wins. Paths are meant from the file's folder. Options that name outputs or replace photos
are not for the file; those that let Packshot reach private networks only for your own.

\b
Examples:
  packshot config
  packshot config --config ~/shop/packshot.toml
  packshot assess photos/ --config ~/shop/packshot.toml

Exit status: 0 done; 2 wrong usage, or a mistake in the file.
"""


@application.command("config", help=CONFIG_HELP)
def config_command(context: typer.Context) -> None:
    """Show the options of the file; users read `CONFIG_HELP`."""
    named: Path | None = context.params.get("config")
    file = find_configuration(named)
    if file is None:
        print_line(f"no {FILE_NAME} in {Path.cwd()} or above, and none at {find_user_file()}")
        return
    _check_sections(file, context)
    print_line(f"options of {file.path}")
    for name, value in file.options.items():
        if not isinstance(value, Mapping):
            print_line(f"  every command: {_format_option(name, value)}")
    for path, section in iter_sections(file):
        for name, value in section.items():
            print_line(f"  {' '.join(path)}: {_format_option(name, value)}")


def _check_sections(file: ConfigurationFile, context: Any) -> None:
    """Raise `InvalidInput` for a mistake of any command's."""
    root = context.find_root()
    check_names(file, root.command.commands)
    for path, section in iter_sections(file):
        command: Any = root.command
        inner = root
        for name in path:
            commands = getattr(command, "commands", {})
            if name not in commands:
                raise InvalidInput(f"{file.path}: no command {' '.join(path)}")
            command = commands[name]
            inner = type(root)(command, info_name=name, parent=inner)
        if section:
            read_defaults(file, inner)


def _format_option(name: str, value: Any) -> str:
    option = f"-{name}" if len(name) == 1 else f"--{name}"
    if value is True:
        return option
    values = value if isinstance(value, list) else [value]
    texts = (one if isinstance(one, str) else json.dumps(one, default=str) for one in values)
    return " ".join(f"{option} {text}" for text in texts)

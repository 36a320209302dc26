"""Options that several commands have, in the same words."""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.formats import OutputFormat
from packshot.cli.streams import print_error
from packshot.errors import InvalidInput

STANDARD_STREAM = "-"
"""Standard input where photos are read, standard output where text is written."""


_STANDARD_STREAM_PATH = Path(STANDARD_STREAM)


def parse_path(text: str) -> Path:
    """Return a file or folder by its name: the ``parser`` of what cannot be ``-``.

    Raises:
        typer.BadParameter: It is ``-``.
    """
    if text == STANDARD_STREAM:
        raise typer.BadParameter("a file is needed here, not -; one of that name is ./-")
    return Path(text)


def _parse_encoder_folder(text: str) -> Path:
    """Return a folder by its name.

    Raises:
        InvalidInput: It is none: told at once, before feeds and photos are fetched.
    """
    folder = parse_path(text)
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "no such folder"
        raise InvalidInput(f"--encoder {text}: {problem}; one with models and their atlas is needed")
    return folder


def _parse_feed(text: str) -> str:
    """Return a feed by its path or address."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("a feed is not read from standard input: save it and name the file")
    return text


def _parse_text_output(text: str) -> Path:
    """Parse a file to write to; `_resolve_standard_output` tells ``-`` from a file of that name."""
    path = Path(text)
    return path.absolute() if path == _STANDARD_STREAM_PATH and text != STANDARD_STREAM else path


def _resolve_standard_output(output: Path | None) -> Path | None:
    return None if output == _STANDARD_STREAM_PATH else output


def _apply_configuration(context: typer.Context, named: Path | None) -> Path | None:
    """Make what a file says the defaults of the command; done before all other options are read."""
    from packshot.cli.configuration import find_configuration, read_defaults

    is_checked_by_itself = context.command.name == "config"
    file = None if context.resilient_parsing else find_configuration(named)
    if file is not None and not is_checked_by_itself:
        context.default_map = read_defaults(file, context)
    return named


_DEVICE_VARIABLE = "PACKSHOT_DEVICE"
"""As `packshot.encode.device` has it, which loads what runs networks."""


class DeviceName(StrEnum):
    """See `packshot.encode.device.Device`."""

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


def _use_device(name: DeviceName | None) -> DeviceName | None:
    """Have networks of this process, and of those that it starts, run on a device; tell if it is not."""
    if name is None:
        return None
    if name is DeviceName.CPU:
        os.environ[_DEVICE_VARIABLE] = name.value
        return name
    from packshot.encode import device

    chosen = device.resolve_device(device.Device(name))
    if name is DeviceName.CUDA and chosen is not device.Device.CUDA:
        print_error(
            "--device cuda: no CUDA device can be used here (that takes onnxruntime-gpu and a card): "
            "networks run on the processor"
        )
    os.environ[device.DEVICE_VARIABLE] = chosen.value
    return name


ConfigurationOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        parser=parse_path,
        is_eager=True,
        callback=_apply_configuration,
        metavar="FILE",
        help="Read options from this file instead of packshot.toml; see packshot config.",
    ),
]
Device = Annotated[
    DeviceName | None,
    typer.Option(
        "--device",
        envvar=_DEVICE_VARIABLE,
        callback=_use_device,
        help="Where networks run; cpu by default. auto: cuda if it can be used.",
    ),
]
Paths = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, globs, feeds, addresses; - for a photo on standard input.",
        show_default=False,
    ),
]
OptionalPaths = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders, globs, feeds, addresses; - for a photo on standard input.",
        show_default=False,
        metavar="[PATHS]...",
    ),
]
FilePaths = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, globs, feeds, addresses; not - (standard input has no path).",
        show_default=False,
    ),
]
Feed = Annotated[
    str,
    typer.Argument(
        parser=_parse_feed,
        metavar="FEED",
        help="A folder, a table of photos, or an address; not - (standard input).",
    ),
]
FormatOption = Annotated[
    OutputFormat | None,
    typer.Option(
        "--format", "-f", help="By default from the extension of the output, otherwise a table."
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        parser=_parse_text_output,
        callback=_resolve_standard_output,
        metavar="FILE",
        help="Write to this file; - is standard output, the default.",
    ),
]
AtlasFile = Annotated[
    Path | None,
    typer.Option(parser=parse_path, metavar="FILE", help="An atlas of your own; see packshot atlas."),
]
EncoderFolder = Annotated[
    Path | None,
    typer.Option(
        "--encoder",
        parser=_parse_encoder_folder,
        metavar="FOLDER",
        help="Other models and their atlas, such as the large ones; see docs/large-encoder.md.",
    ),
]
StoreFile = Annotated[
    Path | None,
    typer.Option(
        parser=parse_path,
        metavar="FILE",
        help="Where photos are remembered between runs; your cache by default.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", "--jobs", "-j", min=1, help="Number of processes; one per core by default."
    ),
]
TimeLimit = Annotated[
    float,
    typer.Option("--time-limit", min=0.1, help="Seconds allowed for one photo before it is given up."),
]
ColumnNames = Annotated[
    list[str] | None,
    typer.Option("--columns", help="What your feed calls a column, as sku=ITEM_NO; may be repeated."),
]
RetryCount = Annotated[
    int, typer.Option("--retries", min=0, help="Retries when a source does not answer.")
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Also fetch from private networks and this machine.")
]
StoreCredentials = Annotated[
    bool,
    typer.Option(
        "--store-credentials",
        help="Use this machine's credentials also for photos in object stores that a remote feed "
        "names; by default only in the feed's own bucket.",
    ),
]
Ports = Annotated[
    list[int] | None, typer.Option("--port", help="Also fetch from this port; may be repeated.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no summary.")]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day whose rules apply; today by default.")
]

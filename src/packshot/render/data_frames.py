"""A list of results as a table of pandas, Polars or Arrow: the columns that CSV has."""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from packshot.distribution import format_install_command, format_pip_command
from packshot.errors import InvalidInput
from packshot.render.lines import RowSink
from packshot.render.renderer import Makers, RenderOptions, Result, find_makers
from packshot.render.table_files import ColumnSink, ParquetSink

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def to_pandas(results: Iterable[Result]) -> pd.DataFrame:
    """Make a pandas table of results of one kind.

    Args:
        results: Assessments, verdicts, emotions, enhancements, ...

    Raises:
        InvalidInput: pandas is not installed, or the results are of several kinds.

    Example:
        >>> from packshot.report import Emotion
        >>> frame = to_pandas([Emotion(path="mug.jpg", status="ok", valence=0.5)])  # doctest: +SKIP
        >>> frame["valence"].mean()  # doctest: +SKIP
        0.5
    """
    _check_installed("pandas")
    return import_module("pandas").DataFrame(_build_columns(results))


def to_polars(results: Iterable[Result]) -> pl.DataFrame:
    """Make a Polars table of results of one kind; see `to_pandas`.

    Raises:
        InvalidInput: Polars is not installed, or the results are of several kinds.
    """
    _check_installed("polars")
    return import_module("polars").DataFrame(_build_columns(results), infer_schema_length=None)


def to_arrow(results: Iterable[Result]) -> pa.Table:
    """Make an Arrow table of results of one kind.

    Raises:
        InvalidInput: pyarrow is not installed, or the results are of several kinds.

    Example:
        >>> from packshot.report import Emotion
        >>> table = to_arrow([Emotion(path="mug.jpg", status="ok", valence=0.5)])
        >>> table["path"].to_pylist(), table["valence"].to_pylist()
        (['mug.jpg'], [0.5])
    """
    if find_spec("pyarrow") is None:
        raise InvalidInput(f"a table of Arrow needs pyarrow: {format_install_command('parquet')}")
    sink = _ArrowSink(io.BytesIO())
    _fill(sink, results)
    return sink.build_table()


class _ArrowSink(ParquetSink):
    """Keeps the table, and writes no file."""

    def finish(self) -> None:
        """Nothing: the table is asked for."""


def _build_columns(results: Iterable[Result]) -> dict[str, list[object]]:
    sink = ColumnSink()
    _fill(sink, results)
    return sink.columns


def _fill(sink: RowSink, results: Iterable[Result]) -> None:
    """Give a sink the rows of all results."""
    found = list(results)
    kinds = {type(result) for result in found}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InvalidInput(f"results of one kind make a table, not of several: {names}")
    for kind in kinds:
        makers: Makers[Result] = find_makers(kind)
        with makers["csv"](sink, RenderOptions()) as rows:
            for result in found:
                rows.add(result)


def _check_installed(package: str) -> None:
    if find_spec(package) is None:
        raise InvalidInput(f"a table of {package} needs it: {format_pip_command(package)}")

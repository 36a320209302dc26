"""The columns of an audit's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Final

from packshot.report import MEASUREMENTS, OVERLAYS, AuditRow

Cell = str | int | float | tuple[str, ...] | None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its heading.
        kind: ``text``, ``whole``, ``number`` or ``texts``.
        get_cell: The cell of a row.
        in_workbook: It stands in the workbook for people too.

    Example:
        >>> column = Column("sku", "text", attrgetter("sku"))
        >>> column.get_cell(AuditRow(number=0, path="a.jpg", sku="A-1", status="missing"))
        'A-1'
    """

    name: str
    kind: str
    get_cell: Callable[[AuditRow], Cell]
    in_workbook: bool = True


_ROW_FIELDS: Final = (
    ("path", "text"),
    ("sku", "text"),
    ("status", "text"),
    ("score", "number"),
    ("decision", "text"),
    ("grade", "text"),
    ("technical", "number"),
    ("presentation", "number"),
    ("causes", "texts"),
    ("reason", "text"),
    ("role", "text"),
    ("category", "text"),
    ("seller", "text"),
    ("label", "text"),
    ("title", "text"),
    ("description", "text"),
    ("failed_rules", "texts"),
    ("warned_rules", "texts"),
    ("manual_rules", "texts"),
    ("findings", "texts"),
    ("errors", "whole"),
    ("warnings", "whole"),
    ("remedies", "texts"),
    ("damage", "text"),
    ("percentile", "number"),
    ("confidence", "number"),
    ("format", "text"),
    ("byte_size", "whole"),
    ("width", "whole"),
    ("height", "whole"),
    ("sha256", "text"),
)
_CELL_GETTERS: Final[Mapping[str, Callable[[AuditRow], Cell]]] = {
    "causes": lambda row: tuple(f"{cause.code}:{cause.points:g}" for cause in row.causes)
}
"""Of fields that are no cell as they stand."""

_NOT_IN_WORKBOOK: Final = frozenset({"sha256", "percentile", "label"})


def build_columns(policies: tuple[str, ...]) -> tuple[Column, ...]:
    """Build the columns of an audit by these policies, the most asked for first.

    Args:
        policies: Names, one column each.

    Example:
        >>> columns = build_columns(("amazon",))
        >>> [column.name for column in columns[:5]]
        ['path', 'sku', 'status', 'score', 'decision']
        >>> [column.name for column in columns if column.name.startswith("policy:")]
        ['policy:amazon']
    """
    row_columns = [
        Column(
            name,
            kind,
            _CELL_GETTERS.get(name, attrgetter(name)),
            in_workbook=name not in _NOT_IN_WORKBOOK,
        )
        for name, kind in _ROW_FIELDS
    ]
    policy_columns = [
        Column(f"policy:{name}", "text", partial(_get_decision, name)) for name in policies
    ]
    measurement_columns = [
        Column(name, "number", partial(_get_measurement, name), in_workbook=False)
        for name in (*MEASUREMENTS, *OVERLAYS)
    ]
    return (*row_columns, *policy_columns, *measurement_columns)


def _get_decision(policy: str, row: AuditRow) -> str | None:
    return row.decisions.get(policy)


def _get_measurement(name: str, row: AuditRow) -> float | None:
    return row.measurements.get(name)

"""Packages that offer names from many modules, each of which is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def build_lazy_getattr(package: str, module_by_name: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's ``__getattr__`` (PEP 562) that imports public names when they are first used.

    Args:
        package: Name of the package that offers them.
        module_by_name: The module that each name comes from.
    """

    def import_attribute(name: str) -> Any:
        if name not in module_by_name:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(module_by_name[name]), name)

    return import_attribute

"""How good is a product photo, why, and what to do about it.

The public names are listed in ``__init__.pyi``, and each is imported when it is first used: importing
the package loads nothing heavy.

Example:
    >>> from packshot import Assessor
    >>> assessment = Assessor().assess("examples/photos/speaker.jpg")
    >>> assessment.grade.value, [finding.code for finding in assessment.findings]
    ('excellent', [])
"""

import logging
from typing import Any

import lazy_loader

logging.getLogger(__name__).addHandler(logging.NullHandler())

_import_public_name, _list_public_names, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from packshot.distribution import read_version

        return read_version()
    return _import_public_name(name)


def __dir__() -> list[str]:
    return [*_list_public_names(), "__version__"]

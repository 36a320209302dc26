"""Audits: every photo of a feed judged, screened and accounted for, in tables and a page.

The names are listed in ``__init__.pyi``, and each is imported when it is first used: a process that
examines photos need not load what writes about them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""The sources of photos: files, folders, patterns, tables, feeds, object stores, the web.

The public names are listed in ``__init__.pyi``, and each is imported when it is first used: who opens
files of this machine loads nothing that fetches.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

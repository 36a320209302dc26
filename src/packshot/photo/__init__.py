"""Photo: upright 8-bit sRGB pixels and the facts of their file. The only door in for pixels.

The public names are listed in ``__init__.pyi``, and each is imported when it is first used: who needs to
know which formats there are loads no decoder.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

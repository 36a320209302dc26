"""Enhancement: steps that repair one thing each, what they must leave alone, the loop that chooses.

The public names are listed in ``__init__.pyi``, and each is imported when it is first used: who hands
photos to other processes loads no step and no model.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

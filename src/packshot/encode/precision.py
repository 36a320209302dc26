"""Whether this processor adds 8-bit products in too few bits.

Processors without VNNI (most of before 2019) add two products of 8-bit numbers in 16 bits, which
cannot hold them, unless ONNX Runtime is told to take a slower way. What a network answers then has a
correlation of .95 with what it answers elsewhere: another score for the same photo. ONNX Runtime does
not say which processor it is on; a sum that would overflow does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from packshot.encode.runtime import onnxruntime as ort
from packshot.shipped import read_shipped

EXACT_SUMS: Final = ("session.x64quantprecision", "1")
"""Entry of a session's configuration that asks for the slower way."""

OVERFLOW_MODEL: Final = "overflow.onnx"
"""A product of four numbers of 8 bits with four weights of 127."""

_LARGEST: Final = np.full((1, 4), 255, np.uint8)
_EXACT_SUM: Final = 4 * 255 * 127


@lru_cache(maxsize=1)
def has_short_sums() -> bool:
    """Return whether sums of 8-bit products overflow on this processor unless it is told otherwise.

    Example:
        >>> has_short_sums() in (True, False)
        True
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(read_shipped(OVERFLOW_MODEL), options, ["CPUExecutionProvider"])
    (sums,) = session.run(None, {"values": _LARGEST})
    return int(sums[0, 0]) != _EXACT_SUM

"""Types of arrays: each has one name in the whole of Packshot."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) of sRGB, 0..255; a batch is (N, H, W, 3)."""
Plane: TypeAlias = NDArray[np.uint8]
"""(H, W) of one channel, 0..255."""
ByteMask: TypeAlias = NDArray[np.uint8]
"""(H, W), 0 outside and 255 inside, as OpenCV has masks."""
Mask: TypeAlias = NDArray[np.bool_]
"""(H, W), True inside; or True for the elements of any array that are meant."""

ByteArray: TypeAlias = NDArray[np.uint8]
Float16Array: TypeAlias = NDArray[np.float16]
Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
FloatArray: TypeAlias = NDArray[np.floating]
"""Of any precision."""
Int16Array: TypeAlias = NDArray[np.int16]
Int32Array: TypeAlias = NDArray[np.int32]
Int64Array: TypeAlias = NDArray[np.int64]
IntArray: TypeAlias = NDArray[np.integer]
"""Of any size."""
UInt64Array: TypeAlias = NDArray[np.uint64]
IndexArray: TypeAlias = NDArray[np.intp]
"""Positions in another array."""
Int8Array: TypeAlias = NDArray[np.int8]
UInt16Array: TypeAlias = NDArray[np.uint16]
TextArray: TypeAlias = NDArray[np.str_]
NumberArray: TypeAlias = NDArray[np.number]
"""Of any numbers."""
AnyArray: TypeAlias = NDArray[Any]
"""Of any elements."""

"""ONNX Runtime, as Packshot uses it: without its telemetry.

The official builds of 1.29 and later report to their maker from every process that imports them, under
an identifier that they keep in the user's cache. Photos of a shop are no business of theirs, and on a
machine that is offline they would try again and again. It can be prevented only before the first import,
by a variable of the environment; who sets that variable otherwise has the last word.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

__all__ = ["onnxruntime"]

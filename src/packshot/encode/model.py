"""Loading of ONNX models, from the package or from a path."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from packshot.arrays import AnyArray, Float32Array
from packshot.encode.device import list_providers
from packshot.encode.precision import EXACT_SUMS, has_short_sums
from packshot.encode.runtime import onnxruntime as ort
from packshot.errors import ModelError
from packshot.shipped import find_damaged_original, read_shipped

Outputs = dict[str, Float32Array]

Shape = tuple[int | None, ...]
"""Numbers of each axis but the first, which counts photos; None for any number."""


@dataclass(frozen=True)
class Model:
    """An ONNX network ready to run, on the device that `packshot.encode.device` chooses.

    Attributes:
        name: File name, or the path of one of the user's own, for reports.
        fingerprint: First 12 hexadecimal digits of the file's SHA-256.
        session: The ONNX Runtime session.

    Example:
        >>> import numpy as np
        >>> model = Model.load_shipped("content.onnx")
        >>> outputs = model.run(pixels=np.zeros((1, 224, 224, 3), np.uint8))
        >>> outputs["content"].shape, len(model.fingerprint)
        ((1, 1280), 12)
    """

    name: str
    fingerprint: str
    session: ort.InferenceSession

    @classmethod
    def load_shipped(cls, name: str, threads: int = 1, *, arena: bool = True) -> Model:
        """Load a model that ships under ``packshot/weights``.

        Args:
            name: File name, such as ``content.onnx``.
            threads: Threads that one call may use.
            arena: Keep memory between calls, for each size of input: faster where sizes repeat.

        Raises:
            ModelError: No such model in this installation, or not the one that was shipped.
        """
        return cls._from_bytes(read_shipped(name), name, _make_session_options(threads, arena))

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], threads: int = 1, *, arena: bool = True) -> Model:
        """Load a model of the user's own; see `load_shipped`.

        Raises:
            ModelError: Unreadable, not a model ONNX Runtime can run, or a damaged copy of a shipped one.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read the model {path}: {error.strerror}") from error
        original = find_damaged_original(data)
        if original is not None:
            raise ModelError(f"{path} is a damaged copy of {original}, which ships with packshot")
        return cls._from_bytes(data, os.fspath(path), _make_session_options(threads, arena))

    @classmethod
    def from_bytes(cls, data: bytes, name: str, threads: int = 1) -> Model:
        """Load a model that was put together in memory.

        Args:
            data: What a file of it would hold.
            name: For reports.
            threads: Threads that one call may use.

        Raises:
            ModelError: Not a model ONNX Runtime can run.
        """
        return cls._from_bytes(data, name, _make_session_options(threads, arena=True))

    @classmethod
    def _from_bytes(cls, data: bytes, name: str, options: ort.SessionOptions) -> Model:
        providers = list_providers()
        try:
            session = ort.InferenceSession(data, options, providers)
        except Exception as error:  # ONNX Runtime raises many types with no common base
            raise ModelError(
                f"{name} is not a model that can run here: {_format_error(error)}"
            ) from error
        return cls(name, hashlib.sha256(data).hexdigest()[:12], session)

    @cached_property
    def output_names(self) -> list[str]:
        """Names of the outputs, in order."""
        return [output.name for output in self.session.get_outputs()]

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shapes of inputs and outputs by name, as the file states them."""
        values = [*self.session.get_inputs(), *self.session.get_outputs()]
        return {
            value.name: tuple(size if isinstance(size, int) else None for size in value.shape[1:])
            for value in values
        }

    def check_shapes(self, expected: Mapping[str, Shape]) -> None:
        """Check that it takes and gives what it is to be used with, before it is.

        Args:
            expected: Shapes by name of input or output: all of its inputs, and outputs.

        Raises:
            ModelError: It lacks one, states another shape, or takes something else besides.

        Example:
            >>> Model.load_shipped("mask.onnx").check_shapes({"statistics": (None,)})
            Traceback (most recent call last):
            packshot.errors.ModelError: mask.onnx is not the network that is needed: it has no statistics
        """
        refusal = f"{self.name} is not the network that is needed"
        for name, shape in expected.items():
            own = self.shapes.get(name)
            if own is None:
                raise ModelError(f"{refusal}: it has no {name}")
            if len(own) != len(shape) or any(map(_differ, own, shape)):
                raise ModelError(f"{refusal}: {name} of {_format(own)}, not {_format(shape)}")
        for value in self.session.get_inputs():
            if value.name not in expected:
                raise ModelError(f"{refusal}: it takes {value.name}")

    def read_metadata(self, name: str) -> Any:
        """Read what the file states under a name, as JSON.

        Raises:
            ModelError: Nothing, or not JSON.
        """
        text = self.session.get_modelmeta().custom_metadata_map.get(name)
        if text is None:
            raise ModelError(f"{self.name} does not state its {name}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise ModelError(f"{self.name} does not state its {name} as JSON: {error}") from error

    def run(self, **inputs: AnyArray) -> Outputs:
        """Run one forward pass: arrays by input name to arrays by output name.

        Raises:
            ModelError: It fails, or answers with infinity or what is no number: a damaged model.
        """
        try:
            outputs = self.session.run(None, inputs)
        except Exception as error:  # see _from_bytes
            raise ModelError(f"{self.name} fails, it may be damaged: {_format_error(error)}") from error
        for name, output in zip(self.output_names, outputs, strict=True):
            if output.dtype.kind == "f" and not np.isfinite(output).all():
                raise ModelError(f"{self.name} answers with {name} that are not numbers: it is damaged")
        return dict(zip(self.output_names, outputs, strict=True))


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


def _format(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape) or "one number"


def _format_error(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _make_session_options(threads: int, arena: bool) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.enable_cpu_mem_arena = arena
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    if has_short_sums():
        options.add_session_config_entry(*EXACT_SUMS)
    # Spinning threads starve the other workers of a 2-core machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options

"""The distortion encoder as a file: native trunk and projection in one graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import onnx
import torch

from packshot.encode.measurement_input import MEASUREMENT_NAMES
from packshot.files import atomic_write_bytes
from packshot.scratch import Scratch
from packshot.train.datasets.damaged import KIND_NAMES
from packshot.train.export import export, halve_large_weights
from packshot.train.features import CONTENT_SIZE
from packshot.train.networks.distortion import Projection, ProjectionHead
from packshot.train.networks.statistics import STAGE_NUMBERS
from packshot.train.recipes.quality import QualityModel

OUTPUTS = ("distortion", "kinds", "level", "readings", "faults", "product")
"""Names of what the file tells of a photo, in the order of `ProjectionHead`."""


def write_distortion_model(
    model: QualityModel, native: Path, limits: Mapping[str, float], target: Path
) -> None:
    """Write the distortion encoder.

    Args:
        model: What `train_quality` gives.
        native: The exported trunk of the native view, with the outputs ``content`` and ``statistics``.
        limits: Of the families of kinds, see `packshot.train.recipes.limits.fit_kind_limits`.
        target: The ONNX file, whole or not there.
    """
    with Scratch() as scratch:
        head = scratch.folder / "projection.onnx"
        _export_head(model.projection, head)
        merged = _merge_models(onnx.load(str(native)), onnx.load(str(head)))
    halve_large_weights(merged)
    metadata = {
        "kinds": KIND_NAMES,
        "measured": MEASUREMENT_NAMES,
        "limits": dict(limits),
        "faults": [asdict(fault) for fault in model.faults],
    }
    properties = {name: json.dumps(value) for name, value in metadata.items()}
    onnx.helper.set_model_props(merged, properties)
    atomic_write_bytes(merged.SerializeToString(), target)


def _export_head(projection: Projection, path: Path) -> None:
    measured = 2 * len(MEASUREMENT_NAMES)
    native, shape = CONTENT_SIZE + STAGE_NUMBERS, projection.shape
    sizes = {
        "whole_content": shape.content,
        "whole_statistics": shape.inputs - measured - native - shape.content,
        "measured": measured,
        "native_content": CONTENT_SIZE,
        "native_statistics": STAGE_NUMBERS,
    }
    example = {name: torch.zeros(2, size) for name, size in sizes.items()}
    export(ProjectionHead(projection).eval(), example, list(OUTPUTS), path)


def _merge_models(native: onnx.ModelProto, head: onnx.ModelProto) -> onnx.ModelProto:
    """Join both into one graph: pixels through the trunk, its outputs into the projection."""
    del native.graph.value_info[:]  # With one of the input, that would be given the prefix too.
    trunk = onnx.compose.add_prefix(native, "trunk_", rename_inputs=False)
    version = head.opset_import[0].version
    if trunk.opset_import[0].version != version:
        trunk = onnx.version_converter.convert_version(trunk, version)
    trunk.ir_version = head.ir_version
    merged = onnx.compose.merge_models(
        trunk,
        head,
        io_map=[
            ("trunk_content", "native_content"),
            ("trunk_statistics", "native_statistics"),
        ],
    )
    for value in merged.graph.input:
        renamed = value.name.removeprefix("whole_")
        for node in merged.graph.node:
            node.input[:] = [renamed if name == value.name else name for name in node.input]
        value.name = renamed
    return merged

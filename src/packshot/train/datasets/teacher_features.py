"""What a teacher network sees of photos: its embedding, and means and deviations of its layers.

The teacher is the image encoder of CLIP (ViT-B/16), Radford et al., "Learning transferable visual
models from natural language supervision", ICML 2021, as an ONNX file with the names that Hugging Face's
exporter gives. It knows far more than the network that ships, and is far too slow to ship. Its layers
are not among its outputs: the graph is changed in memory, the file stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnx

from packshot.arrays import Float16Array, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.errors import ModelError, SourceError
from packshot.photo import Photo
from packshot.train.array_files import write_array
from packshot.train.progress import Progress

LAYERS: Final = (2, 5, 8)
"""Layers, of twelve from 0, that are read besides the embedding: early, middle and late. A judgement."""

TEACHER_SIDE: Final = 224
"""Pixels of a side that the teacher was trained on: as many as the whole view has."""

PIXEL_MEAN: Final = 255 * np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
"""Of its training photos, 0..255, as it was trained."""

PIXEL_DEVIATION: Final = 255 * np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
"""Likewise."""

INPUT: Final = "pixel_values"
EMBEDDING: Final = "image_embeds"
LAYER_OUTPUTS: Final = tuple(f"/vision_model/encoder/layers.{layer}/Add_1_output_0" for layer in LAYERS)

_CHUNK: Final = 32
"""Photos given to a process at a time. A judgement."""

_REPORT_EVERY: Final = 200
"""Photos between two lines of progress."""


def load_teacher(path: Path) -> Model:
    """Load the teacher with its layers among its outputs.

    Raises:
        ModelError: The file cannot be read, or is not that network.

    Example:
        >>> onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), "empty.onnx")
        >>> load_teacher(Path("empty.onnx"))
        Traceback (most recent call last):
        packshot.errors.ModelError: empty.onnx is not CLIP's image encoder: no pixel_values
    """
    network = read_teacher(path)
    del network.graph.output[:]
    float_type, wanted = onnx.TensorProto.FLOAT, (EMBEDDING, *LAYER_OUTPUTS)
    network.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, float_type, None) for name in wanted
    )
    return Model.from_bytes(network.SerializeToString(), path.name)


def read_teacher(path: Path) -> onnx.ModelProto:
    """Read the teacher's graph, and make sure that it is the one whose layers are known.

    Raises:
        ModelError: The file cannot be read, or is not that network.

    Example:
        >>> Path("notes.onnx").write_text("no network")
        10
        >>> try:
        ...     read_teacher(Path("notes.onnx"))
        ... except ModelError as error:
        ...     print(str(error)[:33])
        cannot read the model notes.onnx:
    """
    try:
        network = onnx.load(str(path))
    except Exception as error:  # protobuf's errors and those of files have no common base
        raise ModelError(
            f"cannot read the model {path}: {' '.join(str(error).split())[:300]}"
        ) from error
    graph = network.graph
    known = {value.name for value in graph.input} | {name for node in graph.node for name in node.output}
    missing = [name for name in (INPUT, EMBEDDING, *LAYER_OUTPUTS) if name not in known]
    if missing:
        raise ModelError(f"{path} is not CLIP's image encoder: no {missing[0]}")
    return network


def compute_teacher_features(teacher: Model, pixels: Pixels) -> Float16Array:
    """Compute what the teacher sees of one photo.

    Args:
        teacher: As `load_teacher` loads it.
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        (512 + 9 * 768,): the embedding, then of each of `LAYERS` the class token, and mean and deviation
        of the others.

    Raises:
        ModelError: The network takes or gives something else.

    Example:
        >>> class Teacher:
        ...     def run(self, pixel_values):
        ...         tokens = np.arange(6.0).reshape(1, 3, 2)
        ...         return {"image_embeds": np.array([[9.0]])} | dict.fromkeys(LAYER_OUTPUTS, tokens)
        >>> compute_teacher_features(Teacher(), np.zeros((50, 40, 3), np.uint8))[:7].tolist()
        [9.0, 0.0, 1.0, 3.0, 4.0, 1.0, 1.0]
    """
    view = to_whole_view(pixels, TEACHER_SIDE).astype(np.float32)
    scaled = ((view - PIXEL_MEAN) / PIXEL_DEVIATION).transpose(2, 0, 1)[None]
    outputs = teacher.run(**{INPUT: scaled})
    parts = [outputs[EMBEDDING][0]]
    for name in LAYER_OUTPUTS:
        tokens = outputs[name][0]
        parts += [tokens[0], tokens[1:].mean(axis=0), tokens[1:].std(axis=0)]
    return np.concatenate(parts).astype(np.float16)


def write_teacher_features(
    photos: Sequence[Path], teacher: Path, path: Path, workers: int, progress: Progress
) -> Float16Array:
    """Compute the teacher's features of photos, unless that was done, and load them.

    Args:
        photos: Files.
        teacher: The ONNX file.
        path: The ``.npy`` file, whole or not there; one of another number of photos is made again.
        workers: Processes; 0 computes here.
        progress: Told about progress.

    Returns:
        (N, F) as `compute_teacher_features` gives them.

    Raises:
        ModelError: The file is not the teacher.
        SourceError: No photos.
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> write_teacher_features([], Path("clip.onnx"), Path("features.npy"), 0, print)
        Traceback (most recent call last):
        packshot.errors.SourceError: no photos for the teacher to look at
    """
    if not photos:
        raise SourceError("no photos for the teacher to look at")
    if not path.exists() or len(np.load(path, mmap_mode="r")) != len(photos):
        load_teacher(teacher)  # A wrong file is told here, before there are processes.
        rows = []
        for row in _iter_features(photos, teacher, workers):
            rows.append(row)
            if len(rows) % _REPORT_EVERY == 0:
                progress(f"  {len(rows)} of {len(photos)} photos shown to the teacher")
        write_array(np.stack(rows), path)
    features: Float16Array = np.load(path)
    return features


def _iter_features(photos: Sequence[Path], teacher: Path, workers: int) -> Iterator[Float16Array]:
    read = partial(_read_photo, teacher)
    if workers < 1:
        yield from map(read, photos)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(read, photos, chunksize=_CHUNK)


def _read_photo(teacher: Path, photo: Path) -> Float16Array:
    cv2.setNumThreads(1)
    return compute_teacher_features(
        _load_once(teacher), Photo.open(photo, max_side=ASSESSMENT_SIDE).pixels
    )


@lru_cache(maxsize=1)
def _load_once(teacher: Path) -> Model:
    return load_teacher(teacher)

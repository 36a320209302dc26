"""Pictures with known properties, shared by all tests."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
WEIGHTS = ROOT / "src" / "packshot" / "weights"
TIMEOUT_S = 600
"""How long tests wait for what is sure to come: a guard against what hangs for ever, not a measure."""

os.environ.pop("COLUMNS", None)  # Tables are as wide here as in a pipe, wherever the tests are run.


@pytest.fixture(autouse=True)
def use_one_thread():
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def picture():
    """A colourful scene with edges, texture, flat areas and slopes, (240, 320, 3)."""
    return make_picture(240, 320)


@pytest.fixture(scope="session")
def packshot_picture():
    """A textured blue box, 300 x 200, in the middle of a white 500 x 400 photo."""
    return make_packshot()


@pytest.fixture(scope="session")
def shared_data():
    if not SHARED.is_dir():
        pytest.skip(f"needs the data folder {SHARED}, which is not here")
    return SHARED


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory):
    """What `--encoder` takes: copies of the encoders and the atlas that ship."""
    folder = tmp_path_factory.mktemp("encoder")
    for name in ("content.onnx", "distortion.onnx", "packshot.atlas.npz"):
        shutil.copy(WEIGHTS / name, folder)
    return folder


@pytest.fixture(scope="session")
def other_encoder_folder(encoder_folder, tmp_path_factory):
    """Encoders that say the same under another fingerprint, and their atlas."""
    import onnx

    from packshot import Atlas
    from packshot.encode import Model

    folder = tmp_path_factory.mktemp("other-encoder")
    shutil.copy(encoder_folder / "distortion.onnx", folder)
    network = onnx.load(str(encoder_folder / "content.onnx"))
    network.doc_string = "another"
    onnx.save(network, str(folder / "content.onnx"))
    atlas = Atlas.load(encoder_folder / "packshot.atlas.npz")
    fingerprint = Model.from_path(folder / "content.onnx").fingerprint
    header = atlas.header.model_copy(update={"content_model": fingerprint})
    replace(atlas, header=header).save(folder / "packshot.atlas.npz")
    return folder


def make_picture(height, width, seed=0):
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image = np.stack([x / width * 200 + 20, y / height * 160 + 40, 200 - x / width * 120], axis=-1)
    texture = cv2.GaussianBlur(generator.normal(0, 60, (height, width)).astype(np.float32), (0, 0), 1.2)
    image[: height // 2, : width // 2] += texture[: height // 2, : width // 2, None]
    image = np.clip(image, 0, 255).astype(np.uint8)
    cv2.rectangle(image, (width // 2, height // 4), (width - 20, height - 30), (200, 40, 40), -1)
    cv2.circle(image, (width // 3, 2 * height // 3), height // 6, (30, 160, 60), -1)
    cv2.putText(image, "PACK", (width // 2 + 5, height // 2), 0, 1.0, (250, 250, 250), 2, cv2.LINE_AA)
    return image


def make_packshot(box=(100, 100, 300, 200), size=(500, 400)):
    width, height = size
    left, top, across, down = box
    image = np.full((height, width, 3), 255, np.uint8)
    inside = make_picture(down, across, seed=3)
    inside = np.clip(inside.astype(int) * 0.6 + 30, 0, 200).astype(np.uint8)
    image[top : top + down, left : left + across] = inside
    return image

import json
import shutil
from pathlib import Path

import pytest

import packshot
from packshot import shipped
from packshot.assess.atlas import Atlas
from packshot.emotion.network import EmotionNetwork
from packshot.encode.model import Model
from packshot.errors import ModelError

WEIGHTS = Path(packshot.__file__).with_name("weights")


def test_the_recorded_digests_are_those_of_what_ships():
    recorded = json.loads((WEIGHTS / shipped.DIGESTS_FILE).read_text())
    assert recorded == shipped.compute_digests(WEIGHTS), "after a new model: python -m packshot.shipped"
    assert len(recorded) >= 9


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """An installation whose files may be damaged."""
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(shipped, "files", lambda _package: tmp_path)
    return tmp_path / "weights"


LOADERS = {
    "emotion.onnx": EmotionNetwork.load_shipped,
    "packshot.atlas.npz": Atlas.load_shipped,
    "niqe.npz": lambda: shipped.read_shipped("niqe.npz"),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("damage", ["overwritten", "cut", "missing"])
def test_what_is_not_what_was_shipped_is_refused(installation, name, damage):
    LOADERS[name]()
    path = installation / name
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(
            data[:middle] + (b"x" * 40 + data[middle + 40 :] if damage == "overwritten" else b"")
        )
    with pytest.raises(ModelError, match=rf"{name}.*reinstall packshot"):
        LOADERS[name]()


def test_a_damaged_copy_of_a_shipped_model_is_told_from_a_model_of_ones_own(tmp_path):
    whole = shipped.read_shipped("overlay.onnx")
    damaged, retrained = bytearray(whole), bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 40] = bytes(value ^ 0x55 for value in range(40))
    retrained[1000:9000] = bytes(value % 251 for value in range(8000))
    assert shipped.find_damaged_original(bytes(damaged)) == "overlay.onnx"
    assert shipped.find_damaged_original(bytes(retrained)) is None
    assert shipped.find_damaged_original(whole) is None
    assert shipped.find_damaged_original(b"anything else") is None
    (tmp_path / "own.onnx").write_bytes(damaged)
    with pytest.raises(ModelError, match=r"own\.onnx is a damaged copy of overlay\.onnx"):
        Model.from_path(tmp_path / "own.onnx")

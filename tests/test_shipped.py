import json
import shutil
from pathlib import Path

import pytest

import packshot
from packshot import shipped
from packshot.assess.atlas import Atlas
from packshot.emotion.network import EmotionNetwork
from packshot.errors import ModelError
from packshot.measure.natural.fitted import packaged

WEIGHTS = Path(packshot.__file__).with_name("weights")


def test_the_recorded_digests_are_those_of_what_ships():
    recorded = json.loads((WEIGHTS / shipped.DIGESTS).read_text())
    assert recorded == shipped.digests_of(WEIGHTS), "after a new model: python -m packshot.shipped"
    assert len(recorded) >= 9


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """An installation whose files may be damaged."""
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(shipped, "files", lambda _package: tmp_path)
    return tmp_path / "weights"


LOADERS = {
    "emotion.onnx": EmotionNetwork.packaged,
    "packshot.atlas.npz": Atlas.default,
    "niqe.npz": lambda: packaged("niqe.npz"),
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

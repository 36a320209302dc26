import os
import re
from pathlib import Path

import numpy as np
import pytest

import packshot
from packshot.errors import ModelError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

from packshot.train.network_files import load_network  # noqa: E402
from packshot.train.networks.distortion import Projection, ProjectionShape  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.kernel_head import KernelHead, KernelTargets  # noqa: E402
from packshot.train.networks.quality_head import QualityHead  # noqa: E402
from packshot.train.recipes.trunk import TunedEncoder, ViewNetwork  # noqa: E402


class Trap:
    def __reduce__(self):
        return os.system, ("touch trapped",)


def test_a_network_comes_back_with_its_weights(tmp_path):
    network = Projection(ProjectionShape(inputs=12, hidden=8, vector=4, kinds=3))
    torch.save(network, tmp_path / "a.pt")
    back = load_network(tmp_path / "a.pt")
    assert isinstance(back, Projection)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(back.state_dict()[name], value)


def make_heads():
    generator = np.random.default_rng(0)
    targets = KernelTargets(np.arange(5), generator.random((5, 6)))
    features = generator.normal(size=(5, 8)).astype(np.float32)
    return [QualityHead(8, faults=1), KernelHead.fit(features, [targets], 0.05, 0.5)]


@pytest.mark.parametrize("head", make_heads())
def test_a_taught_head_comes_back_with_its_projection(tmp_path, head):
    shape = ProjectionShape(inputs=12, hidden=8, vector=4, kinds=3, faults=1)
    network, features = Projection(shape, taught=head).eval(), torch.randn(3, 12)
    network.readouts.taught_slopes.fill_(0.5)
    torch.save(network, tmp_path / "a.pt")
    found, expected = (one(features).readouts for one in (load_network(tmp_path / "a.pt"), network))
    torch.testing.assert_close(found.readings, expected.readings)
    torch.testing.assert_close(found.faults, expected.faults)


def test_a_tuned_trunk_comes_back(tmp_path):
    projection = Projection(ProjectionShape(1280 + 1632 + 4, hidden=8, vector=4, kinds=3))
    encoder = TunedEncoder(ViewNetwork(EfficientNetLite()), projection).eval()
    torch.save(encoder, tmp_path / "encoder.pt")
    back = load_network(tmp_path / "encoder.pt")
    view, numbers = torch.zeros(1, 64, 64, 3, dtype=torch.uint8), torch.zeros(1, 4)
    torch.testing.assert_close(back(view, numbers).code, encoder(view, numbers).code)


@pytest.mark.parametrize("content", [Trap(), {"network": Trap()}, [1, 2], torch.zeros(3), Path("a")])
def test_anything_else_is_refused_and_nothing_runs(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    torch.save(content, "a.pt")
    with pytest.raises(ModelError):
        load_network(Path("a.pt"))
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("content", [b"", b"words", b"PK\x03\x04" + bytes(90)])
def test_what_is_no_file_of_torch_is_refused(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(ModelError):
        load_network(tmp_path / "a.pt")


def test_no_recipe_reads_more_than_weights():
    for path in Path(packshot.__file__).parent.rglob("*.py"):
        for call in re.findall(r"torch\.load\([^)]*\)", path.read_text()):
            assert "weights_only=True" in call, path
        assert "weights_only=False" not in path.read_text(), path
        assert "allow_pickle=True" not in path.read_text(), path

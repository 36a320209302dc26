"""What several tests of training need."""

import pickle

import numpy as np
import pytest


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory):
    """Random weights in the shape of the released ones."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")
    from packshot.train.networks.comparison import build_vgg16

    generator = np.random.default_rng(0)
    convolutions = [layer for layer in build_vgg16() if isinstance(layer, torch.nn.Conv2d)]
    layer_weights = {}
    for number, layer in enumerate(convolutions):
        shape = tuple(layer.weight.permute(2, 3, 1, 0).shape)
        kernel = generator.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[:3]))
        layer_weights[f"Conv_{number}"] = {
            "kernel": kernel.astype(np.float32),
            "bias": np.zeros(shape[3], np.float32),
        }
    path = tmp_path_factory.mktemp("vgg") / "vgg16.ckpt"
    path.write_bytes(pickle.dumps({"VGG16_0": layer_weights}, protocol=4))
    return path

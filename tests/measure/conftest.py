"""piq, for tests that hold a measure against another implementation."""

import importlib.util
from collections.abc import Iterator
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def piq() -> Iterator[ModuleType]:
    """Import piq, which imports torchvision, which wants two operators that CPU PyTorch lacks."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")
    for package in ("piq", "torchvision"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}: make setup-train")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield importlib.import_module("piq")
    torch.set_num_threads(threads)
    del library

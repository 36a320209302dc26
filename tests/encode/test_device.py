from types import SimpleNamespace

import pytest

from packshot.encode import device
from packshot.encode.device import DEVICE_VARIABLE, Device, list_providers, resolve_device
from packshot.errors import InvalidInput

CARD, PROCESSOR = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    yield
    device._can_use_cuda.cache_clear()
    device._list_providers.cache_clear()


def pretend(monkeypatch, *, available=(CARD, PROCESSOR), started=(CARD, PROCESSOR)):
    device._can_use_cuda.cache_clear()
    device._list_providers.cache_clear()
    monkeypatch.setattr(device.ort, "get_available_providers", lambda: list(available))
    session = SimpleNamespace(get_providers=lambda: list(started))
    monkeypatch.setattr(device.ort, "InferenceSession", lambda *_: session)


def test_the_processor_is_the_default():
    assert list_providers() == [PROCESSOR]


@pytest.mark.parametrize("wanted", [Device.CUDA, Device.AUTO])
def test_a_card_that_works_comes_first_and_the_processor_stands_by(monkeypatch, wanted):
    pretend(monkeypatch)
    monkeypatch.setenv(DEVICE_VARIABLE, wanted)
    assert list_providers() == [CARD, PROCESSOR]
    assert resolve_device(Device.CPU) is Device.CPU


@pytest.mark.parametrize("state", [{"available": (PROCESSOR,)}, {"started": (PROCESSOR,)}])
def test_a_card_that_is_not_there_or_does_not_start_is_told_where_it_was_asked_for(
    monkeypatch, caplog, state
):
    pretend(monkeypatch, **state)
    monkeypatch.setenv(DEVICE_VARIABLE, "auto")
    assert list_providers() == [PROCESSOR]
    assert not caplog.records
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda")
    assert list_providers() == [PROCESSOR]
    assert "no CUDA device" in caplog.text


def test_an_unknown_device_is_an_error(monkeypatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "gpu")
    with pytest.raises(InvalidInput, match="there are cpu, cuda, auto"):
        list_providers()

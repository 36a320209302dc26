"""The device that networks run on: the processor, or a graphics card where one can be used.

It holds for a process and those that it starts, so it is a variable of the environment, as the devices
that CUDA sees are.
"""

from __future__ import annotations

import logging
import os
from enum import StrEnum
from functools import lru_cache
from typing import Final

from packshot.encode.runtime import onnxruntime as ort
from packshot.errors import InvalidInput
from packshot.shipped import read_shipped

DEVICE_VARIABLE: Final = "PACKSHOT_DEVICE"
"""Variable of the environment with the name of a `Device`; the processor without it."""

_CPU_PROVIDER: Final = "CPUExecutionProvider"
_CUDA_PROVIDER: Final = "CUDAExecutionProvider"
_TRIAL_MODEL: Final = "overflow.onnx"
"""The smallest network that ships: whether it starts on a device tells whether others do."""

_log = logging.getLogger(__name__)


class Device(StrEnum):
    """Devices that can be asked for.

    Example:
        >>> [device.value for device in Device]
        ['cpu', 'cuda', 'auto']
    """

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


def resolve_device(wanted: Device) -> Device:
    """Return the device that networks will run on: the processor where no card can be used.

    Example:
        >>> resolve_device(Device.CPU).value
        'cpu'
    """
    can_use_card = wanted is not Device.CPU and _can_use_cuda()
    return Device.CUDA if can_use_card else Device.CPU


def list_providers() -> list[str]:
    """List the execution providers for networks of this process, the preferred one first.

    Raises:
        InvalidInput: `DEVICE_VARIABLE` names no device.

    Example:
        >>> list_providers()[-1]
        'CPUExecutionProvider'
    """
    return list(_list_providers(os.environ.get(DEVICE_VARIABLE) or Device.CPU.value))


@lru_cache
def _list_providers(name: str) -> tuple[str, ...]:
    if name not in {device.value for device in Device}:
        names = ", ".join(device.value for device in Device)
        raise InvalidInput(f"{DEVICE_VARIABLE}={name}: there is no such device; there are {names}")
    device = resolve_device(Device(name))
    if name == Device.CUDA and device is not Device.CUDA:
        _log.warning("no CUDA device can be used: networks run on the processor")
    return (_CUDA_PROVIDER, _CPU_PROVIDER) if device is Device.CUDA else (_CPU_PROVIDER,)


@lru_cache(maxsize=1)
def _can_use_cuda() -> bool:
    """Return whether a network starts on a card: a build for cards says that it has CUDA anywhere."""
    if _CUDA_PROVIDER not in ort.get_available_providers():
        return False
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(
            read_shipped(_TRIAL_MODEL), options, [_CUDA_PROVIDER, _CPU_PROVIDER]
        )
    except Exception as error:  # ONNX Runtime raises many types with no common base
        _log.info("CUDA cannot be used: %s", error)
        return False
    return _CUDA_PROVIDER in session.get_providers()

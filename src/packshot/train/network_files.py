"""Networks kept whole between the steps of a recipe, read without running what a file may hold."""

from __future__ import annotations

import pickle
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import torch
from torch import nn

from packshot.errors import ModelError

_TRUSTED = ("packshot.train.networks.", "packshot.train.recipes.", "torch.nn.modules.")
"""Beginnings of the names of classes that a file may hold: our networks and recipes, and PyTorch's
modules."""


def load_network(path: Path) -> nn.Module:
    """Load a network that `torch.save` wrote whole: of our classes and PyTorch's modules alone.

    Raises:
        ModelError: It is none.

    Example:
        >>> torch.save(nn.Linear(3, 2), "network.pt")
        >>> load_network(Path("network.pt")).in_features
        3
    """
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        with torch.serialization.safe_globals([_resolve_trusted_class(name) for name in names]):
            found = torch.load(path, weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is no network of a recipe, or is damaged: delete it") from error
    if not isinstance(found, nn.Module):
        raise ModelError(f"{path} holds no network: delete it")
    return found


def _resolve_trusted_class(name: str) -> type:
    """Return the class of a network, or of its sizes, by its full name."""
    module, _, attribute = name.rpartition(".")
    found = getattr(import_module(module), attribute, None) if name.startswith(_TRUSTED) else None
    if not (isinstance(found, type) and (issubclass(found, nn.Module) or is_dataclass(found))):
        raise ValueError(f"{name} is no class of a network")
    return found

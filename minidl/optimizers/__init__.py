"""Optimizers: how gradients change weights."""

from typing import Any

from minidl.config import registry
from minidl.optimizers.adam import Adam
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "deserialize", "get", "serialize"]


def get(identifier: Any) -> Any:
    """The optimizer that a name ("adam"), config or object stands for."""
    optimizer = registry.shortcut(identifier, "optimizers")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"an optimizer is a name or an Optimizer, got {optimizer!r}")
    return optimizer


serialize = registry.serialize
deserialize = registry.deserialize

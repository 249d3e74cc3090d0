"""Optimizers: update weights by their gradients."""

from typing import Any

from minidl.config import registry
from minidl.optimizers import schedules
from minidl.optimizers.adadelta import Adadelta
from minidl.optimizers.adafactor import Adafactor
from minidl.optimizers.adagrad import Adagrad
from minidl.optimizers.adam import Adam
from minidl.optimizers.adamax import Adamax
from minidl.optimizers.adamw import AdamW
from minidl.optimizers.ftrl import Ftrl
from minidl.optimizers.lamb import Lamb
from minidl.optimizers.lbfgs import LBFGS
from minidl.optimizers.lion import Lion
from minidl.optimizers.muon import Muon
from minidl.optimizers.nadam import Nadam
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.rmsprop import RMSprop
from minidl.optimizers.schedule_free import ScheduleFreeAdamW
from minidl.optimizers.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


def get(identifier: Any) -> Any:
    """The optimizer that a name ("adam"), config or object stands for."""
    optimizer = registry.shortcut(identifier, "optimizers")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"an optimizer is a name or an Optimizer, got {optimizer!r}")
    return optimizer


serialize = registry.serialize
deserialize = registry.deserialize

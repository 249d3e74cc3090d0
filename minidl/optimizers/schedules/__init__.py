"""Learning rate schedules: objects that compute the learning rate of each step, accepted by optimizers instead of a number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minidl.config import registry
from minidl.config.missing_names import attribute_error
from minidl.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts, OneCycle
from minidl.optimizers.schedules.decays import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay
from minidl.optimizers.schedules.schedule import LearningRateSchedule

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)

serialize = registry.serialize


def deserialize(config: object, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Convert the result of `serialize` to a schedule.

    Example:
        >>> deserialize(serialize(ExponentialDecay(0.1, 100, 0.5)))
        ExponentialDecay(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5)
    """
    return registry.deserialize_from("optimizers.schedules", config, custom_objects)

"""Learning rate schedules: objects that compute the learning rate of each step, accepted by optimizers instead of a number."""

from typing import TYPE_CHECKING

from minidl.config import registry
from minidl.config.types import CustomObjects, MaybeNone
from minidl.optimizers.schedules.schedule import LearningRateSchedule as LearningRateSchedule

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.optimizers.schedules.cosine import CosineDecay as CosineDecay
    from minidl.optimizers.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
    from minidl.optimizers.schedules.cosine import OneCycle as OneCycle
    from minidl.optimizers.schedules.decays import ExponentialDecay as ExponentialDecay
    from minidl.optimizers.schedules.decays import InverseTimeDecay as InverseTimeDecay
    from minidl.optimizers.schedules.decays import PiecewiseConstantDecay as PiecewiseConstantDecay
    from minidl.optimizers.schedules.decays import PolynomialDecay as PolynomialDecay

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__, "LearningRateSchedule deserialize serialize")

serialize = registry.serialize


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> LearningRateSchedule | MaybeNone:
    """Convert the result of `serialize` to a schedule.

    Example:
        >>> from minidl.optimizers.schedules import ExponentialDecay
        >>> deserialize(serialize(ExponentialDecay(0.1, 100, 0.5)))
        ExponentialDecay(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5)
    """
    return registry.deserialize_from("optimizers.schedules", config, custom_objects)

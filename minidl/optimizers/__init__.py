"""Optimizers: update weights by their gradients."""

from typing import TYPE_CHECKING

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.types import JSON, CustomObjects, MaybeNone
from minidl.optimizers import schedules as schedules
from minidl.optimizers.optimizer import Optimizer as Optimizer

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.optimizers.adadelta import Adadelta as Adadelta
    from minidl.optimizers.adafactor import Adafactor as Adafactor
    from minidl.optimizers.adagrad import Adagrad as Adagrad
    from minidl.optimizers.adam import Adam as Adam
    from minidl.optimizers.adamax import Adamax as Adamax
    from minidl.optimizers.adamw import AdamW as AdamW
    from minidl.optimizers.ftrl import Ftrl as Ftrl
    from minidl.optimizers.lamb import Lamb as Lamb
    from minidl.optimizers.lbfgs import LBFGS as LBFGS
    from minidl.optimizers.lion import Lion as Lion
    from minidl.optimizers.multi_optimizer import MultiOptimizer as MultiOptimizer
    from minidl.optimizers.multi_optimizer import OptimizerMap as OptimizerMap
    from minidl.optimizers.muon import Muon as Muon
    from minidl.optimizers.nadam import Nadam as Nadam
    from minidl.optimizers.rmsprop import RMSprop as RMSprop
    from minidl.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
    from minidl.optimizers.sgd import SGD as SGD

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__, "Optimizer deserialize get schedules serialize")


_lookup: Lookup[Optimizer] = Lookup(
    "optimizers",
    'an optimizer is a name, such as "adam", or an Optimizer, such as Adam(learning_rate=0.01)',
    lambda item: isinstance(item, Optimizer),
)


def get(identifier: object) -> Optimizer | MaybeNone:
    """The optimizer for a name ("adam"), a class, a config or an object; `None` stays `None`.

    Example:
        >>> get("adam")
        Adam()
    """
    return _lookup.get(identifier)


def serialize(optimizer: object) -> JSON:
    """Convert an optimizer to plain JSON values.

    Example:
        >>> serialize(get("adam"))["class_name"]
        'Adam'
    """
    return registry.serialize(optimizer)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Optimizer | MaybeNone:
    """Convert the result of `serialize`, or a name, to an optimizer.

    Example:
        >>> deserialize({"class_name": "SGD", "config": {"learning_rate": 0.1}})
        SGD(learning_rate=0.1)
    """
    return _lookup.deserialize(config, custom_objects)

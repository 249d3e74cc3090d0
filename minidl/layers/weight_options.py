"""Weight options: initializer, regularizer and constraint of each kind of weight."""

from collections.abc import Callable
from typing import Any

from minidl import constraints, initializers, regularizers
from minidl.config.types import InitializerLike
from minidl.initializers.initializer import Initializer
from minidl.layers.layer import Layer
from minidl.variable import Variable


def set_weight_options(layer: Layer, **recipes: tuple[Any, Any, Any]) -> None:
    """Set the attributes for initializer, regularizer and constraint of each kind of weight, with Keras's names.

    `set_weight_options(layer, kernel=("zeros", "l2", None))` sets `layer.kernel_initializer`, `layer.kernel_regularizer` and
    `layer.kernel_constraint`, converted by `get`; users may still change them before the layer is built.
    """
    for kind, (initializer, regularizer, constraint) in recipes.items():
        setattr(layer, f"{kind}_initializer", initializers.get(initializer))
        setattr(layer, f"{kind}_regularizer", regularizers.get(regularizer))
        setattr(layer, f"{kind}_constraint", constraints.get(constraint))


def add_weight_with(
    layer: Layer,
    name: str,
    shape: tuple[int, ...],
    kind: str | None = None,
    adapt: Callable[[Initializer], InitializerLike] = lambda initializer: initializer,
) -> Variable:
    """Create and register a weight with the options of its kind (by default its name).

    `adapt` may replace the initializer, for example by one with input axes.
    """
    kind = kind or name
    return layer.add_weight(
        shape,
        adapt(getattr(layer, f"{kind}_initializer")),
        regularizer=getattr(layer, f"{kind}_regularizer"),
        constraint=getattr(layer, f"{kind}_constraint"),
        name=name,
    )

"""Weight options: initializer, regularizer and constraint of each kind of weight."""

from typing import Any

from minidl import constraints, initializers, regularizers
from minidl.layers.layer import Layer
from minidl.variable import Variable


def set_weight_options(layer: Layer, **recipes: tuple[Any, Any, Any]) -> None:
    """Keep the initializer, regularizer and constraint of each kind of weight, by Keras's names for the three.

    `set_weight_options(layer, kernel=("zeros", "l2", None))` sets `layer.kernel_initializer`, `layer.kernel_regularizer` and
    `layer.kernel_constraint`, found by `get`, so that users may still change them before the layer is built.
    """
    for kind, (initializer, regularizer, constraint) in recipes.items():
        setattr(layer, f"{kind}_initializer", initializers.get(initializer))
        setattr(layer, f"{kind}_regularizer", regularizers.get(regularizer))
        setattr(layer, f"{kind}_constraint", constraints.get(constraint))


def add_weight_with(
    layer: Layer, name: str, shape: tuple[int, ...], kind: str | None = None, adapt: Any = lambda initializer: initializer
) -> Variable:
    """Create and register the weight of that name, with the options of its kind (its name by default).

    `adapt` may replace the initializer, for example by one that knows which axes are inputs.
    """
    kind = kind or name
    return layer.add_weight(
        shape,
        adapt(getattr(layer, f"{kind}_initializer")),
        regularizer=getattr(layer, f"{kind}_regularizer"),
        constraint=getattr(layer, f"{kind}_constraint"),
        name=name,
    )

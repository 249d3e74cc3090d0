"""Activation functions: objects that know their derivative, found by Keras's names."""

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minidl.config import registry
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.kernels import elementwise

_ALIASES = {"swish": "silu"}


def _takes_three(backward: Any) -> bool:
    """Whether this can be called as `backward(dy, x, y)`."""
    try:
        inspect.signature(backward).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell its arguments
        return True
    return True


class ActivationFunction:
    """A function together with its derivative, called like any function.

    Make one of your own from two functions of arrays; it can then stand wherever "relu" can. To find it again in a saved
    model, hand it to `minidl.saving.register_keras_serializable()`.

    Args:
        forward: `forward(x, **options) -> y`, an array of the shape and dtype of `x`.
        backward: `backward(dy, x, y, **options) -> dx`: the gradient of `x`, from that of `y`.
        name: what it is called; by default the name of `forward`.
    Attributes:
        forward, backward: the two functions as given, for arrays of a float type.
    Raises:
        TypeError: one of the two is not a function, or what is called with is not made of numbers.
    Example:
        >>> square = ActivationFunction(lambda x: x * x, lambda dy, x, y: 2 * x * dy, name="square")
        >>> square([1, 2, 3])
        array([1., 4., 9.], dtype=float32)
        >>> square.backward(np.ones(3), np.array([1.0, 2.0, 3.0]), None)
        array([2., 4., 6.])
    """

    __name__: str
    forward: Callable[..., Array]
    backward: Callable[..., Array]

    def __init__(self, forward: Any, backward: Any, name: str | None = None) -> None:
        if not callable(forward) or not _takes_three(backward):
            raise TypeError(
                f"ActivationFunction expects two functions, forward(x) -> y and backward(dy, x, y) -> dx, "
                f"got {forward!r} and {backward!r}"
            )
        self.forward = forward
        self.backward = backward
        self.__name__ = str(name or getattr(forward, "__name__", type(forward).__name__))
        self.__module__ = getattr(forward, "__module__", __name__)
        self.__doc__ = forward.__doc__
        self.__wrapped__ = forward  # so that help() and inspect.signature() show its options

    def __call__(self, x: Any, *args: Any, **options: Any) -> Array:
        array = np.asarray(x)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{self.__name__} expects numbers, got an array of type {array.dtype}")
        if array.dtype.kind != "f" or not hasattr(x, "dtype"):  # integers, and lists of Python numbers
            array = array.astype(floatx())
        return np.asarray(self.forward(array, *args, **options))

    def __repr__(self) -> str:
        return f"<activation {self.__name__}>"

    def __deepcopy__(self, memo: Any) -> "ActivationFunction":
        return self  # like a function, it is never copied

    def __reduce__(self) -> Any:
        if globals().get(self.__name__) is self:
            return self.__name__  # pickle then writes the name alone
        return ActivationFunction, (self.forward, self.backward, self.__name__)


def _provide(name: str) -> ActivationFunction:
    """One of our own, made of the two kernels of that name."""
    function = ActivationFunction(getattr(elementwise, name), getattr(elementwise, f"{name}_backward"))
    function.__module__ = __name__
    return function


elu = _provide("elu")
gelu = _provide("gelu")
leaky_relu = _provide("leaky_relu")
linear = _provide("linear")
relu = _provide("relu")
sigmoid = _provide("sigmoid")
silu = swish = _provide("silu")
softmax = _provide("softmax")
softplus = _provide("softplus")
tanh = _provide("tanh")


def split_final(layer: Any) -> tuple[Any, "ActivationFunction"] | None:
    """A layer that ends in `layer.activation` without it, where that is softmax or sigmoid, and that activation.

    The first shares everything else with the layer; it gives the logits.
    """
    if layer.activation not in (softmax, sigmoid):
        return None
    linear_layer = copy.copy(layer)
    linear_layer.activation = linear
    return linear_layer, layer.activation


def get(identifier: Any) -> ActivationFunction:
    """The activation function that a name, a config or an object stands for; `None` is `linear`.

    A callable object of yours is taken as it is when it has a method `backward(dy, x, y) -> dx`. A plain function is
    refused, because nothing here can differentiate it, where Keras would take it.

    Raises:
        ValueError: a name that is not known; the nearest is named.
        TypeError: a function without a derivative.
    Example:
        >>> get("relu") is relu
        True
    """
    if identifier is None:
        return linear
    found = registry.shortcut(identifier, "activations", _ALIASES)
    if isinstance(found, Mapping) and "function" in found:
        found = registry.deserialize(found)
    if isinstance(found, ActivationFunction):
        return found
    if callable(found) and _takes_three(getattr(found, "backward", None)):
        return ActivationFunction(found, found.backward)
    raise TypeError(
        f"an activation is a name or a function with its derivative, got {found!r}; give it one by "
        f"minidl.activations.ActivationFunction(forward, backward), where backward(dy, x, y) returns dx "
        f"(a layer, such as LeakyReLU(), goes into the model behind the layer instead)"
    )


def serialize(activation: Any) -> Any:
    """Turn an activation function into plain JSON values."""
    return registry.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> ActivationFunction:
    """Turn what `serialize` gave, or a name, back into the function."""
    return get(registry.deserialize(config, custom_objects))

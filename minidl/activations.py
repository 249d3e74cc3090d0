"""Activation functions with their derivatives, with Keras's names."""

import copy
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.autodiff import TABLE, DifferentiableFunction, Operation, Tensor
from minidl.config import registry
from minidl.config.layer_like import check_activation
from minidl.config.lookup import Lookup
from minidl.config.missing_names import attribute_error
from minidl.config.public_names import PACKAGES
from minidl.config.settings import floatx
from minidl.config.types import JSON, Array, CustomObjects, Shape, Tensors
from minidl.kernels.activations import elu as elu_kernels
from minidl.kernels.activations import gelu as gelu_kernels
from minidl.kernels.activations import glu as glu_kernels
from minidl.kernels.activations import hard, shrink, smooth
from minidl.kernels.activations import leaky_relu as leaky_kernels
from minidl.kernels.activations import relu as relu_kernels
from minidl.kernels.activations import softmax as softmax_kernels

_ALIASES = {"hard_swish": "hard_silu", "swish": "silu"}


def _takes_three(backward: Any, further: Sequence[str] = ()) -> bool:
    """Whether the object can be called as `backward(dy, x, y)`, with these further arguments."""
    try:
        inspect.signature(backward).bind(None, None, None, **dict.fromkeys(further))
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


class ActivationFunction:
    """A function with its derivative, called like any function.

    Make a custom one from two functions of arrays; it can then be used like "relu". To load saved models that use it, register
    it with `minidl.saving.register_keras_serializable()`.

    Args:
        forward: `forward(x, **options) -> y`, an array with the dtype and, without `output_shape`, the shape of `x`.
        backward: `backward(dy, x, y, **options) -> dx`: the gradient of `x`, from that of `y`.
        name: its name; by default the name of `forward`.
        output_shape: `output_shape(shape, owner) -> shape`, if `y` has another shape than `x`; raises an error that names
            `owner` for a shape that `forward` does not accept.
    Attributes:
        forward, backward: the two functions as given, for arrays of a float type.
    Raises:
        TypeError: one of the two is not a function, or the input is not numeric.
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

    def __init__(self, forward: Any, backward: Any, name: str | None = None, output_shape: Any = None) -> None:
        self.forward, self.backward = forward, backward
        is_kernel = str(getattr(backward, "__module__", "")).startswith("minidl.kernels.")  # its arguments need not be read
        if not is_kernel and not (callable(forward) and _takes_three(backward, self.needed)):
            raise TypeError(
                f"ActivationFunction expects two functions, forward(x) -> y and backward(dy, x, y) -> dx, "
                f"got {forward!r} and {backward!r}"
            )
        self.output_shape = output_shape
        self.operation = Operation(forward, name=f"activations.{name or getattr(forward, '__name__', '')}")
        self.operation.register_backward(lambda dy, y, x, **options: self.backward(dy, x, y, **options))
        self.__name__ = str(name or getattr(forward, "__name__", type(forward).__name__))
        self.__module__ = getattr(forward, "__module__", __name__)
        self.__doc__ = forward.__doc__
        self.__wrapped__ = forward  # so that help() and inspect.signature() show its options

    def __call__(self, x: Tensors, *args: object, **options: object) -> Array:
        if isinstance(x, Tensor):
            return self.operation(x, *args, **options)
        array = np.asarray(x)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{self.__name__} expects numbers, got an array of type {array.dtype}")
        is_float = array.dtype.kind == "f" and hasattr(x, "dtype")  # not integers, nor lists of Python numbers
        return np.asarray(self.forward(array if is_float else array.astype(floatx()), *args, **options))

    @functools.cached_property
    def needed(self) -> list[str]:
        """The required arguments of `forward` after its first."""
        try:
            parameters = list(inspect.signature(self.forward).parameters.values())[1:]
        except ValueError:  # a builtin without a signature
            return []
        return [p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]

    def compute_output_shape(self, shape: Shape, owner: str | None = None) -> Shape:
        """The shape of `y` for an `x` of this shape; `owner` is the layer named in errors."""
        return shape if self.output_shape is None else tuple(self.output_shape(shape, owner or self.__name__))

    def __repr__(self) -> str:
        return f"<activation {self.__name__}>"

    def __deepcopy__(self, memo: dict[int, object]) -> "ActivationFunction":
        return self  # like a function, it is never copied

    def __reduce__(self) -> Any:
        if globals().get(self.__name__) is self:
            return self.__name__  # pickle then writes only the name
        return ActivationFunction, (self.forward, self.backward, self.__name__, self.output_shape)


def _provide(kernels: Any, name: str, output_shape: Callable[..., Shape] | None = None) -> ActivationFunction:
    """A built-in activation, made of the two kernels with that name."""
    function = ActivationFunction(getattr(kernels, name), getattr(kernels, f"{name}_backward"), name, output_shape)
    function.__module__ = __name__
    TABLE[function.operation.__name__] = function.operation
    return function


class FunctionActivation(ActivationFunction):
    """An activation made of a function of tensors, or of a layer; its gradient is computed by recording it.

    Args:
        function: `function(x) -> y`, of x's shape, written with operators, NumPy functions and `minidl.ops`.
    Example:
        >>> from minidl import ops
        >>> swish = FunctionActivation(lambda x: x * ops.sigmoid(x))
        >>> swish.backward(np.ones(1), np.zeros(1), None)
        array([0.5])
    """

    def __init__(self, function: Callable[..., object]) -> None:
        check_activation(function)
        self.function = function
        super().__init__(self._forward, self._backward, getattr(function, "__name__", type(function).__name__))
        self.__wrapped__ = function  # the function itself, under whose name it may be registered

    def _forward(self, x: Array) -> Array:
        result = self.function(x)
        if result is None:
            raise TypeError(f"the activation {self.__name__} returned None; return an array of the shape of x")
        check_activation(self.function)  # once more, as a layer has its weights now
        return np.asarray(result, x.dtype)

    def _backward(self, dy: Array, x: Array, y: Array | None) -> Array:
        differentiable = DifferentiableFunction(self.function, f"the activation {self.__name__}")
        value, cache = differentiable.forward(x)
        if y is not None and not np.allclose(value, y, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise ValueError(
                f"the activation {self.__name__} gave other values when it was run again for its gradient; "
                f"one that draws random numbers or keeps a state belongs in a Lambda layer"
            )
        dx = differentiable.backward(np.broadcast_to(dy, value.shape), cache)[0]
        return np.zeros_like(x) if dx is None else dx

    def __reduce__(self) -> tuple[object, ...]:
        return FunctionActivation, (self.function,)


celu = _provide(elu_kernels, "celu")
elu = _provide(elu_kernels, "elu")
exponential = _provide(smooth, "exponential")
gelu = _provide(gelu_kernels, "gelu")
glu = _provide(glu_kernels, "glu", glu_kernels.halved_shape)
hard_shrink = _provide(shrink, "hard_shrink")
hard_sigmoid = _provide(hard, "hard_sigmoid")
hard_silu = hard_swish = _provide(hard, "hard_silu")
hard_tanh = _provide(hard, "hard_tanh")
keras_2_hard_sigmoid = _provide(hard, "keras_2_hard_sigmoid")
leaky_relu = _provide(leaky_kernels, "leaky_relu")
linear = _provide(relu_kernels, "linear")
log_sigmoid = _provide(smooth, "log_sigmoid")
log_softmax = _provide(softmax_kernels, "log_softmax")
mish = _provide(smooth, "mish")
relu = _provide(relu_kernels, "relu")
relu6 = _provide(hard, "relu6")
selu = _provide(elu_kernels, "selu")
sigmoid = _provide(smooth, "sigmoid")
silu = swish = _provide(smooth, "silu")
soft_shrink = _provide(shrink, "soft_shrink")
softmax = _provide(softmax_kernels, "softmax")
softplus = _provide(smooth, "softplus")
softsign = _provide(smooth, "softsign")
sparse_plus = _provide(hard, "sparse_plus")
sparse_sigmoid = _provide(hard, "sparse_sigmoid")
sparsemax = _provide(softmax_kernels, "sparsemax")
squareplus = _provide(smooth, "squareplus")
tanh = _provide(smooth, "tanh")
tanh_shrink = _provide(shrink, "tanh_shrink")
threshold = _provide(shrink, "threshold")


def split_final(layer: Any) -> tuple[Any, "ActivationFunction"] | None:
    """A layer without its final `layer.activation`, if that is softmax or sigmoid, and that activation.

    The first shares everything else with the layer; it returns the logits.

    Example:
        >>> split_final(minidl.layers.Dense(2, activation="softmax"))[1] is softmax
        True
    """
    if layer.activation not in (softmax, sigmoid):
        return None
    linear_layer = copy.copy(layer)
    linear_layer.activation = linear
    return linear_layer, layer.activation


def get(identifier: object) -> ActivationFunction:
    """The activation function for a name, config or object; `None` is `linear`.

    A callable object with a method `backward(dy, x, y) -> dx` is used directly. The gradient of a function, an operation or a
    layer is computed by recording it. Functions that require more arguments than `x` are not accepted.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is not a function, or requires more arguments than `x`.
    Example:
        >>> get("relu") is relu
        True
    """
    found = _find(identifier)
    if missing := found.needed:
        name = found.__name__
        raise TypeError(
            f"{name} needs {' and '.join(missing)} besides x, which a layer does not pass to its activation; "
            f"set them in a function of x alone: activation=lambda x: {name}(x, ...)"
        )
    return found


def get_keeping_shape(owner: str, identifier: object) -> ActivationFunction:
    """The same, for a layer whose activation must keep the shape, such as that of a recurrent state.

    Raises:
        ValueError: the function changes the shape, as glu does.
    Example:
        >>> get_keeping_shape("LSTM", "tanh") is tanh
        True
    """
    found = get(identifier)
    if found.output_shape is not None:
        raise ValueError(
            f"{owner} expects an activation that keeps the shape of its input, got {found.__name__}, which changes it; "
            f'"sigmoid" and "tanh" keep it'
        )
    return found


def _from_function(item: object) -> ActivationFunction | None:
    if not callable(item):
        return None
    derivative = getattr(item, "backward", None)
    return ActivationFunction(item, derivative) if _takes_three(derivative) else FunctionActivation(item)


_lookup: Lookup[ActivationFunction] = Lookup(
    "activations",
    "an activation is a name, such as 'relu', or a function of x",
    lambda item: isinstance(item, ActivationFunction),
    convert=_from_function,
    aliases=_ALIASES,
)


def _find(identifier: object) -> ActivationFunction:
    """The activation function, also one that requires more arguments than x."""
    found: ActivationFunction | None = _lookup.get(identifier)
    return linear if found is None else found


def serialize(activation: object) -> JSON:
    """The name of a built-in activation; a custom function as plain JSON values.

    Example:
        >>> serialize(relu)
        'relu'
    """
    return registry.activation_name(registry.serialize(activation))


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> ActivationFunction:
    """Convert the result of `serialize`, or a name, to the function.

    Example:
        >>> deserialize("relu") is relu
        True
    """
    return _find(registry.deserialize_from("activations", config, custom_objects))


if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, PACKAGES["activations"])

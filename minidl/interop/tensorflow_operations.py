"""TensorFlow's functions in functional models of Keras 2, such as `tf.nn.relu(x)` or `2 * x`: our operations for them.

A file of Keras 2 holds such a call as a layer `TFOpLambda` with the name of the function.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np

from minidl import activations, ops
from minidl.autodiff.operation import handlers_in
from minidl.autodiff.tensor import TensorLike
from minidl.config.dtypes import standardize_dtype
from minidl.config.nest import flatten
from minidl.config.tree import leaves
from minidl.config.types import Axis, Config, Options, Sizes, Tensors
from minidl.graph.symbolic import SymbolicTensor

Function: TypeAlias = Callable[..., Any]  # of symbolic tensors, numbers and lists
Results: TypeAlias = list[Tensors]  # symbolic tensors, or a shape

CLASSES = ("TFOpLambda", "SlicingOpLambda")
LOST = ("ClassMethod", "InstanceMethod", "InstanceProperty", "TensorFlowOpLayer")  # whose code or arguments a file lacks
# Functions of sizes, such as `2 * tf.shape(x)[1]`; the others compute nothing of constants, as the file chooses how much.
_OF_SIZES = (
    "add cast concat div floor_div floordiv floormod getitem maximum minimum mod mul multiply reduce_prod reduce_sum shape "
    "stack sub subtract truediv unstack"
)
_FEW = 100  # sizes
_SAYS_NOTHING = ("name", "out_type", "validate_indices", "conjugate", "batch_dims", "adjoint_a", "adjoint_b")


def results(config: Config, args: Sequence[TensorLike], options: Options) -> Results:
    """What a call of a TensorFlow function returns, from our symbolic tensors.

    Args:
        config: names the function, as in `{"function": "math.add"}`.
        args: the first argument; constants are numbers or lists.
        options: the others by name.
    Raises:
        ValueError: minidl has no operation for it.
    """
    function = str(config.get("function"))
    name = function.rpartition(".")[2]
    if name == "shape":
        return [ops.shape(args[0])]  # one result, of which parts are taken
    if name not in _FUNCTIONS:
        raise ValueError(
            f"the file has the operation tf.{function}, which minidl does not make from a file; where the file was written, "
            f"use a layer of Keras or other operations for it"
        )
    if not handlers_in([*args, *options.values()]):
        _check_sizes(function, name, [*args, *options.values()])
    given = {key: option for key, option in options.items() if key not in _SAYS_NOTHING or option not in (None, False, 0)}
    given = {key: option for key, option in given.items() if key not in ("name", "out_type")}
    try:
        return flatten(_FUNCTIONS[name](*args, **given))
    except TypeError as error:
        raise ValueError(f"the operation tf.{function} in the file cannot be made from {given}: {error}") from error


def _check_sizes(function: str, name: str, constants: Sequence[object]) -> None:
    """Raise ValueError if a call without tensors computes something else than a few sizes."""
    if name not in _OF_SIZES.split() or len(leaves(list(constants))) > _FEW:
        raise ValueError(f"the file is damaged: the operation tf.{function} takes no tensor")


def raise_for_lost(kind: str, name: object) -> None:
    """Raise ValueError for a layer of Keras 2 whose code or arguments a file does not hold."""
    if kind in LOST:
        raise ValueError(
            f"the file has the layer {name!r} of the class {kind}, a call of TensorFlow that cannot be made "
            f"from the file; where the file was written, use a layer for it, or save the weights alone"
        )


def _constant(value: TensorLike) -> TensorLike:
    """A list of numbers as an array, of float32 if they are floats."""
    if not isinstance(value, list):
        return value
    array = np.asarray(value)
    return array.astype("float32") if array.dtype.kind == "f" else array


def _binary(function: Function) -> Function:
    return lambda x, y: function(_constant(x), _constant(y))


def _reduction(function: Function) -> Function:
    def reduce(input_tensor: TensorLike, axis: Axis = None, keepdims: bool | None = None) -> TensorLike:
        axes = tuple(axis) if isinstance(axis, list) else axis
        found: TensorLike = function(input_tensor, axis=axes, keepdims=bool(keepdims))
        return found

    return reduce


def _matmul(a: TensorLike, b: TensorLike, transpose_a: bool = False, transpose_b: bool = False) -> TensorLike:
    a, b = _constant(a), _constant(b)
    return ops.matmul(ops.swapaxes(a, -1, -2) if transpose_a else a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def _split(value: TensorLike, num_or_size_splits: Sizes, axis: int = 0) -> TensorLike:
    sizes = num_or_size_splits
    return ops.split(value, list(accumulate(sizes))[:-1] if isinstance(sizes, list) else sizes, axis=axis)


def _getitem(tensor: SymbolicTensor, slice_spec: object) -> TensorLike:
    def part(spec: object) -> object:
        if isinstance(spec, Mapping):
            return ... if "class_name" in spec else slice(spec.get("start"), spec.get("stop"), spec.get("step"))
        return spec

    return tensor[tuple(map(part, slice_spec)) if isinstance(slice_spec, list) else part(slice_spec)]


def _gather(params: TensorLike, indices: TensorLike, axis: int | None = None, batch_dims: int = 0) -> TensorLike:
    if batch_dims:
        raise TypeError("batch_dims is not 0")
    return ops.take(params, _constant(indices), axis or 0)


def _pad(tensor: TensorLike, paddings: list[list[int]], mode: str = "CONSTANT", constant_values: float = 0) -> TensorLike:
    constant = mode.upper() == "CONSTANT"
    return ops.pad(tensor, paddings, mode.lower(), constant_values=constant_values if constant else None)


def _norm(tensor: TensorLike, ord: object = "euclidean", axis: Axis = None, keepdims: bool | None = None) -> TensorLike:
    if ord not in ("euclidean", 2) or isinstance(axis, list):
        raise TypeError("only Euclidean norms along one axis, or of all values, are known")
    return ops.sqrt(ops.sum(ops.square(tensor), axis=axis, keepdims=bool(keepdims)))


def _l2_normalize(x: TensorLike, axis: Axis = None, epsilon: float = 1e-12) -> TensorLike:
    square = ops.sum(ops.square(x), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, epsilon))


_ONE_ARGUMENT = (
    "abs ceil cos cosh erf exp expm1 floor isfinite isinf isnan log log1p log_sigmoid logical_not negative ones_like "
    "reciprocal relu relu6 round rsqrt selu sigmoid sign silu sin sinh softplus softsign sqrt square stop_gradient tan tanh "
    "zeros_like"
)
_TWO_ARGUMENTS = (
    "add divide equal floor_divide greater greater_equal less less_equal logical_and logical_or logical_xor maximum minimum "
    "mod multiply not_equal power subtract"
)
_RENAMED = {  # TensorFlow's name -> ours
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "identity": "copy",
    "is_finite": "isfinite",
    "is_inf": "isinf",
    "is_nan": "isnan",
    "neg": "negative",
    "swish": "silu",
}
_RENAMED_OF_TWO = {
    "atan2": "arctan2",
    "div": "divide",
    "divide_no_nan": "divide_no_nan",
    "floor_div": "floor_divide",
    "floordiv": "floor_divide",
    "floormod": "mod",
    "pow": "power",
    "sub": "subtract",
    "truediv": "divide",
}
_REDUCTIONS = {
    "all": "all",
    "any": "any",
    "logsumexp": "logsumexp",
    "max": "max",
    "mean": "mean",
    "min": "min",
    "prod": "prod",
    "std": "std",
    "sum": "sum",
    "variance": "var",
}
_UNARY = {name: name for name in _ONE_ARGUMENT.split()} | _RENAMED
_PAIRS = {name: name for name in _TWO_ARGUMENTS.split()} | _RENAMED_OF_TWO

_FUNCTIONS: dict[str, Function] = {
    **{name: getattr(ops, ours) for name, ours in _UNARY.items()},
    **{name: _binary(getattr(ops, ours)) for name, ours in _PAIRS.items()},
    **{f"reduce_{name}": _reduction(getattr(ops, ours)) for name, ours in _REDUCTIONS.items()},
    "add_n": lambda inputs: sum(inputs[1:], inputs[0]),
    "argmax": lambda input, axis=0, output_type=None: ops.argmax(input, axis=axis),
    "argmin": lambda input, axis=0, output_type=None: ops.argmin(input, axis=axis),
    "bias_add": lambda value, bias: value + _constant(bias),
    "cast": lambda x, dtype: x if isinstance(x, (int, float)) else ops.cast(x, standardize_dtype(dtype)),
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(t, clip_value_min, clip_value_max),
    "concat": lambda values, axis: ops.concatenate([_constant(one) for one in values], axis=axis),
    "cumsum": lambda x, axis=0: ops.cumsum(x, axis=axis),
    "elu": lambda features: ops.elu(features),
    "expand_dims": lambda input, axis: ops.expand_dims(input, axis),
    "gather": _gather,
    "gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    "getitem": _getitem,
    "hard_sigmoid": activations.keras_2_hard_sigmoid,
    "l2_normalize": _l2_normalize,
    "leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, alpha),
    "log_softmax": lambda logits, axis=None: ops.log_softmax(logits, -1 if axis is None else axis),
    "matmul": _matmul,
    "norm": _norm,
    "one_hot": lambda indices, depth, axis=None, dtype=None: ops.one_hot(
        indices, depth, -1 if axis is None else axis, dtype=dtype
    ),
    "pad": _pad,
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis=axis),
    "reshape": lambda tensor, shape: ops.reshape(tensor, shape),
    "resize": lambda images, size, method="bilinear": ops.image.resize(images, tuple(size), interpolation=method),
    "reverse": lambda tensor, axis: ops.flip(tensor, axis=tuple(axis)),
    "softmax": lambda logits, axis=None: ops.softmax(logits, -1 if axis is None else axis),
    "split": _split,
    "squared_difference": lambda x, y: ops.square(ops.subtract(_constant(x), _constant(y))),
    "squeeze": lambda input, axis=None: ops.squeeze(input, axis=tuple(axis) if isinstance(axis, list) else axis),
    "stack": lambda values, axis=0: ops.stack(list(values), axis=axis),
    "tensordot": lambda a, b, axes: ops.tensordot(_constant(a), _constant(b), axes),
    "tile": lambda input, multiples: ops.tile(input, multiples),
    "top_k": lambda input, k=1: ops.top_k(input, k),
    "transpose": lambda a, perm=None: ops.transpose(a, perm),
    "unstack": lambda value, num=None, axis=0: list(value) if isinstance(value, tuple) else ops.unstack(value, num, axis),
    "where": lambda condition, x, y: ops.where(condition, _constant(x), _constant(y)),
}

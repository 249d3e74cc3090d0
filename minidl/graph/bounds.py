"""How many values an operation may return at most, from shapes alone; limits the memory and time that a file can take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from minidl.config.types import Tensors
from minidl.graph.result_sizes import FORMULAS, integers

# Operations whose result has at most as many values as their tensors broadcast together, or one after another.
_NO_LARGER = (
    "abs add all amax amin any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort average "
    "batch_normalization bitwise_and bitwise_not bitwise_or bitwise_xor cast cbrt ceil celu clip concatenate conjugate "
    "copy cos cosh count_nonzero cumprod cumsum deg2rad diagonal diff divide divide_no_nan elu equal erf erfc erfinv exp "
    "exp2 expand_dims expm1 fabs flip fliplr flipud floor floor_divide fmax fmin fmod gelu glu greater greater_equal "
    "hard_sigmoid hard_silu hard_tanh heaviside hypot isclose isfinite isinf isnan keras_2_hard_sigmoid layer_normalization "
    "leaky_relu left_shift less less_equal log log10 log1p log2 log_sigmoid log_softmax logaddexp logical_and logical_not "
    "logical_or logical_xor logsumexp max maximum mean median min minimum mod moveaxis multiply nan_to_num nanmax nanmean "
    "nanmin nansum negative normalize not_equal ones_like power prod ptp rad2deg ravel real reciprocal relu relu6 reshape "
    "right_shift rms_normalization roll round rsqrt saturate_cast selu sigmoid sign signbit silu sin sinc sinh "
    "soft_shrink softmax softplus softsign sort sparse_plus sparsemax sqrt square squareplus squeeze stack std "
    "stop_gradient subtract sum swapaxes take_along_axis tan tanh tanh_shrink threshold transpose trapezoid tril triu "
    "trunc var view where zeros_like allclose angle append binary_crossentropy categorical_crossentropy cross "
    "depth_to_space digitize dstack hard_shrink hstack i0 imag image.affine_transform image.crop_images "
    "image.hsv_to_rgb image.perspective_transform image.rgb_to_grayscale "
    "image.rgb_to_hsv in_top_k isneginf isposinf isreal ldexp logaddexp2 nanargmax nanargmin nancumprod nancumsum nanmedian "
    "nanpercentile nanprod nanquantile nanstd nanvar nextafter norm percentile quantile slice slice_update space_to_depth "
    "sparse_categorical_crossentropy sparse_sigmoid top_k trace unstack view_as_complex view_as_real vstack"
)
_CUBIC = (  # in time
    "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank pinv qr slogdet solve solve_triangular svd"
)
_KNOWN, _SLOW = set(_NO_LARGER.split()), set(_CUBIC.split())
_BY_VALUE = {"bincount", "repeat", "tile"}  # constant arrays of theirs are sizes


def largest_result(function: str, tensors: Sequence[Tensors], options: Mapping[str, object]) -> int:
    """An upper bound of the number of values that an operation reads or returns.

    Args:
        function: its name in the table.
        tensors: arrays, numbers, or shapes as tuples.
        options: its options, decoded.
    Example:
        >>> largest_result("add", [(3, 1), (1, 4)], {}), largest_result("matmul", [(3, 5), (5, 4)], {})
        (12, 35)
        >>> largest_result("pad", [(3,)], {"pad_width": ((0, 10**9),)}) > 10**9
        True
    """
    shapes = [tensor if isinstance(tensor, tuple) else np.shape(tensor) for tensor in tensors]
    sizes = [math.prod(shape) for shape in shapes]
    read = sum(sizes)
    if function in _KNOWN or function.startswith("activations."):
        return max(read, _broadcast(shapes))
    if function in ("matmul", "dot", "inner") and len(shapes) == 2:
        return max(read, _product(function, *shapes))
    if function in FORMULAS:
        with suppress(IndexError, KeyError, TypeError, ValueError):  # shapes and options that the operation does not take
            return read + int(FORMULAS[function](shapes, options))
    if function == "get_item":
        return max(1, *sizes) * max(1, sum(1 for _ in integers(options)))
    if function in _SLOW:
        return int(read**1.5)
    grown = math.prod(max(1, size) for size in sizes)
    for number in integers(options):
        grown *= 1 + abs(number)
    for tensor in tensors:
        if isinstance(tensor, (int, float, np.generic)) or (isinstance(tensor, np.ndarray) and tensor.ndim == 0):
            grown *= 1 + _whole(tensor)
        elif isinstance(tensor, np.ndarray) and function in _BY_VALUE:
            grown *= 1 + _whole(np.abs(tensor).sum())
    return grown


def _broadcast(shapes: list[tuple[int, ...]]) -> int:
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return 0


def _product(function: str, one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """The number of values of a matrix product."""
    if not one or not other:
        return math.prod(one) * math.prod(other)
    rows = math.prod(one[-2:-1])
    columns = math.prod(other[-2:-1]) if function == "inner" else other[-1] if len(other) > 1 else 1
    if function == "matmul":
        return _broadcast([one[:-2], other[:-2]]) * rows * columns
    return math.prod(one[:-1]) * math.prod(other) // max(1, other[-2:][0] if function == "dot" else other[-1])


def _whole(number: Any) -> int:
    value = float(abs(number))
    return int(value) if math.isfinite(value) else 1

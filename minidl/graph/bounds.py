"""How many values an operation may return at most, from shapes alone; limits the memory and time that a file can take."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from minidl.config.types import Tensors
from minidl.graph.result_sizes import FORMULAS, integers
from minidl.graph.small_examples import COMPARING

# Operations whose result has at most as many values as their tensors broadcast together, or one after another, besides those
# that compute no sizes.
_NO_LARGER = (
    "allclose angle append argsort binary_crossentropy categorical_crossentropy concatenate cross depth_to_space "
    "diagonal diff digitize dstack fliplr flipud glu hard_shrink hstack i0 imag image.affine_transform "
    "image.crop_images image.hsv_to_rgb image.perspective_transform image.rgb_to_grayscale image.rgb_to_hsv in_top_k "
    "isneginf isposinf isreal keras_2_hard_sigmoid ldexp left_shift logaddexp2 median nanargmax nanargmin nancumprod "
    "nancumsum nanmedian nanpercentile nanprod nanquantile nanstd nanvar nextafter percentile quantile ravel reshape "
    "right_shift roll saturate_cast slice slice_update space_to_depth sparse_categorical_crossentropy sparse_sigmoid "
    "stack take_along_axis top_k trace trapezoid tril triu unstack view view_as_complex view_as_real vstack"
)
_PRODUCTS = {"dot", "einsum", "inner", "matmul", "outer", "tensordot"}
_CUBIC = (  # in time
    "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank pinv qr slogdet solve solve_triangular svd"
)
_KNOWN, _SLOW = (COMPARING - _PRODUCTS) | set(_NO_LARGER.split()), set(_CUBIC.split())
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

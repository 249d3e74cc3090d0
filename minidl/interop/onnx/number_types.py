"""Types for which ONNX or onnxruntime lacks operators: booleans as numbers, integers of other widths than 32 and 64 bits."""

from collections.abc import Sequence

_NARROW = ("int8", "int16", "uint8", "uint16", "uint32", "uint64")
# Operations that move or compare values, which exist for all types, or that take booleans alone.
_IN_ANY_TYPE = frozenset(
    {
        *("all", "any", "broadcast_to", "cast", "concatenate", "copy", "count_nonzero", "empty_like", "expand_dims"),
        *("flip", "full_like", "get_item", "isinf", "isnan", "logical_and", "logical_not", "logical_or"),
        *("logical_xor", "moveaxis", "multi_hot", "one_hot", "ones_like", "ravel", "repeat", "reshape", "roll"),
        *("rot90", "slice", "split", "squeeze", "stack", "stop_gradient", "swapaxes", "take", "tile", "transpose"),
        "zeros_like",
    }
)
# Operations with a boolean result, for which ONNX wants numbers.
_OF_BOOLEANS = frozenset(
    {
        *("abs", "activations.relu", "add", "dot", "einsum", "fabs", "fmax", "fmin", "matmul", "maximum", "minimum"),
        *("multiply", "relu", "sort", "tensordot", "top_k", "where"),
    }
)
_INDICES = ("argmax", "argmin", "argsort", "signbit")
_IN_64_BITS = ("tril", "triu")  # operations that onnxruntime has for integers of 64 bits alone


def is_widened(function: str, given: Sequence[str], made: Sequence[str]) -> bool:
    """Whether an operation is computed in 64 bits and its result converted back."""
    if function in _IN_ANY_TYPE:
        return False
    if any(dtype in _NARROW for dtype in (*made, *given)) or (function in _IN_64_BITS and "int32" in given):
        return True
    return "bool" in (given if function in _INDICES else made if function in _OF_BOOLEANS else ())


def wide_input(dtype: str, function: str) -> str:
    """The type in which a widened operation takes a tensor: "int64" for a narrow one and for booleans."""
    return "int64" if dtype == "bool" else wide_result(dtype, function)


def wide_result(dtype: str, function: str) -> str:
    """The type in which a widened operation computes a result: "int64" for a narrow one."""
    is_number = dtype == "bool" and function in {*_OF_BOOLEANS, *_INDICES[:3]}
    is_narrow = dtype in _NARROW or (dtype == "int32" and function in _IN_64_BITS)
    return "int64" if is_number or is_narrow else dtype

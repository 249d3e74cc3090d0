"""Options of operations in a graph as serializable values: unknown sizes, indices, slices and `...`."""

from typing import Any

from minidl.config.types import JSON, Array, Tensors
from minidl.graph.sizes import FUNCTIONS, ComputedSize, Size
from minidl.graph.symbolic import SymbolicTensor


def encode_options(value: object, tensors: list[SymbolicTensor]) -> JSON:
    """Convert options to serializable values: unknown sizes, tensors of integers, slices and `...`.

    Args:
        value: the options, or one of them.
        tensors: list to which tensors whose sizes or values are needed are appended.
    Raises:
        TypeError: an option is a tensor of floats, for which there would be no gradient.
    """
    if isinstance(value, ComputedSize):
        return {"compute": [value.function, encode_options(value.left, tensors), encode_options(value.right, tensors)]}
    if isinstance(value, Size):
        return {"size": [_number(value.tensor, tensors), value.axis]}
    if isinstance(value, SymbolicTensor):
        if value.dtype.startswith("float"):
            raise TypeError(f'an option cannot be a tensor of floats, got "{value.name}": no gradient would reach it')
        return {"tensor": [_number(value, tensors)]}
    if isinstance(value, slice):
        return {"slice": [encode_options(part, tensors) for part in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, dict):
        return {key: encode_options(item, tensors) for key, item in value.items()}
    return tuple(encode_options(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value


def _number(tensor: SymbolicTensor, tensors: list[SymbolicTensor]) -> int:
    """The tensor's place in the list, to which it is appended if needed."""
    if tensor not in tensors:
        tensors.append(tensor)
    return tensors.index(tensor)


def decode_options(value: object, tensors: list[Tensors]) -> Any:
    """Convert back to options, with the sizes and values of these tensors; what is computed from `None` is `None`."""
    if isinstance(value, dict):
        kind, parts = next(iter(value.items())) if len(value) == 1 else ("", None)
        if kind == "ellipsis":
            return Ellipsis
        if isinstance(parts, list) and kind in ("size", "tensor", "slice", "compute"):
            return _decoded(kind, parts, tensors)
        return {key: decode_options(item, tensors) for key, item in value.items()}
    return tuple(decode_options(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value


def _decoded(kind: str, parts: list[Any], tensors: list[Array]) -> object:
    """The value that `encode_options` wrote as `{kind: parts}`."""
    if kind == "size":
        return tensors[parts[0]].shape[parts[1]]
    if kind == "tensor":
        return tensors[parts[0]]
    if kind == "slice":
        return slice(*(decode_options(part, tensors) for part in parts))
    left, right = decode_options(parts[1], tensors), decode_options(parts[2], tensors)
    return None if left is None or right is None else FUNCTIONS[parts[0]](left, right)

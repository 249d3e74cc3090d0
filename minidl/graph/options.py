"""Options of operations in a graph as serializable values: unknown sizes, slices and `...`."""

from typing import Any

from minidl.graph.symbolic import Size, SymbolicTensor


def encode_options(value: Any, tensors: list[SymbolicTensor]) -> Any:
    """Convert options to serializable values: unknown sizes, slices and `...`.

    Args:
        value: the options, or one of them.
        tensors: list to which tensors whose sizes are needed are appended.
    """
    if isinstance(value, Size):
        if value.tensor not in tensors:
            tensors.append(value.tensor)
        return {"size": [tensors.index(value.tensor), value.axis]}
    if isinstance(value, slice):
        return {"slice": [encode_options(part, tensors) for part in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, dict):
        return {key: encode_options(item, tensors) for key, item in value.items()}
    return tuple(encode_options(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value


def decode_options(value: Any, tensors: list[Any]) -> Any:
    """Convert back to options, with the sizes of these tensors."""
    if isinstance(value, dict):
        if "size" in value:
            number, axis = value["size"]
            return tensors[number].shape[axis]
        if "slice" in value:
            return slice(*(decode_options(part, tensors) for part in value["slice"]))
        if "ellipsis" in value:
            return Ellipsis
        return {key: decode_options(item, tensors) for key, item in value.items()}
    return tuple(decode_options(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value

"""Results of a layer's call: in the structure that `call` returned, as arrays that users may change."""

import itertools

import numpy as np

from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.tree import leaves, pack
from minidl.config.types import Array, Arrays, Masks, Tensors
from minidl.graph.layer_array import as_layer_array, is_inside_call
from minidl.graph.shapes import map_structure


def unnested(result: object) -> tuple[object, object]:
    """Flatten a result with structures inside, or with `None`: its tensors, and its structure with a number for each of them.

    Networks know one flat structure of tensors. Such a result is returned unchanged, with the structure `None`.

    Example:
        >>> unnested(("h", ["h", "c"]))
        (('h', 'h', 'c'), (0, [1, 2]))
        >>> unnested(("y", None)), unnested(["a", "b"])
        (('y', (0, None)), (['a', 'b'], None))
    """
    if not is_structure(result) or not any(one is None or is_structure(one) for one in flatten(result)):
        return result, None
    values = leaves(result)
    numbers = itertools.count()
    structure = pack(result, [None if value is None else next(numbers) for value in values])
    tensors = [value for value in values if value is not None]
    return (tensors[0] if len(tensors) == 1 else tuple(tensors)), structure


def nested(result: object, structure: object) -> Tensors:
    """The inverse of `unnested`."""
    if structure is None:
        return result
    tensors = flatten(result)
    return pack(structure, [None if number is None else tensors[number] for number in leaves(structure)])


def as_returned(y: Arrays, mask: Masks) -> Tensors:
    """The outputs of a direct call: arrays with masks if there are any, otherwise plain arrays."""
    if mask is None and not is_inside_call():
        return y if type(y) is np.ndarray and y.flags.writeable else map_structure(_writable, y)
    masks = mask if isinstance(mask, (list, tuple)) else [mask]
    outputs = flatten(y)
    members = [as_layer_array(one, masks[n] if n < len(masks) else None) for n, one in enumerate(outputs)]
    return rebuild(y, members) if is_structure(y) else members[0]


def _writable(array: Array) -> Array:
    return array if array.flags.writeable else array.copy()

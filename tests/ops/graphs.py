"""Models that compute one operation of the table."""

import numpy as np

from minidl import layers, ops
from minidl.models import Model
from tests.ops.table import call, find, flat


def has_tensors(tensors):
    return any(map(_kind, flat(tensors)))


def model_of(name, tensors, options):
    """A model that computes one operation, and its arrays; integers are constants where the operation needs their values."""
    single = [array.astype("float32") if _kind(array) == "f" else array for array in flat(tensors)]
    for kinds in ("fib", "f"):
        places = [number for number, array in enumerate(single) if _kind(array) and _kind(array) in kinds]
        given = list(single)
        for place in places:
            given[place] = layers.Input(batch_shape=single[place].shape, dtype=single[place].dtype.name)
        try:
            y = call(find(ops, name), name, ([*given],) if tensors and isinstance(tensors[0], list) else tuple(given), options)
            outputs = list(y) if isinstance(y, (tuple, list)) else y
            return Model([given[place] for place in places], outputs), [single[place] for place in places]
        except (TypeError, ValueError, IndexError):
            if kinds == "f":
                raise


def _kind(array):
    return array.dtype.kind if isinstance(array, np.ndarray) else ""

"""Data for `adapt`: any kind of input as a sequence of arrays."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from minidl.config.checks import check_not_masked
from minidl.config.types import Array
from minidl.graph.shapes import holds_tensors
from minidl.layers.layer import Layer


def adapting_batches(layer: Layer, data: Array, steps: int | None = None) -> Iterator[Array]:
    """The batches of `layer.adapt(data, steps)` as arrays, at least one.

    Args:
        layer: the layer, for error messages.
        data: one batch (an array, frame, series or sparse matrix, or a list of numbers or strings, nested for rows), or an
            iterable of batches, such as a list of arrays or a generator, each an array or `(x, y)`, of which x is used.
        steps: maximum number of batches, for an iterable.
    Raises:
        TypeError: `data` is of another type.
        ValueError: `data` is empty.
    """
    if not is_batches(data):
        array = _as_array(layer, data)
        if array.ndim == 0:
            raise TypeError(f"{layer.title} adapts to an array, a list or an iterable of batches, got {data!r}")
        if array.size == 0:
            raise ValueError(f"{layer.title} has nothing to adapt to: the data is empty, of shape {array.shape}")
        return iter([array])
    batches = iter(data) if steps is None else islice(iter(data), steps)
    first = next(batches, None)
    if first is None:
        raise ValueError(f"{layer.title} has nothing to adapt to: there is no batch in {data!r}")
    return (_as_array(layer, batch[0] if isinstance(batch, tuple) else batch) for batch in chain([first], batches))


def is_batches(data: object) -> bool:
    """Whether this is an iterable of batches and not one array or nested list."""
    if hasattr(data, "shape") or isinstance(data, (str, bytes)):
        return False
    if isinstance(data, (list, tuple)):
        of_pairs = bool(data) and all(isinstance(item, tuple) and holds_tensors(item) for item in data)
        return of_pairs or holds_tensors(data)
    return hasattr(data, "__iter__")


def _as_array(layer: Layer, data: Any) -> Array:
    check_not_masked(data, f"the data of {layer.title}")
    if hasattr(data, "tocsr"):
        return np.asarray(data.toarray())
    try:
        return np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{layer.title}: the data does not form an array, its rows differ in length ({error})") from error

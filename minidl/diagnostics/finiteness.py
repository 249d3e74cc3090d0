"""NaN and infinity, and where they first appear: in the data, a layer's forward or backward pass, or the loss."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array, Tensors
from minidl.data.batches import ArrayData
from minidl.data.finite_check import first_not_finite
from minidl.diagnostics import fixes
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.layer_facts import is_recurrent
from minidl.diagnostics.report import Finding
from minidl.layers.layer import Layer


def examine_data(data: ArrayData, which: str = "") -> Iterator[Finding]:
    """Check the user's data for NaN and infinity."""
    for name, part in data.parts().items():
        for array in flatten(part):
            place = None if array is None else first_not_finite(array)
            if place is not None:
                value = array[place]
                rows = int((~_finite_rows(array)).sum())
                yield Finding(
                    "nan",
                    None,
                    float(rows),
                    f"{which}{name} holds {value} in {rows:,} of {array.shape[0]:,} rows, first at row {place[0]}, position "
                    f"{place[1:]}: nothing can be learned from it, and every weight becomes NaN at once.",
                    f"Drop such rows, or fill them: {name} = np.nan_to_num({name}).",
                )


def finite_part(data: ArrayData) -> ArrayData:
    """The rows in which every value is finite."""
    good = np.ones(len(data), bool)
    for part in data.parts().values():
        for array in flatten(part):
            if array is not None:
                good &= _finite_rows(array)
    return data if good.all() else data.rows(np.flatnonzero(good))


def examine_finiteness(examination: Examination) -> Iterator[Finding]:
    """Find the first layer that makes NaN or infinity from finite data."""
    forward_backward = examination.forward_backward
    for entry in forward_backward.log:
        broken = [variable.name for variable in entry.layer.weights if not _finite(variable.value)]
        if broken:
            yield _finding(entry.layer.name, f"{' and '.join(broken)} of {entry.layer.title} already hold NaN or infinity")
            return
    for entry in forward_backward.log:
        if not _finite(entry.y):
            yield _finding(
                entry.layer.name, f"{entry.layer.title} makes NaN or infinity from finite inputs in its forward pass"
            )
            if is_recurrent(entry.layer):
                yield _grown(examination, entry.layer)
            return
    if forward_backward.loss is not None and not np.isfinite(forward_backward.loss):
        yield _finding(None, "every layer's output is finite, and the loss is not")
        return
    for entry in reversed(forward_backward.log):
        own = [g for variable, g in forward_backward.gradients.items() if variable in entry.layer.weights]
        if _finite(entry.dy) and not (_finite(entry.dx) and all(map(_finite, own))):
            yield _finding(
                entry.layer.name, f"{entry.layer.title} makes NaN or infinity from a finite gradient in its backward pass"
            )
            return
    yield from _in_training(examination)


def _grown(examination: Examination, layer: Layer) -> Finding:
    return Finding(
        "exploding_gradients",
        layer.name,
        float("inf"),
        f"The state of {layer.title} grows at every step of the sequence until it overflows, and so do the gradients.",
        'Start with recurrent_initializer="orthogonal", use activation="tanh", and give the optimizer clipnorm=1.0.',
        partial(fixes.reinitialized, like=examination.model),
    )


def _in_training(examination: Examination) -> Iterator[Finding]:
    """Check whether the loss becomes NaN after some steps with any learning rate."""
    if (
        examination.can_try
        and examination.trial.failure is not None
        and all(t.failure is not None for _, t in examination.slower)
    ):
        where_found = examination.trial.failure.partition("; ")[2].partition(". The weights")[0] or examination.trial.failure
        yield _finding(None, f"after {len(examination.trial.losses)} steps, however small they are, {where_found}")


def _finding(layer: str | None, where_found: str) -> Finding:
    return Finding(
        "nan",
        layer,
        float("nan"),
        f"NaN appears: {where_found}.",
        "Look there for log or sqrt of 0 or less, a division by 0, exp of a large number; prevent them with a small epsilon.",
    )


def _finite(value: Array) -> bool:
    parts = [part for part in flatten(value) if isinstance(part, (np.ndarray, np.generic)) and part.dtype.kind == "f"]
    return all(bool(np.isfinite(part).all()) for part in parts)


def _finite_rows(array: Tensors) -> Tensors:
    if array.dtype.kind != "f":
        return np.ones(array.shape[0], bool)
    if not isinstance(array, np.ndarray):  # a sparse matrix
        bad = np.unique(np.repeat(np.arange(array.shape[0]), np.diff(array.indptr))[~np.isfinite(array.data)])
        return ~np.isin(np.arange(array.shape[0]), bad)
    return np.isfinite(array).reshape(len(array), -1).all(axis=1)

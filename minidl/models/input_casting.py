"""Inputs that the first layer would cast in every batch of every epoch are cast once."""

from dataclasses import replace
from typing import Any

import numpy as np

from minidl.data.batches import ArrayData
from minidl.graph.chain import Chain
from minidl.layers.layer import Layer
from minidl.models.protocol import Trainable

LARGEST = 1 << 28  # bytes of an array that is cast as a whole; a larger one would take too much memory
_USE_INPUTS = ("train_step", "test_step", "compute_loss", "compute_metrics")


def cast_once(model: Trainable, data: Any, epochs: int) -> Any:
    """The data with inputs in the dtype of the first layer, if more than one epoch would cast the same array.

    Only for a chain that starts with one built-in layer, and if no code of the user sees the inputs.
    """
    if not isinstance(data, ArrayData) or epochs < 2 or any(map(model.overrides, _USE_INPUTS)):
        return data
    first = model.network.layers[0] if isinstance(model.network, Chain) and model.network.layers else None
    if not isinstance(first, Layer) or not type(first).__module__.startswith("minidl.layers.") or first.sublayers():
        return data
    x = data.x
    casts = type(x) is np.ndarray and x.dtype.kind == "f" and x.dtype != first._dtype and x.nbytes <= LARGEST
    return replace(data, x=x.astype(first._dtype)) if casts else data

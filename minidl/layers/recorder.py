"""`Recorder`: a layer that records its inputs, outputs and gradients; used by `trace`, the diagnostics and errors about NaN."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from minidl.config.layer_like import Terms
from minidl.config.nest import flatten
from minidl.config.types import Array, Arrays, Cache, Masks, Tensors
from minidl.layers.layer import Layer


class HasLayers(Protocol):
    """A layer, a model, or a view of one."""

    def replace_layers(self, replace: Callable[[Layer], Layer]) -> Layer: ...


class HasLayersAndState(HasLayers, Protocol):
    """A layer or a model."""

    def preserved_state(self) -> AbstractContextManager[None]: ...


class LayerTrace:
    """One call of one layer.

    Attributes:
        layer: the layer.
        x, y: its input and output.
        dy, dx: the loss's gradients with respect to y and x; `None` until the backward pass, or where none arrived.
    """

    def __init__(self, layer: Layer, x: Tensors, y: Tensors) -> None:
        self.layer, self.x, self.y = layer, x, y
        self.dy: Tensors = None
        self.dx: Tensors = None

    def __repr__(self) -> str:
        arrays = {"x": self.x, "y": self.y, "dy": self.dy, "dx": self.dx}
        shapes = (f"{name} {array.shape if isinstance(array, np.ndarray) else None}" for name, array in arrays.items())
        return f"<{self.layer.title}: {', '.join(shapes)}>"


class Recorder(Layer):
    """Replaces a layer, with all its variables, and records every call.

    Args:
        layer: the layer to record.
        log: the list to which a `LayerTrace` is appended for each call.
    """

    def __init__(self, layer: Layer, log: list[LayerTrace]) -> None:
        super().__init__(name=layer.name, dtype=layer.dtype)
        self.layer, self.log = layer, log

    def _forward(self, x: Arrays, mask: Masks = None, training: bool = False, **options: Any) -> tuple[Tensors, Cache, Masks]:
        """The layer's forward pass, recorded."""
        y, cache, y_mask = self.layer._forward(x, mask, training, **options)
        self.log.append(LayerTrace(self.layer, x, y))
        return y, (cache, self.log[-1]), y_mask

    def _backward(self, dy: Array, cache: Cache, weights_only: bool = False) -> Tensors:
        """The layer's backward pass, recorded with its forward pass."""
        kept, entry = cache
        entry.dy, entry.dx = dy, self.layer._backward(dy, kept)
        return entry.dx

    def _penalty(self, cache: Cache) -> float:
        return self.layer._penalty(cache[0])

    def _loss_terms(self, cache: Cache) -> Terms:
        return self.layer._loss_terms(cache[0])


def recorded(layer: HasLayers) -> tuple[Layer, list[LayerTrace]]:
    """The same model with a `Recorder` for every layer, also inside nested models, and their common log."""
    log: list[LayerTrace] = []
    return layer.replace_layers(lambda inner: Recorder(inner, log)), log


def first_not_finite(model: HasLayersAndState, x: Arrays) -> str:
    """The first layer whose output for x is NaN or infinite in training, in words."""
    with model.preserved_state(), np.errstate(all="ignore"):
        watched, log = recorded(model)
        watched._forward(x, training=True)
    for number, entry in enumerate(log):
        if any(not np.isfinite(output).all() for output in flatten(entry.y)):
            weights = [v.name for v in entry.layer.weights if not np.isfinite(v.value).all()]
            also = f", whose {' and '.join(weights)} are not finite" if weights else ""
            return f"the first layer whose output is not finite is {entry.layer.title} ({number + 1} of {len(log)}){also}"
    return "every layer's output is finite, so the loss itself overflowed"

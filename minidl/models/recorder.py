"""`Recorder`: a layer that records its inputs, outputs and gradients; used to name the layer that caused a NaN."""

import copy
from typing import Any

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array
from minidl.layers.layer import Layer
from minidl.models.protocol import Passes, Trainable
from minidl.models.training_plan import TrainingPlan


class LayerTrace:
    """One call of one layer.

    Attributes:
        layer: the layer.
        x, y: its input and output.
        dy, dx: the loss's gradients with respect to y and x; `None` until the backward pass, or where none arrived.
    """

    def __init__(self, layer: Layer, x: Any, y: Any) -> None:
        self.layer, self.x, self.y = layer, x, y
        self.dy: Any = None
        self.dx: Any = None

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

    def _forward(self, x: Array, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]:
        """The layer's forward pass, recorded."""
        y, cache, y_mask = self.layer._forward(x, mask, training, **options)
        self.log.append(LayerTrace(self.layer, x, y))
        return y, (cache, self.log[-1]), y_mask

    def _backward(self, dy: Array, cache: Any, weights_only: bool = False) -> Any:
        """The layer's backward pass, recorded with its forward pass."""
        kept, entry = cache
        entry.dy, entry.dx = dy, self.layer._backward(dy, kept)
        return entry.dx

    def _penalty(self, cache: Any) -> float:
        """The layer's."""
        return self.layer._penalty(cache[0])

    def _loss_terms(self, cache: Any) -> Any:
        """The layer's."""
        return self.layer._loss_terms(cache[0])


def first_not_finite(log: list[LayerTrace]) -> str:
    """The first layer with a NaN or infinite output in a recorded forward pass, in words."""
    for number, entry in enumerate(log):
        if any(not np.isfinite(output).all() for output in flatten(entry.y)):
            weights = [v.name for v in entry.layer.weights if not np.isfinite(v.value).all()]
            also = f", whose {' and '.join(weights)} are not finite" if weights else ""
            return f"the first layer whose output is not finite is {entry.layer.title} ({number + 1} of {len(log)}){also}"
    return "every layer's output is finite, so the loss itself overflowed"


def recorded(layer: Passes) -> tuple[Layer, list[LayerTrace]]:
    """The same model with a `Recorder` for every layer, also inside nested models, and their common log."""
    log: list[LayerTrace] = []
    return layer.replace_layers(lambda inner: Recorder(inner, log)), log


def recorded_plan(plan: TrainingPlan) -> tuple[TrainingPlan, list[LayerTrace]]:
    """The same plan with a `Recorder` for every layer, without penalties on weights, and the recorders' log."""
    log: list[LayerTrace] = []
    changed = copy.copy(plan)
    changed.network = plan.network.with_layers(lambda layer: layer.replace_layers(lambda inner: Recorder(inner, log)))
    changed.regularized = []
    return changed, log


def stop_at_nan(model: Trainable, loss: float, x: Array) -> None:
    """Restore the layers' state before the batch, and end training.

    Raises:
        FloatingPointError: names the layer whose output is NaN or infinite. The callback `TerminateOnNaN`, which sets
            `model.terminates_on_nan`, ends training without an error.
    """
    model.plan.state.restore()
    if model.terminates_on_nan:
        return
    with model.preserved_state(), np.errstate(all="ignore"):
        watched, log = recorded(model)
        watched._forward(x, training=True)
    where = f"epoch {model.epoch + 1}, step {model.step + 1}" if model.epoch is not None else "this batch"
    raise FloatingPointError(
        f"the loss became {loss} at {where}; {first_not_finite(log)}. The weights are those of the step before. "
        f"Usual fixes: a learning rate far below {model.optimizer.learning_rate:g}, scaled inputs, clipnorm=1.0 in the "
        f"optimizer"
    )

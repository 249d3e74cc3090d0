"""Tracing: what goes through every layer, forward and back, for teachers and for finding where things go wrong."""

from typing import Any

from minidl.config.types import Array
from minidl.data.batches import ArrayData, unpack
from minidl.layers.layer import Layer
from minidl.layers.traversal import weight_paths
from minidl.losses.compile_loss import CompileLoss
from minidl.models.assembly import Assembly
from minidl.models.boundary import gather, prepare
from minidl.models.model import Model
from minidl.models.searching import differentiate


class LayerTrace:
    """One call of one layer.

    Attributes:
        layer: the layer.
        x, y: what went in and came out.
        dy, dx: the loss's gradients with respect to them; `None` until the way back, or where nothing came back.
    """

    def __init__(self, layer: Layer, x: Any, y: Any) -> None:
        self.layer, self.x, self.y = layer, x, y
        self.dy: Any = None
        self.dx: Any = None

    def __repr__(self) -> str:
        shapes = {name: getattr(getattr(self, name), "shape", None) for name in ("x", "y", "dy", "dx")}
        return f"<{self.layer.title}: {', '.join(f'{name} {shape}' for name, shape in shapes.items())}>"


class Recorder(Layer):
    """Stands in for a layer and writes down every call; shares all that the layer has."""

    def __init__(self, layer: Layer, log: list[LayerTrace]) -> None:
        super().__init__(name=layer.name, dtype=layer.dtype)
        self.layer, self.log = layer, log

    def _forward(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]:
        """The layer's own, written down."""
        y, cache, y_mask = self.layer._forward(x, mask, training, **options)
        self.log.append(LayerTrace(self.layer, x, y))
        return y, (cache, self.log[-1]), y_mask

    def _backward(self, dy: Any, cache: Any, weights_only: bool = False) -> Any:
        """The layer's own, written down beside its forward call."""
        kept, entry = cache
        entry.dy, entry.dx = dy, self.layer._backward(dy, kept)
        return entry.dx

    def _penalty(self, cache: Any) -> float:
        """The layer's own."""
        return self.layer._penalty(cache[0])


def recorded(model: Model) -> tuple[Layer, list[LayerTrace]]:
    """The same model with every layer replaced by a `Recorder`, also inside nested models, and their common log."""
    log: list[LayerTrace] = []

    def replace(layer: Layer) -> Layer:
        inner = isinstance(layer, Assembly) and layer.network is not None and layer.activity_regularizer is None
        return layer.with_layers(replace) if inner and isinstance(layer, Assembly) else Recorder(layer, log)

    return (Recorder(model, log) if model.network is None else model.with_layers(replace)), log


def _one_batch(model: Model, x: Any, y: Any, sample_weight: Any) -> ArrayData:
    """What the user gave as arrays, dense ones too where it was sparse, and a model that is ready for it."""
    data = gather(model, x, y, sample_weight)
    prepare(model, data)
    return ArrayData(*unpack(data.as_batch()))


def trace(model: Model, x: Any, y: Any = None, sample_weight: Any = None) -> list[LayerTrace]:
    """Every layer's `x`, `y`, `dy`, `dx` on one batch, in the order they ran, as in training.

    The way back begins at the probabilities, so that every number shown is what the layers themselves compute; model,
    gradients and state stay as they are.

    Args:
        model: a model; compiled, or one for which `fit` would find a loss.
        x, y, sample_weight: one batch.
    """
    data = _one_batch(model, x, y, sample_weight)
    shadow, log = recorded(model)
    grads = [(variable, variable.grad.copy()) for variable in model.weights]
    with model.preserved_state():
        y_pred, caches, mask = shadow._forward(data.x, training=True)
        plain = CompileLoss(model.losses, model.loss_weights, [None] * len(model.losses))  # on probabilities, unpaired
        judged = plain.value_and_grad(data.y, y_pred, data.sample_weight, mask)
        shadow._backward(judged.gradient, caches)
    for variable, grad in grads:
        variable.grad = grad
    return log


def gradients(model: Model, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Array]:
    """Every weight's gradient of the loss with its penalties on one batch, by path, as in a training step."""
    data = _one_batch(model, x, y, sample_weight)
    with model.preserved_state():
        differentiate(model, data.x, data.y, data.sample_weight)
    found = {path: variable.grad.copy() for path, variable in weight_paths(model).items() if not variable.is_state}
    model.plan.zero_gradients()
    return found

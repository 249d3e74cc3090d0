"""`compare_initializers`: compare output and gradient magnitudes at initialization for several initializers."""

import copy
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minidl import initializers as known
from minidl.config.checks import check_positive_integer
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Tensors
from minidl.data.batches import Batch, repeated
from minidl.diagnostics.comparison import InitializerComparison, InitializerResult
from minidl.diagnostics.examination import size
from minidl.diagnostics.preserved_globals import preserved_globals
from minidl.initializers import Initializer
from minidl.layers.layer import Layer
from minidl.layers.recorder import LayerTrace, recorded
from minidl.models.auto_compile import prepare_model
from minidl.models.compilation import recorded_plan
from minidl.models.data_adapter import make_batches, read_data
from minidl.models.model import Model
from minidl.models.training import loss_and_gradients
from minidl.variable import Variable

LEFT = ("recurrent_kernel",)  # stays orthogonal, which preserves norms over time steps


def compare_initializers(
    model: Model,
    x: Array,
    y: object = None,
    initializers: Sequence[object] = ("glorot_uniform", "he_normal", "lecun_normal", "random_normal"),
    *,
    steps: int = 20,
    batch_size: int = 32,
    rows: int = 256,
    seed: int = 0,
) -> InitializerComparison:
    """Initialize copies of a model with each initializer, and measure each layer's outputs and gradients.

    With a good initializer the standard deviation of the outputs and the norms of the gradients are about the same in all
    layers. Every kernel is drawn again; biases, recurrent kernels and embeddings keep their values. Without targets, the
    gradients are those of a random error at the output. For an output that ends in softmax or sigmoid, the logits are
    measured. The model itself is left unchanged.

    Args:
        model: a model; one that was never compiled is compiled as `fit` would do it.
        x: inputs.
        y: targets; with them each copy is also trained for some steps, with a new optimizer like the model's.
        initializers: names or `Initializer` objects.
        steps: number of training steps; 0 for none.
        batch_size: rows per step.
        rows: number of rows, from the first on, for which outputs and gradients are measured.
        seed: seed of the initializers.
    Returns:
        An `InitializerComparison`, with `results` by initializer and `plot()`; `print` shows it as a table.
    Raises:
        ValueError: the model has no kernels, an initializer is unknown, or the data does not fit the model.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks"; He et al. 2015.
    Example:
        >>> from minidl.layers import Dense
        >>> model = minidl.Sequential([Dense(50, "relu", name=f"hidden_{n}") for n in range(4)] + [Dense(1)])
        >>> x = np.random.default_rng(0).normal(size=(100, 20))
        >>> found = compare_initializers(model, x, initializers=("he_normal", "random_normal"))
        >>> [bool(result.output_stds[3] > 0.3) for result in found.results.values()]
        [True, False]
    """
    if isinstance(initializers, str):
        raise TypeError(f"compare_initializers expects a list of initializers, got the string {initializers!r}; write [...]")
    for name, value in (("batch_size", batch_size), ("rows", rows), *([("steps", steps)] if steps != 0 else [])):
        check_positive_integer("compare_initializers", name, value)
    with preserved_globals():
        copied = copy.deepcopy(model)
        made = {_name(item): known.get(item) for item in initializers}
        if not made or len(made) < len(initializers):
            raise ValueError(f"compare_initializers expects one or more different initializers, got {list(initializers)}")
        data = read_data(copied, x, y)
        prepare_model(copied, data, needs_loss=y is not None)
        sample = data.rows(slice(0, rows)).rows(slice(None))
        results = {}
        for name, initializer in made.items():
            tried = copy.deepcopy(copied)
            _redraw_kernels(tried, initializer, np.random.default_rng(seed))
            layers, output_stds, norms = _measure(tried, sample, seed)
            losses = []
            if y is not None and steps:
                losses = _learn(tried, repeated(make_batches(tried, data, batch_size, None, tried._shuffler.generator)), steps)
            results[name] = InitializerResult(layers, output_stds, norms, losses)
    return InitializerComparison(results)


def _name(initializer: object) -> str:
    return initializer if isinstance(initializer, str) else repr(initializer)


def kernels(layer: Layer) -> list[Variable]:
    """The kernels of a layer and its sublayers."""
    found = [v for v in layer.weights if v.name.endswith("kernel") and v.name not in LEFT and not v.is_state]
    return [variable for variable in found if variable.ndim > 1]


def _redraw_kernels(model: Model, initializer: Any, generator: np.random.Generator) -> None:
    """Initialize every kernel; an initializer with its own seed keeps that seed."""
    if not kernels(model):
        raise ValueError(f"{model.title} has no kernels, so there is nothing to initialize: it has {model.weights}")
    for variable in kernels(model):
        drawing = initializer
        if isinstance(initializer, Initializer) and initializer.constructor_arguments().get("seed", 0) is None:
            drawing = initializer.with_arguments(seed=int(generator.integers(2**31)))
        variable.assign(drawing(variable.shape, variable.dtype))


def _measure(model: Model, sample: Tensors, seed: int) -> tuple[list[str], list[float], list[float]]:
    """For each layer with kernels, in execution order: name, standard deviation of the output, norm of the kernel gradients."""
    with model.preserved_state(), np.errstate(all="ignore"):
        if sample.y is None:
            log = _random_errors(model, sample.x, seed)
        else:
            plan, log = recorded_plan(model.plan)
            loss_and_gradients(plan, sample.x, sample.y, weights_only=False)
        outputs = {entry.layer.name: flatten(entry.y)[0] for entry in log}
        layers = {entry.layer.name: entry.layer for entry in log if kernels(entry.layer)}
        output_stds = [float(np.std(outputs[name], dtype="float64")) for name in layers]
        norms = [size([variable.grad for variable in kernels(layer)]) for layer in layers.values()]
    return list(layers), output_stds, norms


def _random_errors(model: Model, x: Array, seed: int) -> list[LayerTrace]:
    """Backpropagate random errors from the logits: a final softmax or sigmoid would hide the layers before it."""
    split = model.split_activation()
    watched, log = recorded(model if split is None else split[0])
    for variable in model.weights:
        variable.grad_is_zero = True
    y_pred, cache, _ = watched._forward(x, training=True)
    generator = np.random.default_rng(seed)
    errors = [generator.standard_normal(output.shape) / math.sqrt(output.size) for output in flatten(y_pred)]
    watched._backward(rebuild(y_pred, errors), cache)
    return log


def _learn(model: Model, batches: Iterable[Batch], steps: int) -> list[float]:
    """The loss of each batch before its update; the last one is not finite if training diverged."""
    model.optimizer = model.optimizer.with_arguments()
    model.terminates_on_nan = True
    losses: list[float] = []
    for _, batch in zip(range(steps), batches, strict=False):
        model.reset_metrics()
        with np.errstate(all="ignore"):
            losses.append(float(model.train_step(batch)["loss"]))
        if not math.isfinite(losses[-1]):
            break
    return losses

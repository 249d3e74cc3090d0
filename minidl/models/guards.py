"""Guards: what stops a training that would go wrong, before it does."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array
from minidl.kernels.threads import run_with_blas_threads, with_cleanup
from minidl.layers.layer import Layer

if TYPE_CHECKING:
    from minidl.models.model import Model

_in_fit: "WeakKeyDictionary[Model, object]" = WeakKeyDictionary()  # the model, and the `fit` that it belongs to


def can_learn_from(model: "Model", loss: float, x: Any, state: list[Array]) -> bool:
    """Whether a loss is finite. Where it is not, no weight changes, and training stops: with an error, or a callback stops it.

    Args:
        model: the model.
        loss: of this batch, penalties included.
        x: the batch.
        state: values of the state variables before the batch, which are put back.
    Raises:
        FloatingPointError: the loss is NaN or infinite; it names the layer where that was born. With the callback
            `TerminateOnNaN`, which sets `model.terminates_on_nan`, there is none.
    """
    if math.isfinite(loss):
        return True
    for variable, value in zip(model.plan.state, state, strict=True):
        variable.assign(value)
    if model.terminates_on_nan:
        return False
    culprit = first_not_finite(model, x)
    where = f"epoch {model.epoch + 1}, step {model.step + 1}" if model.epoch is not None else "this batch"
    raise FloatingPointError(
        f"the loss became {loss} at {where}; {culprit}. The weights are those of the step before. "
        f"Usual mends: a learning rate below {model.optimizer.learning_rate:g}, scaled inputs, clipnorm=1.0 in the optimizer"
    )


def first_not_finite(model: "Model", x: Any) -> str:
    """The first layer whose output is not finite on these inputs, in words."""
    from minidl.models.tracing import recorded

    with model.preserved_state(), np.errstate(all="ignore"):
        shadow, log = recorded(model)
        shadow._forward(x, training=True)
    for number, entry in enumerate(log):
        broken = [output for output in flatten(entry.y) if not np.isfinite(output).all()]
        if broken:
            weights = [v.name for v in entry.layer.weights if not np.isfinite(v.value).all()]
            also = f", whose {' and '.join(weights)} are not finite" if weights else ""
            return f"the first layer whose output is not finite is {entry.layer.title} ({number + 1} of {len(log)}){also}"
    return "every layer's output is finite, so the loss itself overflowed"


def run_claimed(model: "Model", work: Callable[[], None]) -> None:
    """`work()`, during which the model belongs to one `fit`, and BLAS has the threads that suit the model.

    Raises:
        RuntimeError: another `fit` of the model is running.
    """
    claim = object()

    def work_claimed() -> None:
        if _in_fit.setdefault(model, claim) is not claim:
            raise RuntimeError(f"{model.title} is being fitted already; two fits of one model at once would mix their steps")
        run_with_threads_for(model, work)

    def cleanup() -> None:
        if _in_fit.get(model) is claim:
            model.epoch, model.rounds, model.terminates_on_nan = None, None, False
            del _in_fit[model]

    with_cleanup(work_claimed, cleanup)


def run_with_threads_for(model: "Model", work: Callable[[], None]) -> None:
    """`work()`, for a model whose convolutions spread most of the work over threads with one thread for each product.

    The threads of BLAS, which wait busily, would be in their way.
    """
    if parallelizes(model):
        run_with_blas_threads(1, work)
    else:
        work()


def parallelizes(layer: Layer) -> bool:
    """Whether a layer in it spreads its work over threads itself."""
    return getattr(layer, "parallelizes", False) or any(map(parallelizes, layer.sublayers()))

"""The training step of full-batch optimizers with a line search, such as L-BFGS."""

import math
from collections.abc import Callable, Sized

from minidl.config.types import Array
from minidl.data.batches import ArrayData, StreamBatches
from minidl.models.not_finite import stop_at_nan
from minidl.models.protocol import Trainable
from minidl.models.training import StepResult, loss_and_gradients, update_metrics


class _NothingToLearn(Exception):  # noqa: N818  # not an error: a callback ends the training
    """The loss of the first evaluation is not finite."""


def full_batch_step(
    model: Trainable,
    x: Array,
    y: Array,
    sample_weight: object = None,
    compute: Callable[..., StepResult] = loss_and_gradients,
    score: Callable[..., None] = update_metrics,
) -> StepResult:
    """Let the optimizer evaluate loss and gradients at several points; the first one, at the current weights, is logged.

    With other processes, `compute` and `score` are their common loss and metrics.

    The layers' state and random generators are the same at the start of every evaluation, so that the loss is a function of
    the weights only. Afterwards they are those of the last evaluation; after an error they are restored.
    """
    plan = model.plan
    if model.epoch_iterator is not None and (
        model.step or (model.epoch_iterator.steps is None and model.epoch_iterator.follows())
    ):
        raise ValueError(_message(model, "it got a second batch in one epoch", "one batch"))
    plan.state.save()
    draws = [generator.bit_generator.state for generator in model.generators]
    results: list[StepResult] = []

    def begin() -> None:
        plan.state.restore()
        for generator, state in zip(model.generators, draws, strict=True):
            generator.bit_generator.state = state

    def evaluate() -> float:
        begin()
        result = compute(plan, x, y, sample_weight)
        if not results:
            results.append(result)
            if not math.isfinite(result.loss):
                stop_at_nan(model, result.loss, x)
                raise _NothingToLearn
        return result.loss

    try:
        model.optimizer.minimize(evaluate, plan.trainable())
    except _NothingToLearn:
        pass
    except BaseException:  # Ctrl-C too
        begin()
        raise
    score(plan, results[0], y, sample_weight)
    return results[0]


def full_batch_rows(model: Trainable, data: ArrayData | StreamBatches, batch_size: int | None, steps: int | None) -> int | None:
    """Rows of the one batch of an epoch: all of them.

    Raises:
        ValueError: `batch_size`, `steps` or the batches of a stream would give the optimizer only a part of the data.
    """
    count = len(data) if isinstance(data, Sized) else None
    if isinstance(data, ArrayData):
        if batch_size is not None and batch_size < len(data):
            raise ValueError(_message(model, f"batches of {batch_size} are not all {count} rows", f"batch_size={count}"))
        batch_size, count = len(data), 1
    if steps not in (None, 1) or (count is not None and count > 1 and steps is None):
        raise ValueError(_message(model, f"an epoch of {steps or count} batches is not one", "one batch per epoch"))
    return batch_size


def _message(model: Trainable, what: str, fix: str) -> str:
    name = type(model.optimizer).__name__
    return (
        f"{name} runs a line search on all the data at once, but {what}; give it {fix}, or leave batch_size out; "
        f'for small batches use an optimizer such as "adam"'
    )

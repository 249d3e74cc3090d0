"""Training: one step that can be read aloud, and the loop over epochs around it."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from minidl.callbacks.callback import CallbackList
from minidl.config.nest import flatten
from minidl.data.batches import repeated
from minidl.data.epoch_iterator import Rounds
from minidl.models.protocol import Trainable
from minidl.models.recorder import first_not_finite, recorded
from minidl.models.training_plan import TrainingPlan
from minidl.variable import Variable


class StepResult(NamedTuple):
    """The loss of one batch.

    Attributes:
        loss: with all penalties.
        data_loss: without them.
        parts: the loss of each output.
        y_pred: the outputs; logits where the loss computes softmax or sigmoid itself.
        mask: of the outputs, or `None`.
    """

    loss: float
    data_loss: float
    parts: list[float]
    y_pred: Any
    mask: Any


def loss_and_gradients(
    plan: TrainingPlan,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    weights_only: bool = True,
    if_finite: bool = False,
) -> StepResult:
    """The loss of a batch, and its gradient in every variable's `grad`.

    Args:
        plan: what runs, and its loss.
        x, y, sample_weight: one batch.
        weights_only: whether the gradients of the inputs may be left out.
        if_finite: whether a loss that is NaN or infinite ends here, without gradients.
    """
    # Forward: every layer's output, and what its backward pass will need.
    plan.zero_gradients()
    y_pred, cache, mask = plan.scorer._forward(x, training=True)

    # Loss: one number, and its gradient with respect to each output.
    judged = plan.loss.value_and_grad(y, y_pred, sample_weight, mask)

    # Penalties: what layers and regularizers add to it.
    loss = judged.total + plan.scorer._penalty(cache) + add_weight_penalties(plan.regularized)

    # Backward: every weight's gradient, from the last layer to the first.
    if math.isfinite(loss) or not if_finite:
        plan.scorer._backward(judged.gradient, cache, weights_only)
    return StepResult(loss, judged.total, judged.parts, y_pred, mask)


def train_step(model: Trainable, x: Any, y: Any, sample_weight: Any = None) -> StepResult:
    """Learn from one batch: the whole algorithm."""
    plan = model.plan
    plan.state.save()

    # Loss and gradients, layer by layer.
    result = loss_and_gradients(plan, x, y, sample_weight, if_finite=True)

    # Update: the optimizer changes the weights, unless the loss is NaN or infinite.
    if check_loss(model, result.loss, x):
        model.optimizer.step(plan.trainable())

    # Metrics: the running means that the logs will show.
    update_metrics(plan, result, y, sample_weight)
    return result


def test_step(model: Trainable, x: Any, y: Any, sample_weight: Any = None) -> StepResult:
    """Loss and metrics of one batch in inference mode."""
    plan = model.plan
    if plan.scorer.has_penalty:
        y_pred, cache, mask = plan.scorer._forward(x)
        penalty = plan.scorer._penalty(cache)
    else:
        (y_pred, mask), penalty = plan.scorer._infer(x), 0.0
    judged = plan.loss.value_and_grad(y, y_pred, sample_weight, mask)
    penalty += sum(float(v.regularizer(v.value)) for v in plan.regularized if v.trainable)
    result = StepResult(judged.total + penalty, judged.total, judged.parts, y_pred, mask)
    update_metrics(plan, result, y, sample_weight)
    return result


def update_metrics(plan: TrainingPlan, result: StepResult, y: Any, sample_weight: Any) -> None:
    """Add one batch to the running means of the loss and the metrics."""
    scores, y_pred = plan.scores, result.y_pred
    scores.settle(y, [output.shape for output in flatten(y_pred)])
    shown = plan.loss.predictions(y_pred) if scores.needs_predictions else y_pred
    scores.update(result.loss, result.parts, y, shown, sample_weight, result.mask)


def add_weight_penalties(variables: Sequence[Variable]) -> float:
    """Add each regularizer's gradient to its weight's, once, and return the sum of their values."""
    total = 0.0
    for variable in variables:
        if variable.trainable:
            total += float(variable.regularizer(variable.value))
            variable.grad += variable.regularizer.gradient(variable.value)
    return total


def check_loss(model: Trainable, loss: float, x: Any) -> bool:
    """Whether a loss is finite. If not, the layers' state is set back to that before the batch, and no weight may change.

    Raises:
        FloatingPointError: the loss is NaN or infinite; names the layer that made it so. The callback `TerminateOnNaN`, which
            sets `model.terminates_on_nan`, ends training without an error.
    """
    if math.isfinite(loss):
        return True
    model.plan.state.restore()
    if model.terminates_on_nan:
        return False
    with model.preserved_state(), np.errstate(all="ignore"):
        watched, log = recorded(model)
        watched._forward(x, training=True)
    where = f"epoch {model.epoch + 1}, step {model.step + 1}" if model.epoch is not None else "this batch"
    raise FloatingPointError(
        f"the loss became {loss} at {where}; {first_not_finite(log)}. The weights are those of the step before. "
        f"Usual mends: a learning rate below {model.optimizer.learning_rate:g}, scaled inputs, clipnorm=1.0 in the optimizer"
    )


def run_epochs(
    model: Trainable,
    batches: Iterable[Any],
    callbacks: CallbackList,
    epochs: range,
    steps: int | None,
    validate: Callable[[int], dict[str, float]],
) -> None:
    """The loop: epoch after epoch, batch after batch.

    With `steps`, an epoch ends after so many batches and the next goes on from there; else it ends with the data. A callback
    that takes up an earlier run sets `model.epoch`, `model.step` and `model.rounds` to where that run stood, before the first
    epoch begins.
    """
    model.stop_training, model.epoch, model.step = False, epochs.start, 0
    rounds = model.rounds = Rounds(batches, steps)
    callbacks.on_train_begin()
    logs: dict[str, float] = {}
    for epoch in range(model.epoch, epochs.stop):
        model.epoch = epoch
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        first, logs = model.step, {}
        for model.step, data in enumerate(rounds.epoch(first), first):
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_begin(model.step)
            logs = model.train_step(data)
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_end(model.step, logs)
            if model.stop_training:
                break
        if not logs:
            raise ValueError(
                f"the data gave no batch in epoch {epoch + 1}: an iterator can be run through only once; "
                f"give arrays, a list of batches, or an object whose iter() starts over"
            )
        logs = dict(sorted((logs | {f"val_{key}": value for key, value in validate(epoch).items()}).items()))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
        model.step = 0
    model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)


def run_evaluation(model: Trainable, batches: Iterable[Any], callbacks: CallbackList, steps: int | None) -> dict[str, float]:
    """Judge every batch once; the logs over all of them."""
    model.reset_metrics()
    callbacks.on_test_begin()
    logs: dict[str, float] = {}
    for step, data in enumerate(batches if steps is None else islice(repeated(batches), steps)):
        callbacks.on_test_batch_begin(step)
        logs = model.test_step(data)
        callbacks.on_test_batch_end(step, logs)
    if not logs:
        raise ValueError("the data gave no batch to evaluate")
    callbacks.on_test_end(logs)
    return logs

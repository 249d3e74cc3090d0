"""Training: one step that can be read aloud, and the loop over epochs around it."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from minidl.callbacks.callback import CallbackList
from minidl.config.nest import flatten
from minidl.data.batches import repeated
from minidl.data.epoch_iterator import Rounds
from minidl.losses.compile_loss import LossResult
from minidl.models.guards import can_learn_from
from minidl.models.searching import search_step
from minidl.variable import Variable

if TYPE_CHECKING:
    from minidl.models.model import Model


def train_step(model: "Model", x: Any, y: Any, sample_weight: Any = None) -> LossResult:
    """Learn from one batch: the whole algorithm."""
    plan = model.plan
    if hasattr(model.optimizer, "minimize"):  # one that looks at the loss in several places
        return search_step(model, x, y, sample_weight)

    # Forward: every layer's output, and what its backward pass will need.
    plan.zero_gradients()
    state = [variable.numpy() for variable in plan.state]
    y_pred, caches, mask = plan.scorer._forward(x, training=True)

    # Loss: one number, and how it would change with each output.
    judged = plan.objective.value_and_grad(y, y_pred, sample_weight, mask)

    # Penalties: what layers and regularizers add to it.
    loss = judged.total + plan.scorer._penalty(caches) + add_weight_penalties(plan.regularized)
    if can_learn_from(model, loss, x, state):
        # Backward: every weight's gradient, from the last layer to the first.
        plan.scorer._backward(judged.gradient, caches, weights_only=True)

        # Update: the optimizer takes its step.
        model.optimizer.step(plan.trainable())

    # Metrics: the running means that the logs will show.
    judged = judged._replace(total=loss)
    record(model, judged, y, y_pred, sample_weight, mask)
    return judged


def test_step(model: "Model", x: Any, y: Any, sample_weight: Any = None) -> LossResult:
    """Judge one batch without learning."""
    plan = model.plan
    if plan.scorer.has_penalty:
        y_pred, caches, mask = plan.scorer._forward(x)
        penalty = plan.scorer._penalty(caches)
    else:
        (y_pred, mask), penalty = plan.scorer._infer(x), 0.0
    judged = plan.objective.value_and_grad(y, y_pred, sample_weight, mask)
    penalty += sum(float(v.regularizer(v.value)) for v in plan.regularized if v.trainable)
    judged = judged._replace(total=judged.total + penalty)
    record(model, judged, y, y_pred, sample_weight, mask)
    return judged


def record(model: "Model", judged: LossResult, y: Any, y_pred: Any, sample_weight: Any, mask: Any) -> None:
    """Hand one batch to the loss's mean and the metrics."""
    plan = model.plan
    plan.scores.settle(y, [output.shape for output in flatten(y_pred)])
    shown = plan.objective.predictions(y_pred) if plan.scores.needs_predictions else y_pred
    plan.scores.update(judged, y, shown, sample_weight, mask)


def add_weight_penalties(variables: Sequence[Variable]) -> float:
    """Add each regularizer's gradient to its weight's, once, and return the sum of their values."""
    total = 0.0
    for variable in variables:
        if variable.trainable:
            total += float(variable.regularizer(variable.value))
            variable.grad += variable.regularizer.gradient(variable.value)
    return total


def run_epochs(
    model: "Model",
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


def run_evaluation(model: "Model", batches: Iterable[Any], callbacks: CallbackList, steps: int | None) -> dict[str, float]:
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

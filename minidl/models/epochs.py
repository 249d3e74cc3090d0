"""The loops over epochs and batches."""

from collections.abc import Callable, Iterable
from typing import Any

from minidl.callbacks.callback import CallbackList
from minidl.config.processes import processes
from minidl.data.batches import first_batches
from minidl.data.epoch_iterator import EpochIterator
from minidl.models.protocol import Trainable


def run_epochs(
    model: Trainable,
    batches: Iterable[Any],
    callbacks: CallbackList,
    epochs: range,
    steps: int | None,
    validate: Callable[[int], dict[str, float]],
) -> None:
    """The loop: epoch after epoch, batch after batch.

    With `steps`, an epoch ends after that number of batches and the next one continues; it also ends with the data. A callback
    that resumes an earlier run sets `model.epoch`, `model.step` and `model.epoch_iterator` to where that run stopped, before
    the first epoch begins; an epoch that was begun, with a step above 0, does not begin again.
    """
    model.stop_training, model.epoch, model.step, model.fit_callbacks = False, epochs.start, 0, callbacks
    epoch_iterator = model.epoch_iterator = EpochIterator(batches, steps)
    callbacks.on_train_begin()
    others = processes()
    if others is not None:
        others.begin_fit(model, batches, epochs, callbacks)
    logs = epoch_iterator.logs
    for epoch in range(model.epoch, epochs.stop):
        model.epoch = epoch
        first = model.step
        if first == 0:
            logs = {}
            model.reset_metrics()
            callbacks.on_epoch_begin(epoch)
        for model.step, data in enumerate(epoch_iterator.epoch(first), first):
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_begin(model.step)
            logs = model.train_step(data)
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_end(model.step, logs)
            if model.stop_training if others is None else others.stops_after_batch(model):
                break
        if not logs:
            raise ValueError(
                f"the data gave no batch in epoch {epoch + 1}: an iterator can be run through only once; "
                f"give arrays, a list of batches, or an object whose iter() starts over"
            )
        logs = dict(sorted((logs | {f"val_{key}": value for key, value in validate(epoch).items()}).items()))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training if others is None else others.stops_after_epoch(model):
            break
        model.step = 0
    if epochs:
        model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)
    if others is not None:
        others.end_fit(model)


def run_evaluation(model: Trainable, batches: Iterable[Any], callbacks: CallbackList, steps: int | None) -> dict[str, float]:
    """Evaluate every batch once; returns the logs over all of them."""
    model.reset_metrics()
    callbacks.on_test_begin()
    logs: dict[str, float] = {}
    model.stop_evaluating = False
    for step, data in enumerate(first_batches(batches, steps)):
        callbacks.on_test_batch_begin(step)
        logs = model.test_step(data)
        callbacks.on_test_batch_end(step, logs)
        if model.stop_evaluating:
            break
    if not logs:
        raise ValueError("the data gave no batch to evaluate")
    callbacks.on_test_end(logs)
    return logs

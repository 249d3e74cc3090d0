"""`LearningRateScheduler`: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from minidl.callbacks.callback import Callback, Logs
from minidl.config.checks import check_real
from minidl.config.layer_like import ModelLike
from minidl.config.processes import print_once

if TYPE_CHECKING:
    from minidl.optimizers.optimizer import Optimizer


def note_learning_rate(model: ModelLike, logs: Logs) -> None:
    """Put the optimizer's learning rate into an epoch's logs."""
    if isinstance(logs, dict):
        logs["learning_rate"] = float(model.optimizer.learning_rate)


def check_settable(owner: str, optimizer: Optimizer) -> None:
    """Raise TypeError if the learning rate cannot be set: the optimizer has a schedule, or none at all, such as LBFGS."""
    if optimizer.needs_full_batch:
        raise TypeError(f"{owner} sets the learning rate, and {type(optimizer).__name__} has none; leave the callback out")
    try:
        optimizer.learning_rate = float(optimizer.learning_rate)
    except TypeError as error:
        raise TypeError(f"{owner} sets the learning rate, but {error}") from None


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    The learning rate of the epoch is added to the logs as "learning_rate".

    Args:
        schedule: a function of the epoch, from 0, and the current learning rate, or of the epoch alone, that returns the new
            learning rate.
        verbose: 1 prints the learning rate.
    Raises:
        ValueError: the function does not return a number of at least 0.
        TypeError: at the beginning of `fit`, the optimizer follows a schedule, or has no learning rate.
    Example:
        >>> def falling(epoch, learning_rate):
        ...     return learning_rate if epoch < 10 else 0.9 * learning_rate
        >>> LearningRateScheduler(falling).schedule(10, 0.5)
        0.45
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(f"LearningRateScheduler expects schedule to be a function of the epoch, got {schedule!r}")
        self.schedule, self.verbose = schedule, verbose

    def on_train_begin(self, logs: Logs = None) -> None:
        check_settable("LearningRateScheduler", self.model.optimizer)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        optimizer = self.model.optimizer
        before = float(optimizer.learning_rate)
        chosen = self.schedule(epoch, before) if self._takes_both() else self.schedule(epoch)
        optimizer.learning_rate = check_real("LearningRateScheduler", "the value that schedule returns", chosen, 0.0)
        if self.verbose:
            print_once(f"Epoch {epoch + 1}: the learning rate is {float(chosen):g}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        note_learning_rate(self.model, logs)

    def _takes_both(self) -> bool:
        try:
            inspect.signature(self.schedule).bind(0, 0.1)
        except (TypeError, ValueError):
            return False
        return True

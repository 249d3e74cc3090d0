"""`ReduceLROnPlateau`: reduce the learning rate when a monitored value stops improving."""

from typing import Any

from minidl.callbacks.callback import Logs
from minidl.callbacks.learning_rate import check_settable, note_learning_rate
from minidl.callbacks.monitoring import Monitor
from minidl.config.checks import check_real
from minidl.config.processes import print_once


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by a factor when a monitored value has stopped improving.

    The learning rate of the epoch is added to the logs as "learning_rate".

    Args:
        monitor: key in the logs.
        factor: factor of the learning rate, below 1.
        patience: epochs without improvement after which the learning rate is reduced.
        verbose: 1 prints each reduction.
        mode: "min", "max", or "auto", which knows the direction of losses and of the model's metrics.
        min_delta: how much better a value must be to count as an improvement.
        cooldown: epochs after a reduction that do not count as without improvement.
        min_lr: lower bound of the learning rate.
    Raises:
        ValueError: a factor of 1 or more, a negative number, an unknown mode, or "auto" for a value whose direction is unknown.
        TypeError: at the beginning of `fit`, the optimizer follows a schedule, or has no learning rate.
    Example:
        >>> ReduceLROnPlateau(factor=0.5, patience=2)
        ReduceLROnPlateau(factor=0.5, patience=2)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau has no arguments {sorted(kwargs)}")
        self.factor = check_real("ReduceLROnPlateau", "factor", factor, 0.0, 1.0, open_high=True)
        for name, value in (("patience", patience), ("cooldown", cooldown), ("min_lr", min_lr)):
            check_real("ReduceLROnPlateau", name, value, 0.0)
        self.patience, self.verbose, self.cooldown, self.min_lr = patience, verbose, cooldown, min_lr
        self._reset()

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        check_settable("ReduceLROnPlateau", self.model.optimizer)
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.wait, self.cooldown_counter = 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        note_learning_rate(self.model, logs)
        current = self.look_up(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_better(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def in_cooldown(self) -> bool:
        """Whether the last reduction was less than `cooldown` epochs ago."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> None:
        old = float(self.model.optimizer.learning_rate)
        if old > self.min_lr:
            new = max(old * self.factor, self.min_lr)
            self.model.optimizer.learning_rate = new
            self.cooldown_counter, self.wait = self.cooldown, 0
            if self.verbose:
                print_once(f"Epoch {epoch + 1}: {self.monitor} has stopped improving, learning rate reduced to {new:g}")

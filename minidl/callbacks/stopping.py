"""`EarlyStopping`: end training when a figure no longer improves."""

import warnings
from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.config.checks import check_real


class EarlyStopping(Callback):
    """Ends training when a figure in the logs has stopped improving.

    Unlike Keras it refuses an unknown `mode`, and is silent about a figure that some epochs lack (`validation_freq`).

    Args:
        monitor: the figure's key in the logs.
        min_delta: how much better a value must be to count as an improvement.
        patience: epochs without improvement until training ends.
        verbose: 1 says when it stops and which weights it restores.
        mode: "min", "max", or "auto", which knows the direction of losses and of the model's metrics.
        baseline: a value to beat; until then epochs count as without improvement.
        restore_best_weights: whether the model ends with the weights of its best epoch, whatever the baseline.
        start_from_epoch: epochs before that number are not looked at.
    Attributes:
        best: the best value so far.
        best_epoch: the epoch of the best value, from 0.
        stopped_epoch: the epoch after which training was ended, from 0; 0 if it never was.
    Raises:
        ValueError: an unknown mode, or "auto" for a figure whose direction is not known.
    Source: Prechelt 1998.
    Example:
        >>> EarlyStopping(patience=3, restore_best_weights=True)
        EarlyStopping(patience=3, restore_best_weights=True)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f'EarlyStopping expects mode to be "auto", "min" or "max", got {mode!r}')
        check_real("EarlyStopping", "min_delta", min_delta)
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best: float | None = None
        self.best_weights: Any = None
        self._seen = False

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self._look_up(logs or {})
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self._is_better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.verbose and self.stopped_epoch:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

    def _look_up(self, logs: Any) -> float | None:
        if self.monitor in logs:
            self._seen = True
            return float(logs[self.monitor])
        if not self._seen:
            also = "; give fit validation_data or validation_split" if self.monitor.startswith("val_") else ""
            warnings.warn(
                f"EarlyStopping waits for {self.monitor!r}, which the logs do not have; they have {', '.join(logs)}{also}",
                stacklevel=2,
            )
        return None

    def _is_better(self, value: float, than: float | None) -> bool:
        sign = 1 if self.direction == "up" else -1
        return than is None or sign * value - self.min_delta > sign * than

    @property
    def direction(self) -> str:
        """Whether the figure should go "up" or "down"."""
        if self.mode != "auto":
            return "up" if self.mode == "max" else "down"
        figure = self.monitor.removeprefix("val_")
        if figure == "loss" or figure.endswith("_loss"):
            return "down"
        for metric in getattr(self.model, "metrics", ()):
            if metric.direction is not None and (figure == metric.name or figure.endswith(f"_{metric.name}")):
                return str(metric.direction)
        raise ValueError(
            f'EarlyStopping cannot tell whether {self.monitor!r} should rise or fall; pass mode="max" or mode="min"'
        )

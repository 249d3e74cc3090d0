"""`EarlyStopping`: stop training when a monitored value stops improving."""

from minidl.callbacks.callback import Logs
from minidl.callbacks.monitoring import Monitor
from minidl.config.checks import check_real
from minidl.config.processes import print_once
from minidl.config.types import Array


class EarlyStopping(Monitor):
    """Stops training when a monitored value has stopped improving.

    Unlike Keras it does not warn if some epochs lack the value (`validation_freq`).

    Args:
        monitor: key in the logs.
        min_delta: how much better a value must be to count as an improvement.
        patience: epochs without improvement after which training stops.
        verbose: 1 prints when it stops and which weights it restores.
        mode: "min", "max", or "auto", which knows the direction of losses and of the model's metrics.
        baseline: a value to beat; until then epochs count as without improvement.
        restore_best_weights: whether to restore the weights of the best epoch, regardless of the baseline.
        start_from_epoch: epochs before that number are ignored.
    Attributes:
        best: the best value so far.
        best_epoch: the epoch of the best value, from 0.
        monitor_op: `ops.less` or `ops.greater`, whichever is better; `None` before the end of the first epoch.
        stopped_epoch: the epoch after which training was stopped, from 0; 0 if it was not.
    Raises:
        ValueError: a negative `patience`; at the end of an epoch, "auto" for a value whose direction is unknown.
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
        super().__init__(monitor, mode, min_delta)
        check_real("EarlyStopping", "patience", patience, 0.0)
        check_real("EarlyStopping", "start_from_epoch", start_from_epoch, 0.0)
        if baseline is not None:
            check_real("EarlyStopping", "baseline", baseline)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best: float | None = None
        self.best_weights: list[Array] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.look_up(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.is_better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.verbose and self.stopped_epoch:
            print_once(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print_once(f"Restoring the weights of the best epoch: {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

"""`History`: the loss and metrics of every epoch, which `fit` returns."""

from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.figures import written


class History(Callback):
    """The logs of every epoch.

    Attributes:
        history: a list of values for each key, such as `{"loss": [...], "val_loss": [...]}`.
        epoch: the numbers of the epochs, from 0.
        params: "epochs", "steps" and "verbose" of the run.
    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 2.0}); history.on_epoch_end(1, {"loss": 0.5})
        >>> history
        <History of 2 epochs, loss: 2.0000 -> 0.5000>
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)

    def __repr__(self) -> str:
        ways = [f"{key}: {written(values[0])} -> {written(values[-1])}" for key, values in self.history.items()]
        count = f"{len(self.epoch)} epoch{'' if len(self.epoch) == 1 else 's'}"
        return f"<History of {', '.join([count, *ways])}>"

"""`ProgbarLogger`: the progress that is shown by default, as a callback."""

from collections.abc import Callable, Mapping

from minidl.callbacks.callback import Callback, CallbackList, Callbacks, Logs
from minidl.callbacks.progress import ProgressBar, choose_mode
from minidl.callbacks.step_progress import StepProgress
from minidl.config.nest import flatten
from minidl.config.types import State


class ProgbarLogger(Callback):
    """Shows the progress of `fit`, `evaluate` and `predict` in the form that their argument `verbose` says.

    They do so without this callback too. Given in a list of callbacks, it replaces that, at its place in the list.

    Example:
        >>> logger = ProgbarLogger()
        >>> logger.set_params({"epochs": 10, "verbose": 2}); logger.on_train_begin(); logger.on_epoch_begin(2)
        >>> logger.on_epoch_end(2, {"loss": 0.0951})
        Epoch 3/10 - 0.0s - loss: 0.0951
    """

    def __init__(self) -> None:
        self._trains, self._fit, self._pass = False, Callback(), Callback()

    def get_state(self) -> State:
        """Nothing: a resumed run shows its own progress."""
        return {}

    def set_params(self, params: Mapping[str, object]) -> None:
        """Choose what is shown."""
        super().set_params(params)
        mode = choose_mode(params.get("verbose", "auto"))
        self._fit, self._pass = (Callback(), Callback()) if mode is None else (ProgressBar(mode), StepProgress(mode))
        for shown in (self._fit, self._pass):
            shown.set_params(params)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._trains = True
        self._fit.set_model(self.model)
        self._fit.on_train_begin(logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self._trains = False
        self._fit.on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._fit.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._fit.on_epoch_end(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._fit.on_train_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        if not self._trains:  # validation is silent
            self._pass.on_test_begin(logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not self._trains:
            self._pass.on_test_batch_end(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        if not self._trains:
            self._pass.on_test_end(logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._pass.on_predict_begin(logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._pass.on_predict_batch_end(batch, logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        self._pass.on_predict_end(logs)

    def __getstate__(self) -> State:
        return self.__dict__ | {"_fit": Callback(), "_pass": Callback()}


def with_progress(callbacks: Callbacks, mode: str | None, make: Callable[[str], Callback]) -> list[Callback]:
    """The user's callbacks, and what shows the progress unless they contain a `ProgbarLogger` or nothing is to be shown."""
    given = flatten(callbacks or [])
    listed = [one for item in given for one in (item.callbacks if isinstance(item, CallbackList) else [item])]
    if mode is None or any(isinstance(one, ProgbarLogger) for one in listed):
        return given
    return [*given, make(mode)]

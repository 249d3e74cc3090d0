"""`SwapEMAWeights`: judge the running averages of the weights in place of the weights."""

from typing import Any

import numpy as np

from minidl.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the optimizer's running averages into the weights while the model is judged, and takes them out again.

    The optimizer is one with `use_ema=True`. Before its first step there are no averages, and nothing happens. Where Ctrl-C
    comes while the averages stand in the model, the weights of training come back at its next `fit`, `evaluate` or `predict`
    with this callback, unless the model has been given others.

    Args:
        swap_on_epoch: whether the averages also stand in the weights from the end of each epoch to the beginning of the next,
            for callbacks further down the list, such as `ModelCheckpoint`. `BackupAndRestore` belongs in front of it.
    Raises:
        ValueError: the optimizer keeps no averages.
    Source: Polyak & Juditsky 1992.
    Example:
        >>> SwapEMAWeights(swap_on_epoch=True)
        SwapEMAWeights(swap_on_epoch=True)
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._held: list[Any] = []  # variable, its value of training, its average: while the averages stand in the model

    def set_model(self, model: Any) -> None:
        if model is not self.model:
            self._take_out()
        super().set_model(model)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._check()
        self._take_out()

    def on_train_end(self, logs: Logs = None) -> None:
        self._held = []  # the averages are the weights from now on

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._take_out()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self._put_in()

    def on_test_begin(self, logs: Logs = None) -> None:
        self._put_in()

    def on_test_end(self, logs: Logs = None) -> None:
        self._take_out()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._put_in()

    def on_predict_end(self, logs: Logs = None) -> None:
        self._take_out()

    def _put_in(self) -> None:
        self._check()
        optimizer = self.model.optimizer
        if not self._held and optimizer.batches:
            variables = self.model.trainable_weights
            self._held = [(v, v.numpy(), optimizer.slots(v)["average"].copy()) for v in variables]
            for variable, _, average in self._held:
                variable.assign(average)

    def _take_out(self) -> None:
        if all(np.array_equal(variable.value, average) for variable, _, average in self._held):  # else others stand there now
            for variable, value, _ in self._held:
                variable.assign(value)
        self._held = []

    def _check(self) -> None:
        optimizer = self.model.optimizer
        if optimizer is None or not optimizer.use_ema:
            raise ValueError(
                f"SwapEMAWeights needs an optimizer that averages the weights, got {optimizer!r}; make it with use_ema=True"
            )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_held": []}

"""`SwapEMAWeights`: judge the running averages of the weights in place of the weights."""

from typing import Any

from minidl.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the optimizer's running averages into the weights while the model is judged, and takes them out again.

    The optimizer is one with `use_ema=True`. Before its first step there are no averages, and nothing happens.

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
        self._weights: list[Any] | None = None  # those of training, while the averages stand in the model

    def on_train_begin(self, logs: Logs = None) -> None:
        self._weights = None
        self._check()

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
        if self._weights is None and optimizer.batches:
            self._weights = [variable.numpy() for variable in self.model.trainable_weights]
            for variable in self.model.trainable_weights:
                variable.assign(optimizer.slots(variable)["average"])

    def _take_out(self) -> None:
        if self._weights is not None:
            for variable, value in zip(self.model.trainable_weights, self._weights, strict=True):
                variable.assign(value)
            self._weights = None

    def _check(self) -> None:
        optimizer = self.model.optimizer
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(
                f"SwapEMAWeights needs an optimizer that averages the weights, got {optimizer!r}; make it with use_ema=True"
            )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_weights": None}

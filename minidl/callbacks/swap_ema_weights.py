"""`SwapEMAWeights`: evaluate the model with the moving averages of its weights."""

import numpy as np

from minidl.callbacks.callback import Callback, Logs
from minidl.config.types import Array, State
from minidl.variable import Variable


class SwapEMAWeights(Callback):
    """Swaps the weights with the optimizer's moving averages for evaluation, and swaps them back afterwards.

    The optimizer needs `use_ema=True`. Before its first step there are no averages, and nothing happens. If Ctrl-C interrupts
    while the averages are swapped in, the training weights are restored at the next `fit`, `evaluate` or `predict` with this
    callback, unless the weights were set in between.

    Args:
        swap_on_epoch: whether to swap also from the end of each epoch to the start of the next, for callbacks that come
            later in the list, such as `ModelCheckpoint`.
    Raises:
        ValueError: the optimizer keeps no averages.
    Source: Polyak & Juditsky 1992.
    Example:
        >>> SwapEMAWeights(swap_on_epoch=True)
        SwapEMAWeights(swap_on_epoch=True)
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        # Variable, its training value, its average: while the averages are swapped in.
        self._held: list[tuple[Variable, Array, Array]] = []

    def get_state(self) -> State:
        """The training values of the weights, while the averages are swapped in."""
        return {"training_values": [value for _, value, _ in self._held]}

    def set_state(self, state: State) -> None:
        """Set what `get_state` returned; the model has its weights already."""
        variables = self.model.trainable_weights if state["training_values"] else []
        self._held = [(v, value, v.numpy()) for v, value in zip(variables, state["training_values"], strict=True)]

    def set_model(self, model: object) -> None:
        if model is not self.model:
            self._restore_weights()
        super().set_model(model)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._check()
        self._restore_weights()

    def on_train_end(self, logs: Logs = None) -> None:
        self._held = []  # the averages stay in the weights

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._restore_weights()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self._swap_averages_in()

    def on_test_begin(self, logs: Logs = None) -> None:
        self._swap_averages_in()

    def on_test_end(self, logs: Logs = None) -> None:
        self._restore_weights()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._swap_averages_in()

    def on_predict_end(self, logs: Logs = None) -> None:
        self._restore_weights()

    def _swap_averages_in(self) -> None:
        self._check()
        optimizer = self.model.optimizer
        if not self._held and optimizer.batches:
            variables = self.model.trainable_weights
            self._held = [(v, v.numpy(), optimizer.slots(v)["average"].copy()) for v in variables]
            for variable, _, average in self._held:
                variable.assign(average)

    def _restore_weights(self) -> None:
        if all(
            np.array_equal(variable.value, average) for variable, _, average in self._held
        ):  # otherwise the weights were set in between
            for variable, value, _ in self._held:
                variable.assign(value)
        self._held = []

    def _check(self) -> None:
        optimizer = self.model.optimizer
        if optimizer is None or not optimizer.use_ema:
            raise ValueError(
                f"SwapEMAWeights needs an optimizer that averages the weights, got {optimizer!r}; make it with use_ema=True"
            )

    def __getstate__(self) -> State:
        return self.__dict__ | {"_held": []}

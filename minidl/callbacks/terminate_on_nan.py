"""`TerminateOnNaN`: stop training when the loss becomes NaN or infinite."""

import math

from minidl.callbacks.callback import Callback, Logs
from minidl.config.processes import print_once


class TerminateOnNaN(Callback):
    """Stops training when the loss becomes NaN or infinite.

    Without it `fit` raises a `FloatingPointError` that names the first layer with a non-finite output. With it `fit` returns
    as usual, and the last epoch's loss in the history is NaN. Either way the model keeps the weights of the previous step;
    in Keras they are NaN.

    Args:
        raise_error: whether `fit` raises a `RuntimeError`, as in Keras.
    Raises:
        RuntimeError: the loss became NaN or infinite, with `raise_error`.
    Example:
        >>> TerminateOnNaN()
        TerminateOnNaN()
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_begin(self, logs: Logs = None) -> None:
        self.model.terminates_on_nan = True

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"the loss became {loss} in batch {batch}")
        print_once(f"Batch {batch}: the loss became {loss}, training ends")
        self.model.stop_training = True

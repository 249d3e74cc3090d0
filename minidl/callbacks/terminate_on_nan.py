"""`TerminateOnNaN`: end training quietly when the loss is no number any more."""

import math

from minidl.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Ends training when the loss becomes NaN or infinite.

    Without it `fit` raises a `FloatingPointError` that names the layer where it was born. With it `fit` returns as usual; the
    last epoch's loss in the history is NaN. Either way the weights are those of the step before, where Keras has NaN.

    Args:
        raise_error: whether `fit` raises a `RuntimeError` after all, as in Keras.
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
        print(f"Batch {batch}: the loss became {loss}, training ends")
        self.model.stop_training = True

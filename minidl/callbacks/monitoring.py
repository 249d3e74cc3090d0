"""`Monitor`: base class of callbacks that monitor whether a value in the logs improves."""

import math
from collections.abc import Callable

import numpy as np

from minidl.autodiff import TABLE
from minidl.callbacks.callback import Callback, Logs
from minidl.config.checks import check_real
from minidl.config.naming import nearest
from minidl.config.types import MaybeNone, State
from minidl.config.user_warnings import warn_user


class Monitor(Callback):
    """Monitors a value in the logs.

    Args:
        monitor: key in the logs.
        mode: "min", "max", or "auto", which knows the direction of losses and of the model's metrics.
        min_delta: how much better a value must be to count as an improvement.
    Raises:
        ValueError: at the end of an epoch, "auto" for a value whose direction is unknown.
    Warns:
        UserWarning: an unknown mode, which is replaced by "auto", as in Keras.
    Attributes:
        monitor_op: `ops.less` or `ops.greater`, whichever is better; `None` before the end of the first epoch.
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0) -> None:
        owner = type(self).__name__
        if mode not in ("auto", "min", "max"):
            warn_user(f'{owner} expects mode to be "auto", "min" or "max", got {mode!r}; it takes "auto"')
            mode = "auto"
        check_real(owner, "min_delta", min_delta)
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self.monitor_op: Callable[[float, float], bool] | MaybeNone = None
        self._seen = False

    def get_state(self) -> State:
        """What training changes; `monitor_op` follows from the mode."""
        return {name: value for name, value in super().get_state().items() if name != "monitor_op"}

    def on_train_begin(self, logs: Logs = None) -> None:
        self._seen = False

    def look_up(self, logs: Logs) -> float | None:
        """The value; `None` if the logs lack it, with a warning unless an earlier epoch had it.

        Raises:
            ValueError: the value is an array, or its direction is unknown.
        """
        if self.monitor_op is None:
            try:
                self.monitor_op = TABLE["greater" if self.direction == "up" else "less"]
            except ValueError as error:
                if self.monitor not in (logs or {}):
                    raise ValueError(self._missing(list(logs or ()))) from error
                raise
        if logs and self.monitor in logs:
            self._seen = True
            if np.size(logs[self.monitor]) != 1:
                raise ValueError(
                    f"{type(self).__name__} compares single numbers, and {self.monitor!r} has {np.size(logs[self.monitor])} of "
                    f'them; make its metric with average="macro", or with a single threshold, or monitor another value'
                )
            return float(np.ravel(logs[self.monitor])[0])
        if not self._seen:
            warn_user(self._missing(list(logs or ())))
        return None

    def _missing(self, known: list[str]) -> str:
        """The message if the logs lack the monitored value."""
        start = f"{type(self).__name__} monitors {self.monitor!r}, which the logs do not have; they have {', '.join(known)}"
        return start + self._fix(known)

    def _fix(self, known: list[str]) -> str:
        """What to do about it: give validation data, or write the nearest name."""
        if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in known):
            missing = "; give fit validation_data or validation_split"
            name = self.monitor.removeprefix("val_")
            near = None if name in known else _nearest_key(name, known)
            return missing if near is None else f"{missing}, and did you mean 'val_{near}'?"
        near = _nearest_key(self.monitor, known)
        return "" if near is None else f"; did you mean {near!r}?"

    def is_better(self, value: float, than: float | None) -> bool:
        """Whether a value is better than another by more than `min_delta`; any is better than `None`, and NaN than none."""
        sign = 1 if self.direction == "up" else -1
        return not math.isnan(value) and (than is None or sign * value - self.min_delta > sign * than)

    @property
    def direction(self) -> str:
        """Whether "up" or "down" is better."""
        if self.monitor_op is not None:
            return "up" if self.monitor_op is TABLE["greater"] else "down"
        if self.mode != "auto":
            return "up" if self.mode == "max" else "down"
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return "down"
        listed = [] if self.model is None else self.model.metrics
        for metric in [part for one in listed for part in getattr(one, "metrics", [one])]:
            if metric.direction is not None and (name == metric.name or name.endswith(f"_{metric.name}")):
                return str(metric.direction)
        raise ValueError(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} should increase or decrease; "
            f'pass mode="max" or mode="min"'
        )


def _nearest_key(name: str, known: list[str]) -> str | None:
    """The key of the logs that begins with this name or is most like it: "acc" means "accuracy"."""
    return next((key for key in known if key.startswith(name)), None) or nearest(name, known)

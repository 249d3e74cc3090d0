"""`LambdaCallback`: a callback made of functions."""

from collections.abc import Callable
from typing import Any

from minidl.callbacks.callback import Callback
from minidl.config.naming import did_you_mean
from minidl.config.user_warnings import warn_user

Hook = Callable[..., Any] | None


class LambdaCallback(Callback):
    """Calls functions as hooks.

    Args:
        on_epoch_begin, on_epoch_end: functions of the epoch's number and the logs.
        on_train_begin, on_train_end: functions of the logs.
        on_train_batch_begin, on_train_batch_end: functions of the batch's number and the logs.
        **kwargs: functions for other hooks of `Callback`, by their names.
    Raises:
        TypeError: something is not a function.
    Warns:
        UserWarning: there is no hook of that name, so that the function is never called.
    Example:
        >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"])).on_epoch_end(3, {"loss": 0.5})
        3 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **kwargs: Hook,
    ) -> None:
        hooks = [name for name in dir(Callback) if name.startswith("on_")]
        for name in kwargs:
            if name not in hooks:
                fix = did_you_mean(name, hooks)
                warn_user(f"callbacks have no hook {name!r}, which is never called: {fix}")
        usual = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end}
        usual |= {"on_train_begin": on_train_begin, "on_train_end": on_train_end}
        usual |= {"on_train_batch_begin": on_train_batch_begin, "on_train_batch_end": on_train_batch_end}
        functions = {name: function for name, function in (usual | kwargs).items() if function is not None}
        for name, function in functions.items():
            if not callable(function):
                raise TypeError(f"LambdaCallback expects {name} to be a function, got {function!r}")
            setattr(self, name, function)

"""Counts of epochs and steps: their check, and limits for trying out programs, with Keras's names."""

import os
from typing import Any

from minidl.config.checks import check_positive_integer, is_integer
from minidl.config.user_warnings import warn_user

_limits: dict[str, int | None] = {}  # those that were set; others come from the environment


def max_epochs() -> int | None:
    """The largest number of epochs of `fit`, `None` for no limit; first that of the environment variable KERAS_MAX_EPOCHS.

    Example:
        >>> set_max_epochs(2)
        >>> max_epochs()
        2
        >>> set_max_epochs(None)
    """
    return _limit("max_epochs")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the number of epochs of every `fit` from now on; `None` ends that.

    Example:
        >>> set_max_epochs(2)
        >>> set_max_epochs(None)
    """
    _set("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The largest number of batches of an epoch, an evaluation or a prediction, `None` for no limit.

    First that of the environment variable KERAS_MAX_STEPS_PER_EPOCH.

    Example:
        >>> set_max_steps_per_epoch(10)
        >>> max_steps_per_epoch()
        10
        >>> set_max_steps_per_epoch(None)
    """
    return _limit("max_steps_per_epoch")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the number of batches of every epoch, evaluation and prediction from now on; `None` ends that.

    Example:
        >>> set_max_steps_per_epoch(10)
        >>> set_max_steps_per_epoch(None)
    """
    _set("max_steps_per_epoch", max_steps_per_epoch)


def limited(name: str, number: int | None, limit: int | None) -> int | None:
    """The number, or the limit if it is smaller, with a warning."""
    if not limit or (number is not None and number <= limit):
        return number
    warn_user(f"{name} is limited to {limit}, as set with minidl.config")
    return limit


def limited_steps(steps: int | None) -> int | None:
    """The number of steps of an epoch, an evaluation or a prediction, at most `max_steps_per_epoch()`."""
    return limited("steps_per_epoch", steps, max_steps_per_epoch())


def check_counts(**settings: Any) -> None:
    """Raise ValueError for steps, batch sizes etc. that are not positive integers (epochs may be 0); `None` is allowed."""
    for name, value in settings.items():
        if name in ("epochs", "initial_epoch"):
            if not is_integer(value, least=0):
                raise ValueError(f"fit expects {name} to be an integer of at least 0, got {value!r}")
        elif name == "validation_freq" and isinstance(value, (list, tuple, set, range)):
            check_counts(**{f"validation_freq[{number}]": epoch for number, epoch in enumerate(value)})
        elif value is not None:
            check_positive_integer("fit", name, value)


def _limit(name: str) -> int | None:
    if name not in _limits:
        given = os.environ.get(f"KERAS_{name.upper()}")
        _limits[name] = int(given) if given else None
    return _limits[name]


def _set(name: str, limit: int | None) -> None:
    if limit is not None and not is_integer(limit, least=1):
        raise ValueError(f"{name} is a positive integer, or None for no limit, got {limit!r}")
    _limits[name] = limit

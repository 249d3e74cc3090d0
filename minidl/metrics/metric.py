"""`Metric`: a figure gathered over many batches."""

from typing import Any, ClassVar

from minidl.config.configurable import Configurable
from minidl.config.naming import snake_case


class Metric(Configurable):
    """The base of all metrics: add up with `update_state`, read with `result`, start over with `reset_state`.

    Attributes:
        direction: "up" where more is better, "down" where less is; `None` where it is not known.
    Args:
        dtype: accepted for Keras's sake; metrics add up in Python floats, that is float64.
        name: its key in logs; the class's name by default.
    """

    direction: ClassVar[str | None] = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = dtype
        self.reset_state()

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch."""
        raise TypeError(f"{type(self).__name__} defines no update_state(y_true, y_pred, sample_weight=None)")

    def result(self) -> float:
        """The figure over everything taken in since the last reset."""
        raise TypeError(f"{type(self).__name__} defines no result()")

    def reset_state(self) -> None:
        """Forget everything taken in."""
        raise TypeError(f"{type(self).__name__} defines no reset_state()")

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Take in one batch and give the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

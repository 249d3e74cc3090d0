"""Hinges as metrics: what lacks to a margin of 1 on the right side."""

from typing import Any

from minidl import losses
from minidl.metrics.mean import LossMetric


class Hinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)`; targets that are all 0 or 1 become -1 and 1.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.3
    """

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(losses.Hinge(reduction="none"), name, dtype)


class SquaredHinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)**2`; targets that are all 0 or 1 become -1 and 1.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(SquaredHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.86
    """

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(losses.SquaredHinge(reduction="none"), name, dtype)


class CategoricalHinge(LossMetric):
    """The mean of what the right class lacks to standing 1 above the best of the others.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(CategoricalHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.4
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(losses.CategoricalHinge(reduction="none"), name, dtype)

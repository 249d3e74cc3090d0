"""The surprises of probabilistic predictions as metrics: cross-entropies, `KLDivergence`, `Poisson`."""

from typing import Any

from minidl import losses
from minidl.config.types import Array
from minidl.losses.targets import masked_weights, match_labels
from minidl.metrics.mean import LossMetric


class KLDivergence(LossMetric):
    """The mean of what a predicted distribution loses against the true one: `sum(t * log(t / p))`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(KLDivergence()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.4581
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(losses.KLDivergence(reduction="none"), name, dtype)


class Poisson(LossMetric):
    """The mean of `y_pred - y_true * log(y_pred)`, the surprise at counts.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Poisson()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.5
    """

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(losses.Poisson(reduction="none"), name, dtype)


class BinaryCrossentropy(LossMetric):
    """The mean surprise at yes or no: `-t * log(p) - (1 - t) * log(1 - p)`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to 1/2.
    Example:
        >>> round(BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.8149
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(losses.BinaryCrossentropy(from_logits, label_smoothing, reduction="none"), name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(LossMetric):
    """The mean surprise at one of several classes, given as one-hot rows: `-sum(t * log(p))`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to the uniform distribution.
        axis: the axis of the classes.
    Example:
        >>> round(CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(losses.CategoricalCrossentropy(from_logits, label_smoothing, axis, "none"), name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(LossMetric):
    """The mean surprise at one of several classes, given as integer labels: `-log(p[label])`.

    Labels of `ignore_class` count for nothing; in Keras they count as 0 where there are no sample weights.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        ignore_class: a label whose values count for nothing; `None` ignores none.
        axis: the axis of the classes.
    Example:
        >>> round(SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(losses.SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis), name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def weights(self, y_true: Array, y_pred: Array, sample_weight: Any) -> Any:
        if self.ignore_class is None:
            return sample_weight
        labels = match_labels(y_true, y_pred.shape, self.axis, self.name)
        return masked_weights(None, labels != self.ignore_class, sample_weight)

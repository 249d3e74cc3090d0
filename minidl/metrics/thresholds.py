"""True and false positives and negatives for several thresholds, counted in one pass over the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from minidl.config.checks import shown
from minidl.config.loading import take_values
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.losses.sample_weights import align_weights, fill_ignored
from minidl.losses.target_checks import match_rank
from minidl.metrics.metric import Metric
from minidl.variable import Variable

LOWEST = -1e10  # a threshold below every prediction except those excluded by top_k

_MOST = 10_000_000  # thresholds


class ThresholdMetric(Metric):
    """Base class of metrics that count true and false positives and negatives for each threshold.

    Attributes:
        parts: names of the counts that it needs, each a variable with a weighted count for each threshold.
    """

    parts: ClassVar[tuple[str, ...]] = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def __init__(
        self,
        thresholds: Sequence[float],
        name: str | None,
        dtype: DTypeLike,
        evenly: bool | None = None,
        all_above: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self._thresholds = np.asarray(thresholds, np.float64)
        self._order = np.argsort(self._thresholds, kind="stable")
        self._evenly = _are_even(thresholds) if evenly is None else evenly
        self._all_above = all_above  # a prediction of 0 counts as above the first threshold too
        self.add_counts()

    def add_counts(self) -> None:
        """Create a variable for each count."""
        for part in self.parts:
            setattr(self, part, self.add_variable((len(self._thresholds),), name=part))

    def count(self, y_true: Array, y_pred: Array, weights: Array, by_label: bool = False) -> None:
        """Add one batch of equally shaped arrays; with `by_label` each column of (batch, labels) separately."""
        size, labels = len(self._thresholds) + 1, y_pred.shape[-1] if by_label else 1
        place = self._passed(y_pred)
        if by_label:
            place = place + size * np.arange(labels)
        is_true = y_true.astype(bool)
        found = []
        for chosen in (is_true, ~is_true):
            counts = np.bincount(place.ravel(), (weights * chosen).ravel(), size * labels).reshape(labels, size)
            # (labels, thresholds passed) -> counts of predictions that passed at least 0, 1, ... thresholds
            passed = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
            above = np.empty((labels, size - 1))
            above[:, self._order] = passed[:, 1:]
            below = passed[:, :1] - above
            found += [above.T, below.T] if by_label else [above[0], below[0]]
        counted = ("true_positives", "false_negatives", "false_positives", "true_negatives")
        for part, batch in zip(counted, found, strict=True):
            if part in self.parts:
                getattr(self, part).array[...] += batch

    def _passed(self, y_pred: Array) -> Array:
        """Number of thresholds below each prediction; NaN is above none."""
        y_pred = np.where(np.isnan(y_pred), -np.inf, y_pred)
        if self._evenly:  # Keras's own rounding, which decides ties
            steps: Array = np.ceil(np.clip(y_pred, 0, 1) * (len(self._thresholds) - 1)).astype(np.intp)
            return np.maximum(steps, 1) if self._all_above else steps
        return np.searchsorted(self._thresholds[self._order].astype(y_pred.dtype), y_pred, side="left")


def prepare_inputs(
    y_true: object,
    y_pred: object,
    sample_weight: object,
    owner: str,
    class_id: int | None = None,
    top_k: int | None = None,
) -> tuple[Array, Array, Array]:
    """Targets, predictions and weights as arrays of one shape, restricted to one class or the top k predictions."""
    y_pred = np.asarray(y_pred)
    y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(np.float64)
    y_true = match_rank(np.asarray(fill_ignored(y_true, sample_weight)), y_pred.shape, owner)
    weights = weights_of(sample_weight, y_pred.shape)
    if top_k is not None:
        largest = np.argsort(-y_pred, axis=-1, kind="stable")[..., :top_k]
        kept = np.full_like(y_pred, LOWEST)
        np.put_along_axis(kept, largest, np.take_along_axis(y_pred, largest, -1), -1)
        y_pred = kept
    if class_id is not None:
        if y_pred.ndim == 1 or not -y_pred.shape[-1] <= class_id < y_pred.shape[-1]:
            raise ValueError(f"{owner} expects predictions (batch, classes) with class {class_id}, got shape {y_pred.shape}")
        return y_true[..., class_id], y_pred[..., class_id], weights[..., class_id]
    return y_true, y_pred, weights


def weights_of(sample_weight: object, shape: tuple[int, ...]) -> Array:
    """A weight for each value of an array of this shape; ones if there are no sample weights."""
    weights = np.ones(()) if sample_weight is None else align_weights(np.asarray(sample_weight, np.float64), shape)
    return np.broadcast_to(weights, shape)


def check_thresholds(owner: str, thresholds: Any, default: float = 0.5) -> list[float]:
    """A list of numbers in [0, 1], from one, several, or `None`."""
    if thresholds is None:
        return [default]
    given = np.ravel(thresholds)
    if given.dtype.kind not in "biuf" or not given.size or not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"{owner} expects thresholds in [0, 1], got {shown(thresholds)}")
    return [float(value) for value in given]


def check_known(owner: str, argument: str, value: object, known: Sequence[object]) -> None:
    """Raise ValueError if the value is not one of the known ones."""
    if value not in known:
        raise ValueError(f"{owner} expects {argument} to be one of {list(known)}, got {value!r}")


def evenly_spaced(count: int) -> list[float]:
    """Evenly spaced thresholds from 0 to 1."""
    take_values("a metric", "thresholds", count)
    if count > _MOST:
        raise ValueError(f"a metric takes at most {_MOST:,} thresholds, got num_thresholds={count}")
    return [number / (count - 1) for number in range(count)]


def share(part: Variable, rest: Variable) -> Array:
    """`part / (part + rest)`, or 0 where both are 0."""
    return divided(part.array, part.array + rest.array)


def divided(one: Array, other: Array) -> Array:
    """`one / other`, or 0 where `other` is 0."""
    return np.divide(one, other, out=np.zeros(np.broadcast_shapes(one.shape, other.shape)), where=other != 0)


def scalar_if_single(values: Array) -> Array | float:
    """A float if there is one threshold, otherwise a copy of the array."""
    return float(values[0]) if len(values) == 1 else values.copy()


def _are_even(thresholds: Sequence[float]) -> bool:
    """Whether there are three or more evenly spaced thresholds from 0 to 1."""
    count = len(thresholds)
    return count >= 3 and np.allclose(thresholds, evenly_spaced(count), atol=epsilon())

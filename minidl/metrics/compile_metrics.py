"""`CompileMetrics`: the running means of loss and metrics that the logs show."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import ArrayLike, Tensors
from minidl.losses.sample_weights import fill_masked, masked_weights
from minidl.losses.target_checks import squeeze_or_expand
from minidl.metrics.accuracy import CategoricalAccuracy, SparseCategoricalAccuracy
from minidl.metrics.compiled_metrics import CompiledMetrics
from minidl.metrics.mean import Mean
from minidl.metrics.metric import Metric
from minidl.metrics.per_output import Placed, place_metrics, try_metrics

_READ_THE_ORDER = (CategoricalAccuracy, SparseCategoricalAccuracy)  # logits have the same order as probabilities


class CompileMetrics:
    """The running mean of the loss, and the compiled metrics; results have the keys of Keras's logs.

    Masked steps do not count in metrics; in Keras they count unless there are sample weights.
    """

    def __init__(
        self,
        metrics: Sequence[Sequence[object]],
        weighted_metrics: Sequence[Sequence[object]],
        output_names: Sequence[str],
        parts: Sequence[str | None],
    ) -> None:
        self.output_names = list(output_names)
        self.loss = Mean(name="loss")
        names = [name for name in parts if name is not None]
        self.parts = [Mean(name=f"{name}_loss") for name in names] if len(names) > 1 else []
        self._given = [(metrics, False), (weighted_metrics, True)]
        self._placed: list[Placed] = []
        self.resolved = False  # whether names are converted to metrics
        self.needs_predictions = False  # whether any metric needs the outputs themselves, and not only their argmax
        self._tried = False
        self.compiled = CompiledMetrics(self)
        self.in_order = self.parts  # those of the outputs, in the order of a dict of losses
        self.own: list[Metric] = []  # metrics that the model's attributes hold
        self.by_model, self.mask = False, None  # whether `compute_metrics` of the model updates them, and with which mask
        self.listed_by_model = False  # whether the model overrides `metrics`, the list of what logs show

    def resolve(self, y_true: ArrayLike, y_pred_shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Convert names to metrics; the shapes of targets and outputs determine the meaning of "accuracy"."""
        if self.resolved:
            return
        self._placed = place_metrics(self._given, self.output_names, y_true, y_pred_shapes)
        self.resolved = True
        self.needs_predictions = any(type(placed.metric) not in _READ_THE_ORDER for placed in self._placed)

    def try_out(self, y_true: ArrayLike, y_pred_shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Update copies of built-in metrics with one row, so that unsuitable targets raise an error before training.

        A custom metric or function may not accept a row of zeros.
        """
        if not self._tried and not any(None in shape[1:] for shape in y_pred_shapes):
            try_metrics(self._placed, y_true, y_pred_shapes)
            self._tried = True

    @property
    def metrics(self) -> list[Metric]:
        """The loss's running mean and every metric."""
        return [self.loss, *self.parts, *(placed.metric for placed in self._placed), *self.own]

    def order_parts(self, names: Sequence[str]) -> None:
        """List the losses of outputs in the order of these names, and others before them."""
        places = {f"{name}_loss": place for place, name in enumerate(names)}
        self.in_order = sorted(self.parts, key=lambda mean: places.get(mean.name, -1))

    @property
    def listed(self) -> list[Metric]:
        """The same as `model.metrics` lists them: the compiled metrics are one."""
        given = any(wanted for metrics, _ in self._given for wanted in metrics)
        return [self.loss, *([self.compiled] if given else []), *self.in_order, *self.own]

    def update(
        self,
        loss: float,
        parts: Sequence[float],
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike,
        mask: ArrayLike,
    ) -> None:
        """Update with one batch: its loss, the loss of each output, and the metrics."""
        rows = len(y_pred if type(y_pred) is np.ndarray else flatten(y_pred)[0])
        self.loss.add(loss * rows, rows)
        for mean, part in zip(self.parts, parts, strict=False):
            mean.add(part * rows, rows)
        if not self.by_model and self._placed:
            self.update_compiled(y_true, y_pred, sample_weight, mask)

    def update_compiled(self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors, mask: Tensors) -> None:
        """Update the compiled metrics with one batch."""
        outputs = [y_pred] if type(y_pred) is np.ndarray else flatten(y_pred)
        one = len(outputs) == 1 and type(y_true) is np.ndarray and sample_weight is None and mask is None  # as usual
        given = y_true, sample_weight, mask
        targets, weights, masks = [[part] if one else for_each_output(part, len(outputs)) for part in given]
        for _, metric, output, weighted, is_built_in in self._placed:
            target, weight = targets[output], weights[output] if weighted else None
            if masks[output] is not None:
                target, weight = fill_masked(target, masks[output]), masked_weights(masks[output], weight)
            if target is not None and not is_built_in:
                target = squeeze_or_expand(np.asarray(target), outputs[output].shape)
            metric.update_state(target, outputs[output], sample_weight=weight)

    def result(self) -> dict[str, Any]:
        """Results, the loss first, then metrics in their compiled order: floats, or arrays for metrics with several values."""
        found: dict[str, Any] = {"loss": self.loss.result()}
        for mean in self.parts:
            found[mean.name] = mean.result()
        for placed in self._placed:
            _add_result(found, placed.key, placed.metric.result())
        for metric in self.own:
            _add_result(found, metric.name, metric.result())
        return found

    def result_of(self, listed: Sequence[Metric]) -> dict[str, Any]:
        """The results of the metrics that a model lists; all of them if the loss is one."""
        if any(metric is self.loss for metric in listed):
            return self.result()
        found: dict[str, Any] = {}
        for metric in listed:
            _add_result(found, metric.name, metric.result())
        return found

    def reset(self) -> None:
        """Reset the loss and all metrics."""
        for metric in self.metrics:
            metric.reset_state()


def _add_result(found: dict[str, Any], key: str, result: object) -> None:
    """Add a metric's result: a number as a float, several as an array, or each of a dict under its own key."""
    if isinstance(result, Mapping):
        for name, value in result.items():
            _add_result(found, name, value)
    elif isinstance(result, float):
        found[key] = result
    else:
        array = np.asarray(result)
        found[key] = float(array) if array.ndim == 0 else array

"""`CompiledMetrics`: the metrics that `compile` was given, as one metric."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.nest import flatten
from minidl.metrics.metric import Metric


class CompiledMetrics(Metric):
    """All compiled metrics as one, for custom training steps: `model.metrics` lists it as "compile_metrics", as in Keras."""

    def __init__(self, compiled: Any) -> None:
        super().__init__(name="compile_metrics")
        self.compiled = compiled

    @property
    def metrics(self) -> list[Metric]:
        """The metrics; empty before names such as "accuracy" were resolved with the first targets."""
        return [placed.metric for placed in self.compiled._placed]

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        self.compiled.resolve(y_true, [np.shape(output) for output in flatten(y_pred)])
        self.compiled.update_compiled(y_true, y_pred, sample_weight, None)

    def result(self) -> dict[str, object]:
        """The results by their keys in the logs."""
        others = {metric.name for metric in [self.compiled.loss, *self.compiled.parts, *self.compiled.own]}
        return {key: value for key, value in self.compiled.result().items() if key not in others}

    def reset_state(self) -> None:
        """Reset every metric."""
        for metric in self.metrics:
            metric.reset_state()

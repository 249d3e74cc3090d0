"""`MetricSums`: makes the metrics of one rank those of all ranks."""

import numpy as np

from minidl.config.types import Array
from minidl.metrics.compile_metrics import CompileMetrics
from minidl.variable import Variable


class MetricSums:
    """The accumulated values of metrics, which are sums over rows: each rank adds its rows, then those of the others.

    A metric of the user's own may accumulate something else, such as a maximum. Then all metrics are updated with the outputs
    of all ranks, once the loss of the whole batch is known.

    Attributes:
        scores_later: whether, after `end`, they must be updated with the outputs of all ranks.
    """

    def __init__(self, metrics: CompileMetrics) -> None:
        self._metrics = metrics
        self.scores_later = False
        self._variables: list[Variable] = []
        self._before = np.zeros(0)

    def begin(self) -> None:
        """Remember the values, which are the same on all ranks."""
        compiled = [metric for metric in self._metrics.metrics if metric not in self._metrics.own]
        self.scores_later = not all(type(metric).__module__.startswith("minidl.") for metric in compiled)
        if self.scores_later:
            return
        self._variables = list(dict.fromkeys(variable for metric in self._metrics.metrics for variable in metric.variables))
        self._before = self._values()

    def added(self) -> Array:
        """What this rank has added since `begin`."""
        return self._values() - self._before

    def end(self, added: Array) -> None:
        """Set the values to those at `begin` and what all ranks have added."""
        values, place = self._before + added, 0
        for variable in self._variables:
            variable.array[...] = values[place : place + variable.size].reshape(variable.shape)
            place += variable.size
        self._variables, self._before = [], np.zeros(0)

    def _values(self) -> Array:
        return np.concatenate([np.zeros(0), *(np.ravel(variable.array).astype(np.float64) for variable in self._variables)])

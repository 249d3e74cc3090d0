"""The metrics of each output, from what `compile` was given."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minidl.config.nest import for_each_output
from minidl.config.tree import leaves
from minidl.config.types import ArrayLike
from minidl.metrics import as_metric, check, resolve_accuracy
from minidl.metrics.mean_of_function import MeanMetricWrapper
from minidl.metrics.metric import Metric


class Placed(NamedTuple):
    """A metric of an output.

    Attributes:
        key: its key in the logs.
        metric: the metric.
        output: number of the output.
        weighted: whether it gets the sample weights.
        is_built_in: whether it matches targets and outputs itself; one of the user sees targets of the rank of the outputs.
    """

    key: str
    metric: Metric
    output: int
    weighted: bool
    is_built_in: bool


def check_metrics(given: object, names: Sequence[str]) -> None:
    """Raise ValueError for an unknown metric or output; there are no names before the outputs are known."""
    for wanted in per_output(given, names) if names else [leaves(given)]:
        for item in wanted:
            if item is not None and item not in ("accuracy", "acc"):
                check(item)


def per_output(given: object, names: Sequence[str]) -> list[list[object]]:
    """The metrics of each output, from one, a list, a list of lists or a dict by output name."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, dict):
        if unknown := sorted(set(given) - set(names)):
            raise ValueError(f"metrics are given for outputs {unknown}; the model's outputs are {list(names)}")
        return [_as_list(given.get(name)) for name in names]
    given = _as_list(given)
    if len(names) == 1 and len(given) == 1 and isinstance(given[0], (list, tuple)):
        return [list(given[0])]
    if len(names) > 1 and any(isinstance(item, (list, tuple)) for item in given):
        if len(given) != len(names):
            raise ValueError(f"metrics are given for {len(given)} outputs, the model has {len(names)}: {list(names)}")
        return [_as_list(item) for item in given]
    if len(names) > 1 and len(given) == len(names):
        return [_as_list(item) for item in given]
    return [list(given) for _ in names]


def _as_list(value: object) -> list[object]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def place_metrics(
    given: Any,
    names: Sequence[str],
    y_true: ArrayLike,
    shapes: Sequence[tuple[int | None, ...]],
) -> list[Placed]:
    """The metrics of every output; the shapes of targets and outputs determine the meaning of "accuracy".

    Args:
        given: what each output has of `metrics` and of `weighted_metrics`, and which of the two it is.
        names: of the outputs.
        y_true: targets.
        shapes: of the outputs.
    """
    targets, placed = for_each_output(y_true, len(shapes)), list[Placed]()
    for outputs, weighted in given:
        for output, wanted in enumerate(outputs):
            for item in wanted:
                if item in ("accuracy", "acc"):
                    metric = resolve_accuracy(item, np.shape(targets[output]), shapes[output])
                else:
                    metric = as_metric(item)
                    if any(metric is other.metric for other in placed):  # shared by several outputs: use a copy
                        metric = metric.with_arguments(name=metric.name)
                if isinstance(item, str):
                    metric.name = item  # "mae" stays "mae" in logs, as in Keras
                prefix = f"{names[output]}_" if names[output] and len(names) > 1 else ""
                taken = [other.key for other in placed]
                key = f"{prefix}{metric.name}"
                if weighted and key in taken:
                    key = f"{prefix}weighted_{metric.name}"  # as Keras tells the two apart
                is_built_in = type(metric).__module__.startswith("minidl.metrics.")
                placed.append(Placed(_unused(key, taken), metric, output, weighted, is_built_in))
    return placed


def try_metrics(placed: Sequence[Placed], y_true: ArrayLike, shapes: Sequence[tuple[int | None, ...]]) -> None:
    """Update copies of built-in metrics with one row, so that unsuitable targets raise an error before training.

    A custom metric or function may not accept a row of zeros.
    """
    targets = for_each_output(y_true, len(shapes))
    for _, metric, output, _, is_built_in in placed:
        if targets[output] is not None and type(metric) is not MeanMetricWrapper and is_built_in:
            row = np.zeros((1, *(size or 1 for size in shapes[output][1:])), np.float32)
            copy.deepcopy(metric).update_state(targets[output][:1], row)


def _unused(key: str, taken: list[str]) -> str:
    number, free = 0, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free

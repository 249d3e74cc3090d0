"""The metrics of each output, from what `compile` was given."""

from collections.abc import Sequence
from typing import Any

from minidl.metrics import check


def check_metrics(given: Any, names: Sequence[str]) -> None:
    """Raise ValueError for an unknown metric or output."""
    for wanted in per_output(given, names):
        for item in wanted:
            if item not in ("accuracy", "acc"):
                check(item)


def per_output(given: Any, names: Sequence[str]) -> list[list[Any]]:
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


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]

"""The state of a training run outside the model: of its callbacks, metrics and data sets, as data that a file can hold."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from minidl.config.configurable import Configurable
from minidl.config.find_objects import find_objects
from minidl.config.layer_like import ModelLike
from minidl.config.nest import unpack
from minidl.graph.shapes import flatten_shapes, shape_of
from minidl.metrics.metric import Metric
from minidl.saving.plain_state import pack
from minidl.variable import Variable

State = dict[str, Any]
_OF_NUMBERS = (int, float, np.generic)


def callback_states(callbacks: Sequence[Any]) -> list[State]:
    """The class name and the state of each callback; `lost` names what a file cannot hold."""
    states = []
    for callback in callbacks:
        state = callback.get_state()
        data = {name: value for name, value in state.items() if is_data(value)}
        lost = [name for name, value in state.items() if name not in data and _may_change(value)]
        states.append({"class_name": type(callback).__name__, "state": data, "lost": lost})
    return states


def set_callback_states(callbacks: Sequence[Any], states: Sequence[State]) -> list[str]:
    """Give each callback its state back: the second `EarlyStopping` that of the second.

    Returns:
        What could not be saved, such as "file of MyLogger".
    """
    left, lost = list(states), []
    for callback in callbacks:
        saved = next((one for one in left if one["class_name"] == type(callback).__name__), None)
        if saved is not None:
            left = [one for one in left if one is not saved]
            lost += [f"{name} of {saved['class_name']}" for name in saved["lost"]]
            if saved["state"]:
                _check_attributes(callback, saved["state"])
                if type(callback).__module__.startswith("minidl."):
                    _check_known(callback, saved["state"])
                callback.set_state(saved["state"])
    return lost


def _check_attributes(owner: object, state: State) -> None:
    """Raise ValueError for what is no attribute that holds data: methods, properties and Python's own names."""
    for name in state:
        found = getattr(type(owner), name, None)
        if name.startswith("__") or callable(found) or isinstance(found, property):
            raise ValueError(f"a backup cannot set {name} of {type(owner).__name__}")


def _check_known(callback: Any, state: State) -> None:
    """Raise ValueError if a built-in callback would get what it never has, such as a text for a number, or another path."""
    now = callback.get_state()
    for name, value in state.items():
        if name not in now:
            raise ValueError(f"a backup cannot set {name} of {type(callback).__name__}")
        before = now[name]
        kinds = (type(before),) if isinstance(before, (str, list, dict, tuple)) else _OF_NUMBERS
        if value is not None and not isinstance(value, kinds if before is not None else (*_OF_NUMBERS, list)):
            raise ValueError(f"the backup is damaged: {name} of {type(callback).__name__} is {str(value)[:50]}")


def set_metric_states(model: ModelLike, states: Sequence[State], next_batch: object) -> None:
    """Set the states of all metrics of a model; names are first resolved with the next batch, unless that is `None`."""
    metrics = model.plan.metrics
    if next_batch is not None:
        x, y, _ = unpack(next_batch)
        metrics.resolve(y, flatten_shapes(model.compute_output_shape(shape_of(x))))
    for metric, state in zip(metrics.metrics, states, strict=False):
        set_metric_state(metric, state)


def metric_state(metric: Metric) -> State:
    """Everything that updates change in a metric: its variables, the metrics that it holds, and attributes that are data."""
    own, attributes = metric._variables, metric.own_attributes()
    places = {name: own.index(value) for name, value in attributes.items() if isinstance(value, Variable) and value in own}
    data = {name: value for name, value in attributes.items() if name != "_variables" and is_data(value)}
    held = [variable.numpy() for variable in find_objects(list(attributes.values()), Variable) if variable not in own]
    inner = [metric_state(one) for one in find_objects(list(attributes.values()), Metric)]
    return {"variables": [one.numpy() for one in own], "places": places, "held": held, "metrics": inner, "data": data}


def set_metric_state(metric: Metric, state: State) -> None:
    """Set what `metric_state` returned; variables that a metric adds with its first batch are added."""
    for value in state["variables"][len(metric._variables) :]:
        metric.add_variable(value.shape, dtype=value.dtype.name)
    for variable, value in zip(metric._variables, state["variables"], strict=False):
        variable.assign(value)
    _check_attributes(metric, state["places"])
    for name, place in state["places"].items():
        setattr(metric, name, metric._variables[place])
    _check_attributes(metric, state["data"])
    for name, value in state["data"].items():
        setattr(metric, name, value)
    attributes = list(metric.own_attributes().values())
    held = [variable for variable in find_objects(attributes, Variable) if variable not in metric._variables]
    for variable, value in zip(held, state["held"], strict=False):
        variable.assign(value)
    for inner, saved in zip(find_objects(attributes, Metric), state["metrics"], strict=False):
        set_metric_state(inner, saved)


def is_data(value: object) -> bool:
    """Whether a file can hold the value."""
    try:
        pack(value, {})
    except (TypeError, RecursionError):  # a list may contain itself
        return False
    return True


def _may_change(value: object) -> bool:
    """Whether training may change an object: not functions, classes, settings and weights."""
    return not callable(value) and not isinstance(value, (ModuleType, Configurable, Variable, np.dtype))

"""What a layer promises about being rebuilt: config, weights, pickle and deepcopy give a layer that does the same."""

import copy
import inspect
import json
import pickle
import sys
from typing import Any

from minidl.config.configurable import Configurable, named_parts
from minidl.config.registry import deserialize, serialize
from minidl.layers.layer import Layer
from minidl.testing.comparing import output_name
from minidl.testing.report import assert_close, checking, fail
from minidl.testing.trial import MODES, Trial

_USUAL = (Configurable.from_config.__func__, Layer.from_config.__func__)  # type: ignore[attr-defined]  # class methods
_OPEN_ENDED = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def check_rebuilding(trial: Trial) -> None:
    """Config round trip, weights round trip, pickle and deepcopy."""
    with checking("config", trial.title):
        rebuilt = _from_config(trial)
    with checking("weights", trial.title):
        _weights_round_trip(trial, rebuilt)
    with checking("copies", trial.title):
        _copies_are_equal(trial)


def check_configurable(item: Configurable) -> Configurable:
    """Put any object with a config through its round trip: config, JSON, `repr`, pickle and deepcopy.

    Returns:
        The object rebuilt from JSON; from its config alone where that holds a `lambda`.
    Raises:
        AssertionError: an argument is missing from the config, or a rebuilt object differs in its own.
    """
    config, kind = item.get_config(), type(item)
    usual = getattr(kind.from_config, "__func__", None) in _USUAL  # a functional model rebuilds in its own way
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        given = item.__dict__.get("_arguments", {}).get(name, parameter.default)
        if usual and parameter.kind not in _OPEN_ENDED and name not in config and given is not parameter.default:
            fail("config", name, f"get_config() of {item!r} leaves out this argument, which was {given!r}")
    try:
        config = json.loads(json.dumps(config))
    except TypeError as error:
        fail("config", kind.__name__, f"get_config() of {item!r} holds more than plain JSON values: {error}")
    written, parts = serialize(item), named_parts(item)
    custom = {name: found[0] for name, found in parts.items() if not getattr(found[0], "__module__", "").startswith("minidl.")}
    if any(len(parts[name]) > 1 for name in custom):  # two lambdas: no file could tell them apart
        from_json = from_config = item.with_arguments()
    else:
        from_json = deserialize(json.loads(json.dumps(written)), custom)
        from_config = kind.from_config(deserialize(config, custom))
    rebuilt = [("from_config", from_config), ("serialize", from_json), ("deepcopy", copy.deepcopy(item))]
    if (pickled := _pickled(item)) is not None:
        rebuilt.append(("pickle", pickled))
    for way, other in rebuilt:
        if type(other) is not type(item):
            fail("config", way, f"gives a {type(other).__name__}, expected a {type(item).__name__}")
        if (found := serialize(other)) != written:
            fail("config", way, f"gives {found}, expected {written}")
        if type(item).__name__ not in repr(other):
            fail("config", "repr", f"{other!r} does not name the class")
    result: Configurable = from_json
    return result


def _from_config(trial: Trial) -> Layer:
    rebuilt = check_configurable(trial.layer)
    if not isinstance(rebuilt, Layer):
        fail("config", "from_config", f"gives {rebuilt!r}, expected a layer")
    return rebuilt


def _weights_round_trip(trial: Trial, rebuilt: Layer) -> None:
    trial.build(rebuilt)
    ours, theirs = trial.layer.weights, rebuilt.weights
    if [(v.name, v.shape, v.dtype) for v in ours] != [(v.name, v.shape, v.dtype) for v in theirs]:
        fail("config", "weights", f"a layer rebuilt from its config has the weights {theirs}, expected {ours}")
    rebuilt.set_weights(trial.layer.get_weights())
    why = "a layer rebuilt from its config with the same weights gives another output"
    _compare(trial, rebuilt, "config", why, modes=(False,) if trial.layer.generators else MODES)
    for variable, other in zip(ours, theirs, strict=True):
        assert_close("weights", variable.name, other.value, variable.value, "set_weights(get_weights()) changed a value", 0.0)


def _copies_are_equal(trial: Trial) -> None:
    _compare(trial, copy.deepcopy(trial.layer), "copies", "a deepcopy gives another output")
    if (pickled := _pickled(trial.layer)) is not None:
        _compare(trial, pickled, "copies", "a pickled copy gives another output")


def _compare(trial: Trial, other: Layer, check: str, message: str, modes: tuple[bool, ...] = MODES) -> None:
    for training in modes:
        expected = trial.output(trial.layer, trial.x, training)
        for number, array in enumerate(trial.output(other, trial.x, training)):
            assert_close(check, output_name(expected, number), array, expected[number], message)


def _pickled(item: Any) -> Any:
    """A copy by pickle; `None` for what Python cannot pickle: classes and functions made inside functions."""
    try:
        return pickle.loads(pickle.dumps(item))
    except (AttributeError, pickle.PicklingError) as error:
        if any(_is_out_of_reach(part) for found in named_parts(item).values() for part in found):
            return None
        if "<locals>" in str(error) or "<lambda>" in str(error) or "local object" in str(error):
            return None
        raise


def _is_out_of_reach(part: Any) -> bool:
    """Whether a class or function cannot be found by its name: made in a function, a doctest or a notebook's past."""
    found: Any = sys.modules.get(getattr(part, "__module__", None) or "")
    for name in getattr(part, "__qualname__", getattr(part, "__name__", "")).split("."):
        found = getattr(found, name, None)
    return found is not part

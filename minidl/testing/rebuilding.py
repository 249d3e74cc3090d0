"""Contracts of rebuilding: config, weights, pickle and deepcopy give an equivalent layer."""

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
from minidl.testing.layer_case import MODES, LayerCase
from minidl.testing.report import assert_close, checking, fail

_USUAL = (Configurable.from_config.__func__, Layer.from_config.__func__)  # type: ignore[attr-defined]  # class methods
_OPEN_ENDED = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def check_rebuilding(case: LayerCase) -> None:
    """Check the round trips of config and weights, pickle and deepcopy."""
    with checking("config", case.title):
        rebuilt = _from_config(case)
    with checking("weights", case.title):
        _weights_round_trip(case, rebuilt)
    with checking("copies", case.title):
        _copies_are_equal(case)


def check_configurable(item: Configurable) -> Configurable:
    """Check the round trip of any object with a config: config, JSON, `repr`, pickle and deepcopy.

    Returns:
        The object rebuilt from JSON, or from its config if that holds a `lambda`.
    Raises:
        AssertionError: an argument is missing from the config, or a rebuilt object differs in its own.
    """
    config, kind = item.get_config(), type(item)
    usual = getattr(kind.from_config, "__func__", None) in _USUAL  # functional models have another kind of config
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
    if any(len(parts[name]) > 1 for name in custom):  # two lambdas: a file cannot distinguish them
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
    return from_json


def _from_config(case: LayerCase) -> Layer:
    rebuilt = check_configurable(case.layer)
    if not isinstance(rebuilt, Layer):
        fail("config", "from_config", f"gives {rebuilt!r}, expected a layer")
    return rebuilt


def _weights_round_trip(case: LayerCase, rebuilt: Layer) -> None:
    case.build(rebuilt)
    ours, theirs = case.layer.variables, rebuilt.variables
    if [(v.name, v.shape, v.dtype) for v in ours] != [(v.name, v.shape, v.dtype) for v in theirs]:
        fail("config", "weights", f"a layer rebuilt from its config has the weights {theirs}, expected {ours}")
    rebuilt.set_weights(case.layer.get_weights())
    for variable, other in zip(ours, theirs, strict=True):
        if variable.is_carried:
            other.assign(variable.value)
    why = "a layer rebuilt from its config with the same weights gives another output"
    _compare(case, rebuilt, "config", why, modes=(False,) if case.layer.generators else MODES)
    for variable, other in zip(ours, theirs, strict=True):
        assert_close("weights", variable.name, other.value, variable.value, "set_weights(get_weights()) changed a value", 0.0)


def _copies_are_equal(case: LayerCase) -> None:
    _compare(case, copy.deepcopy(case.layer), "copies", "a deepcopy gives another output")
    if (pickled := _pickled(case.layer)) is not None:
        _compare(case, pickled, "copies", "a pickled copy gives another output")


def _compare(case: LayerCase, other: Layer, check: str, message: str, modes: tuple[bool, ...] = MODES) -> None:
    for training in modes:
        expected = case.output(case.layer, case.x, training)
        for number, array in enumerate(case.output(other, case.x, training)):
            assert_close(check, output_name(expected, number), array, expected[number], message)


def _pickled(item: object) -> Any:
    """A copy by pickle; `None` for what Python cannot pickle: classes and functions defined inside functions."""
    try:
        return pickle.loads(pickle.dumps(item))
    except (AttributeError, pickle.PicklingError) as error:
        if any(_is_out_of_reach(part) for found in named_parts(item).values() for part in found):
            return None
        if "<locals>" in str(error) or "<lambda>" in str(error) or "local object" in str(error):
            return None
        raise


def _is_out_of_reach(part: Layer) -> bool:
    """Whether a class or function cannot be found by its name, as if defined in a function or a doctest."""
    found: Any = sys.modules.get(getattr(part, "__module__", None) or "")
    for name in getattr(part, "__qualname__", getattr(part, "__name__", "")).split("."):
        found = getattr(found, name, None)
    return found is not part

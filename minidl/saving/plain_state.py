"""The state of callbacks, metrics and data sets as JSON values and tensors, and back; files of `BackupAndRestore` hold it."""

import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from minidl.config.plain_values import checked_keys, text_array
from minidl.config.types import Array, State

_GENERATORS: dict[str, type[np.random.BitGenerator]] = {
    kind.__name__: kind for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
}
_SEQUENCES: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset, "deque": deque}
_DICTS: dict[str, Any] = {"dict": dict, "Counter": Counter, "OrderedDict": OrderedDict}
_DEFAULTS: dict[str, Any] = {
    kind.__name__: kind for kind in (int, float, str, bool, list, dict, set, tuple)
}  # of a defaultdict
_KINDS = "bifu"  # of arrays in a safetensors file: booleans, integers and floats


def pack(value: Any, tensors: dict[str, Array]) -> object:
    """Convert a value to JSON values; arrays are added to `tensors`, and referred to by name.

    Raises:
        TypeError: it holds something that is not data.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):  # the file would lose the mask, or that it is a matrix
        raise TypeError(f"{type(value).__name__} is not data")
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in _KINDS:
        name = f"state/{len(tensors)}"
        tensors[name] = np.array(value)  # a copy, without the subclass
        return {"kind": "array" if isinstance(value, np.ndarray) else "scalar", "value": name}
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        try:
            return {"kind": "text", "value": text_array(value.tolist()).tolist()}
        except ValueError as error:
            raise TypeError(str(error)) from error
    if type(value) is list:
        return [pack(item, tensors) for item in value]
    if type(value).__name__ in _SEQUENCES and type(value) is _SEQUENCES[type(value).__name__]:
        extra = {"maxlen": value.maxlen} if type(value) is deque else {}
        return {"kind": type(value).__name__, "value": [pack(item, tensors) for item in value], **extra}
    if type(value) in _DICTS.values() or type(value) is defaultdict:
        items = [[pack(key, tensors), pack(item, tensors)] for key, item in value.items()]
        return {"kind": type(value).__name__, "value": items, **_default_of(value)}
    if isinstance(value, np.random.Generator) and type(value.bit_generator).__name__ in _GENERATORS:
        return {"kind": "generator", "value": pack(value.bit_generator.state, tensors)}
    if type(value) is np.random.RandomState:
        state: State = value.get_state(legacy=False)
        if state["bit_generator"] == "MT19937":
            return {"kind": "random_state", "value": pack(state, tensors)}
    if type(value) is random.Random:
        return {"kind": "random", "value": pack(value.getstate(), tensors)}
    raise TypeError(f"{type(value).__name__} is not data")


def _default_of(value: Mapping[object, object]) -> State:
    """What a `defaultdict` makes for a missing key, by name."""
    if not isinstance(value, defaultdict):
        return {}
    factory = value.default_factory
    if factory is not None and factory not in _DEFAULTS.values():
        raise TypeError(f"the default of a {type(value).__name__} is not data")
    return {"default": None if factory is None else factory.__name__}


def unpack(value: object, tensors: Mapping[str, Array]) -> Any:
    """Convert the result of `pack` back.

    Raises:
        ValueError: `pack` did not write it.
    """
    try:
        return _unpacked(value, tensors)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, ValueError) as error:
        raise ValueError(f"the saved state is damaged ({error!r})") from error


def _unpacked(value: object, tensors: Mapping[str, Array]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    kind, inner = value["kind"], value["value"]
    if kind in ("array", "scalar"):
        return tensors[inner].copy() if kind == "array" else tensors[inner][()]
    if kind == "text":
        return text_array(inner)
    if kind in _DICTS or kind == "defaultdict":
        keys = checked_keys([_unpacked(key, tensors) for key, _ in inner])
        pairs = dict(zip(keys, (_unpacked(item, tensors) for _, item in inner), strict=True))
        if kind == "defaultdict":
            return defaultdict(None if value["default"] is None else _DEFAULTS[value["default"]], pairs)
        return _DICTS[kind](pairs)
    if kind == "generator":
        state = _unpacked(inner, tensors)
        made = np.random.Generator(_GENERATORS[state["bit_generator"]]())
        made.bit_generator.state = state
        return made
    if kind == "random_state":
        older = np.random.RandomState()
        older.set_state(_unpacked(inner, tensors))
        return older
    if kind == "random":
        own = random.Random()
        own.setstate(_unpacked(inner, tensors))
        return own
    items = [_unpacked(item, tensors) for item in inner]
    if kind in ("set", "frozenset"):
        checked_keys(items)
    return deque(items, value["maxlen"]) if kind == "deque" else _SEQUENCES[kind](items)

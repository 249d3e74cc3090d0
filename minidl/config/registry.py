"""Which class a name means: the fixed table of our public classes, and what users register beside it."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from minidl.config.configurable import Configurable
from minidl.config.naming import did_you_mean, snake_case
from minidl.config.public_names import PACKAGES

Registered = TypeVar("Registered", bound=Callable[..., Any])

_custom: dict[str, Any] = {}


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Registered], Registered]:
    """Decorate a class or activation of your own so that `load_model` finds it, under Keras's name for this.

    Args:
        package: a prefix that keeps two projects' names apart.
        name: the name in the file; the class's own by default.
    Example:
        >>> @register_keras_serializable(package="shop")
        ... class Scale(Configurable):
        ...     pass
        >>> serialize(Scale())
        {'class': 'shop>Scale', 'config': {}}
    """

    def register(item: Registered) -> Registered:
        _custom[f"{package}>{name or getattr(item, '__name__', item)}"] = item
        return item

    return register


def name_of(item: Any) -> str:
    """The name under which a class or named function is written to a file."""
    name, module = str(item.__name__), str(getattr(item, "__module__", ""))  # NumPy's ufuncs have a module from 2.2 on
    for key, registered in _custom.items():
        if registered is item:
            return key
    for room, names in PACKAGES.items():
        if name in names and module.startswith(f"minidl.{room}"):
            return f"{room}.{name}"
    return name


def find(name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The class or function that a name in a file means.

    Raises:
        ValueError: the name is neither ours, nor registered, nor in `custom_objects`.
    """
    room, _, short = name.rpartition(".")
    for table, key in ((custom_objects or {}, name), (custom_objects or {}, name.rpartition(">")[2]), (_custom, name)):
        if key in table:
            return table[key]
    if short in PACKAGES.get(room, ()):
        return getattr(importlib.import_module(f"minidl.{room}"), short)
    raise ValueError(
        f"unknown class {name!r}: pass custom_objects={{{name.rpartition('>')[2]!r}: ...}}, or decorate the class with "
        f"@minidl.saving.register_keras_serializable() before loading"
    )


def public(module: str, name: str) -> Any:
    """A public function or class of minidl, such as `diagnostics.diagnose`, imported when it is asked for."""
    return getattr(importlib.import_module(f"minidl.{module}"), name)


def serialize(value: Any) -> Any:
    """Turn an object, and all that its arguments hold, into plain JSON values."""
    if isinstance(value, Configurable):
        return {"class": name_of(type(value)), "config": {k: serialize(v) for k, v in value.get_config().items()}}
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, (np.generic, np.dtype)):
        return value.item() if isinstance(value, np.generic) else value.name
    if isinstance(value, tuple):
        return {"tuple": [serialize(item) for item in value]}
    if isinstance(value, list):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping):
        return {"dict": [[serialize(key), serialize(item)] for key, item in value.items()]}  # JSON keys are strings only
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    if callable(value) and hasattr(value, "__name__"):
        return {"function": name_of(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot write {value!r} to a file: it is neither a plain value nor an object with a config")


def deserialize(value: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Turn what `serialize` gave back into objects; nothing but known classes is ever called."""
    if isinstance(value, list):
        return [deserialize(item, custom_objects) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class" in value:
        config = {key: deserialize(item, custom_objects) for key, item in value["config"].items()}
        return find(value["class"], custom_objects).from_config(config)
    if "function" in value:
        return find(value["function"], custom_objects)
    if "array" in value:
        return np.asarray(value["array"], dtype=value["dtype"])
    if "tuple" in value:
        return tuple(deserialize(item, custom_objects) for item in value["tuple"])
    if "dict" not in value:
        raise ValueError(f"not a description of an object: {dict(value)}; one has a 'class' and a 'config'")
    return {deserialize(key): deserialize(item, custom_objects) for key, item in value["dict"]}


def shortcut(identifier: Any, room: str, aliases: Mapping[str, str] | None = None) -> Any:
    """What a string, class, config or object given by the user stands for in one of our rooms.

    Args:
        identifier: `None`, a name ("adam", "GlorotUniform", "mse"), a class, a config, or an object, which is handed back.
        room: "losses", "optimizers", ...
        aliases: further names, such as `{"mse": "MeanSquaredError"}`.
    Raises:
        ValueError: a name that the room does not have; the nearest is named.
    """
    if isinstance(identifier, str):
        known = {spelling: name for name in PACKAGES[room] for spelling in (name.lower(), snake_case(name))} | dict(
            aliases or {}
        )
        if identifier in _custom:
            identifier = _custom[identifier]
        elif identifier.lower() not in known:
            kind = room.rstrip("s") if room != "losses" else "loss"
            raise ValueError(f"unknown {kind} {identifier!r}: {did_you_mean(identifier, set(known))}")
        else:
            identifier = find(f"{room}.{known[identifier.lower()]}")
    if isinstance(identifier, Mapping) and "class" in identifier:
        return deserialize(identifier)
    return identifier() if isinstance(identifier, type) else identifier

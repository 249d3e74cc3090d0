"""Find classes by name, from a fixed table and the user's registry; serialize objects to plain JSON values and back."""

import functools
import importlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from minidl.config.custom_objects import find_custom, get_registered_object, own_registered_name
from minidl.config.loading import is_loading
from minidl.config.missing_names import missing_name
from minidl.config.naming import did_you_mean, snake_case
from minidl.config.plain_values import array_of, checked_keys
from minidl.config.public_names import IN_FILES, LAZY_FILES, PACKAGES
from minidl.config.types import JSON, Config, CustomObjects, Options

_NEVER_IN_FILES = ("callbacks", "diagnostics")  # a model does not hold them, and they write files


class HasConfig:
    """An object that can be serialized to plain values and rebuilt from them."""

    def get_config(self) -> Config:
        """The config from which an equal object can be rebuilt, as plain JSON values."""
        raise NotImplementedError  # subclasses define it

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make an object from the result of `get_config`."""
        raise NotImplementedError  # subclasses define it


def public(package: str, name: str) -> Any:
    """Import a package and return one of its public names: `public("diagnostics", "diagnose")`.

    Used by lower packages that offer a shortcut to a higher one, such as `Model.diagnose`.
    """
    if package not in PACKAGES and package not in IN_FILES:
        raise ValueError(f"minidl has no public package {package!r}")
    return getattr(importlib.import_module(f"minidl.{package}"), name)


def lazy_names(package: str, further: str = "", hidden: str = "") -> tuple[Any, Any, list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package that imports a file when one of its names is first used.

    Args:
        package: the package's `__name__`, by which `LAZY_FILES` knows its files.
        further, hidden: the public names that the package itself defines; those in its files that are not public.
    """
    places = {name: file for file, names in LAZY_FILES[package.removeprefix("minidl.")].items() for name in names.split()}
    known = sorted({*places, *further.split()} - {*hidden.split()})

    def find_name(name: str) -> Any:
        if name not in places:
            raise AttributeError(missing_name(package, name, known))
        if (place := places[name]) == package:
            return importlib.import_module(f"{package}.{name}")
        return getattr(importlib.import_module(place if place.startswith("minidl.") else f"{package}.{place}"), name)

    return find_name, lambda: known, known


def reference(item: Any) -> dict[str, str | None]:
    """Module, class name and registered name by which a file refers to a class or function, as in Keras."""
    name, module = str(item.__name__), str(getattr(item, "__module__", ""))  # NumPy's ufuncs have one since 2.2
    registered = own_registered_name(getattr(item, "__wrapped__", item))  # of an activation: the function it is made of
    package = next((key for key in _packages_of(module) if name in _names_in_files(key)), None)
    is_class = isinstance(item, type)
    if registered is None and package is not None:
        named = {"class_name": name} if is_class else {"class_name": "function", "config": name}
        return {"module": f"minidl.{package}"} | named | {"registered_name": None}
    if is_class:
        return {"module": module, "class_name": name, "registered_name": registered or name}
    return {"module": "builtins", "class_name": "function", "config": registered or name, "registered_name": "function"}


def find(named: Mapping[str, JSON], custom_objects: CustomObjects | None = None) -> Any:
    """The class or function that `reference` refers to; module paths are never imported.

    Raises:
        ValueError: the name is neither public in minidl, nor registered, nor in `custom_objects`.
    """
    is_function = named["class_name"] == "function"
    name, registered = named["config"] if is_function else named["class_name"], named.get("registered_name")
    if is_function and name.partition(">")[2]:  # files hold the registered name of a function: package>name
        registered, name = name, name.partition(">")[2]
    if (own := find_custom(registered, name, custom_objects)) is not None:
        return own
    library, _, package = str(named.get("module")).partition(".")
    may_hold = package not in _NEVER_IN_FILES or not is_loading()
    if library in ("minidl", "keras") and may_hold and name in _names_in_files(package):
        return getattr(importlib.import_module(f"minidl.{package}"), name)
    if (own := get_registered_object(f"Custom>{name}")) is not None:
        return own
    kind = "function" if is_function else "class"
    raise ValueError(
        f"unknown {kind} {name!r}: pass custom_objects={{{name!r}: ...}}, or decorate the {kind} with "
        f"@minidl.saving.register_keras_serializable() before loading"
    )


def serialize(value: object) -> JSON:
    """Convert an object, and everything in its arguments, to plain JSON values.

    An object becomes a dict with its module, class name, config and registered name, as in Keras. Tuples, arrays and dicts
    with keys that are not strings become dicts of that form too, so that `deserialize` can restore them.

    Example:
        >>> serialize({"shape": (2, 3)})
        {'shape': {'class_name': '__tuple__', 'config': {'items': [2, 3]}}}
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, HasConfig) and not hasattr(value, "__wrapped__"):
        named = reference(type(value))
        config = {name: serialize(item) for name, item in value.get_config().items()}
        return {
            "module": named["module"],
            "class_name": named["class_name"],
            "config": config,
            "registered_name": named["registered_name"],
        }
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": str(value.dtype)}}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, tuple):
        return {"class_name": "__tuple__", "config": {"items": [serialize(item) for item in value]}}
    if isinstance(value, list):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: serialize(item) for key, item in value.items()}
        items = [[serialize(key), serialize(item)] for key, item in value.items()]  # JSON keys are strings only
        return {"class_name": "__dict__", "config": {"items": items}}
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    if callable(value) and hasattr(value, "__name__"):
        return reference(value)
    raise TypeError(f"cannot write {value!r} to a file: it is neither a plain value nor an object with a config")


def as_list(value: object) -> JSON:
    """Convert tuples to lists, also nested ones, as a config does for an argument such as `kernel_size=(3, 3)`."""
    return [as_list(item) for item in value] if isinstance(value, (list, tuple)) else value


def activation_name(value: Any) -> Any:
    """The name of a public activation function, as in Keras's configs; anything else is returned unchanged."""
    if callable(value) and not isinstance(value, type) and str(getattr(value, "__module__", "")) == "minidl.activations":
        value = reference(value)
    is_one = isinstance(value, Mapping) and value.get("class_name") == "function" and value["module"] == "minidl.activations"
    return value["config"] if is_one else value


def deserialize(value: object, custom_objects: CustomObjects | None = None) -> Any:
    """Convert the result of `serialize` back to objects; only known classes are ever called.

    Example:
        >>> deserialize(serialize({"shape": (2, 3)}))
        {'shape': (2, 3)}
    """
    if isinstance(value, list):
        return [deserialize(item, custom_objects) for item in value]
    if not isinstance(value, Mapping) or isinstance(value, HasConfig):
        return value
    if not isinstance(value.get("class_name"), str) or "config" not in value:
        return {key: deserialize(item, custom_objects) for key, item in value.items()}
    kind, config = value["class_name"], value["config"]
    if kind == "function":
        return find(value, custom_objects)
    if kind == "__numpy__":
        return array_of(config["value"], config["dtype"])
    if kind == "__tuple__":
        return tuple(deserialize(item, custom_objects) for item in config["items"])
    if kind == "__dict__":
        keys = checked_keys([deserialize(key) for key, _ in config["items"]])
        return dict(zip(keys, (deserialize(item, custom_objects) for _, item in config["items"]), strict=True))
    if kind == "DTypePolicy":  # in Keras's configs of layers
        return config["name"]
    if not hasattr(found := find(value, custom_objects), "from_config"):
        raise ValueError(f"{kind!r} has no from_config, which makes an object of a config; give its name alone")
    return found.from_config(deserialize_arguments(config, custom_objects))


def deserialize_keras_object(config: object, custom_objects: CustomObjects | None = None, safe_mode: bool = True) -> Any:
    """Convert the result of `serialize_keras_object` back to an object.

    Args:
        config: the plain values.
        custom_objects: your own classes and functions by name, unless they are registered.
        safe_mode: accepted for compatibility with Keras; nothing in a config is ever executed.
    Raises:
        ValueError: a class or function is not known.
    Example:
        >>> deserialize_keras_object(serialize_keras_object(minidl.optimizers.SGD(0.1)))
        SGD(learning_rate=0.1)
    """
    return deserialize(config, custom_objects)


serialize_keras_object = serialize


def deserialize_arguments(config: Config, custom_objects: CustomObjects | None = None) -> Options:
    """The arguments in a config as objects; a short `{"class_name": "L2", "config": {...}}` is left to the constructor."""

    def is_short(value: object) -> bool:
        kind = value.get("class_name") if isinstance(value, Mapping) and "module" not in value else None
        return isinstance(kind, str) and not kind.startswith("__")

    return {name: value if is_short(value) else deserialize(value, custom_objects) for name, value in config.items()}


def shortcut(identifier: object, package: str, aliases: Mapping[str, str] | None = None) -> Any:
    """Find the object of a public package for a name, class, config or object given by the user.

    Args:
        identifier: `None`, a name ("adam", "GlorotUniform", "mse"), a class, a config, or an object, which is returned.
        package: "losses", "optimizers", ...
        aliases: further names, such as `{"mse": "MeanSquaredError"}`.
    Raises:
        ValueError: the package has no such name; the message names the nearest one.
    """
    if isinstance(identifier, str):
        identifier = named(identifier, package, aliases)
    identifier = deserialize_from(package, identifier, None, aliases)
    return identifier() if isinstance(identifier, type) else identifier


def named(name: str, package: str, aliases: Mapping[str, str] | None = None) -> object:
    """The class or function of that name in a public package, or in the user's registry.

    Raises:
        ValueError: the package has no such name; the message names the nearest one.
    """
    known = _spellings(package, aliases)
    if (own := get_registered_object(name)) is not None:
        return own
    if name.lower() not in known:
        kind = package.rstrip("s") if package != "losses" else "loss"
        spelled = {snake_case(public_name) for public_name in PACKAGES[package]} | set(aliases or ())
        elsewhere = _other_package(name)
        fix = f"it is in minidl.{elsewhere}; are two arguments exchanged?" if elsewhere else did_you_mean(name, spelled)
        raise ValueError(f"unknown {kind} {name!r}: {fix}")
    return public(package, known[name.lower()])


def deserialize_from(
    package: str, value: object, custom_objects: CustomObjects | None = None, aliases: Mapping[str, str] | None = None
) -> Any:
    """`deserialize`, where a config may name a class of the package alone: `{"class_name": "adam", "config": {...}}`."""
    if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
        return deserialize(value, custom_objects) if isinstance(value, (list, Mapping)) else value
    kind, known = value["class_name"], _spellings(package, aliases)
    name = str(value.get("config")) if kind == "function" else kind
    ours = value.get("module") in (None, "builtins", f"minidl.{package}", f"keras.{package}")
    if ours and name.lower() in known and find_custom(value.get("registered_name"), name, custom_objects) is None:
        if kind == "function":
            return public(package, known[name.lower()])
        if kind not in PACKAGES[package]:
            value = {**value, "class_name": known[name.lower()]}
    return deserialize({"module": f"minidl.{package}", "config": {}, **value}, custom_objects)


def _spellings(package: str, aliases: Mapping[str, str] | None = None) -> dict[str, str]:
    """The public names of a package by their lower-case spellings, and further ones."""
    return _lower_case(package) | dict(aliases or {})


@functools.cache  # a file names the initializers of thousands of layers
def _lower_case(package: str) -> dict[str, str]:
    return {spelling: name for name in PACKAGES[package] for spelling in (name.lower(), snake_case(name))}


def _other_package(name: str) -> str:
    """The package that has a name passed for another package, as in `compile("mse", "adam")`; "" if unknown."""
    if name in ("mse", "mae", "bce", "mape", "msle"):
        return "losses"
    spelled = {package: {*map(str.lower, names), *map(snake_case, names)} for package, names in PACKAGES.items()}
    return next((package for package, names in spelled.items() if name.lower() in names), "")


def _packages_of(module: str) -> list[str]:
    """The public packages that a minidl module belongs to, the innermost first."""
    parts = module.split(".")
    if parts[0] != "minidl":
        return []
    keys = [".".join(parts[1:end]) for end in range(len(parts), 1, -1)]
    return [key for key in keys if key in PACKAGES or key in IN_FILES]


def _names_in_files(package: str) -> tuple[str, ...]:
    """The names of a package that a file may hold."""
    return PACKAGES.get(package, ()) + IN_FILES.get(package, ())

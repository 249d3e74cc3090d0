"""Classes and functions of the user that files may name: registered for the process, or offered inside a `with` block."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, Self, TypeVar

from minidl.config.checks import shown
from minidl.config.types import CustomObjects

Registered = TypeVar("Registered", bound=Callable[..., Any])

_registered: dict[str, object] = {}
_names: dict[int, tuple[object, str]] = {}  # of every object that was registered, also if another one now has its name
_in_scope: ContextVar[Mapping[str, object]] = ContextVar("custom_objects", default=MappingProxyType({}))


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Registered], Registered]:
    """Decorator that registers a custom class or function, so that `load_model` finds it.

    Args:
        package: a prefix that distinguishes the names of different projects.
        name: the name in the file; the name of the class or function by default.
    Raises:
        ValueError: a class without `get_config`.
    Example:
        >>> @register_keras_serializable(package="shop")
        ... def twice(x):
        ...     return 2 * x
        >>> get_registered_name(twice)
        'shop>twice'
    """

    def register(item: Registered) -> Registered:
        if isinstance(item, type) and not hasattr(item, "get_config"):
            raise ValueError(f"{item.__name__} cannot be registered: it has no get_config(), which a file needs to describe it")
        registered_name = f"{package}>{name or getattr(item, '__name__', item)}"
        _registered[registered_name] = item
        _names[id(item)] = item, registered_name
        return item

    return register


class CustomObjectScope:
    """Context in which files and configs may name these classes and functions. Also called `custom_object_scope`.

    Args:
        custom_objects: name -> class or function; `None` for none.
    Example:
        >>> with CustomObjectScope({"twice": abs}):
        ...     get_registered_object("twice")
        <built-in function abs>
    """

    def __init__(self, custom_objects: CustomObjects | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._tokens: list[Token[Mapping[str, object]]] = []

    def __enter__(self) -> Self:
        self._tokens.append(_in_scope.set({**_in_scope.get(), **self.custom_objects}))
        return self

    def __exit__(self, *error: object) -> None:
        _in_scope.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The table of registered classes and functions itself: "package>name" -> object. Changes to it count.

    Example:
        >>> get_custom_objects()["shop>twice"] = abs
        >>> get_registered_object("shop>twice")
        <built-in function abs>
        >>> del get_custom_objects()["shop>twice"]
    """
    return _registered


def get_registered_name(obj: Callable[..., object]) -> str:
    """The name under which a class or function is registered; its own name if it is not.

    Example:
        >>> get_registered_name(abs)
        'abs'
    """
    return own_registered_name(obj) or str(obj.__name__)


def own_registered_name(obj: Callable[..., object]) -> str | None:
    """The name under which a class or function was registered, also if another one now has it: `None` if it never was."""
    name = next((name for name, known in _registered.items() if known is obj), None)
    return name if name is not None or id(obj) not in _names else _names[id(obj)][1]


def get_registered_object(
    name: str, custom_objects: CustomObjects | None = None, module_objects: Mapping[str, object] | None = None
) -> Any:
    """The class or function of that name; `None` if it is not known.

    Looked up in the scope, the registered objects, `custom_objects` and `module_objects`, in that order.

    Example:
        >>> get_registered_object("twice", custom_objects={"twice": abs})
        <built-in function abs>
    """
    tables = (_in_scope.get(), _registered, custom_objects or {}, module_objects or {})
    return next((table[name] for table in tables if name in table), None)


def find_custom(registered_name: object, name: str, custom_objects: CustomObjects | None = None) -> Any:
    """The user's class or function that a file refers to, by its registered name or its own; `None` if it is not known.

    Raises:
        TypeError: `custom_objects` is not a dict, or what it holds under this name is neither a class nor a function.
    """
    if custom_objects is not None and not isinstance(custom_objects, Mapping):
        raise TypeError(f"custom_objects is a dict of classes and functions by name, got {shown(custom_objects)}")
    keys = [key for key in (registered_name, name) if isinstance(key, str)]
    tables = (custom_objects or {}, _in_scope.get(), {key: _registered[key] for key in keys[:1] if key in _registered})
    found = next((table[key] for table in tables for key in keys if key in table), None)
    if found is not None and not callable(found):
        raise TypeError(f"custom_objects has {shown(found)} under the name {name!r}, expected a class or a function")
    return found

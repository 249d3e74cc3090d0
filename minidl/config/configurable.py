"""The base class of every object that can be rebuilt from its constructor arguments."""

import functools
import inspect
import re
from collections.abc import Callable
from types import MethodType
from typing import Any, Self

from minidl.config.missing_names import unknown_argument
from minidl.config.naming import default_name
from minidl.config.registry import HasConfig, activation_name, as_list, deserialize_arguments, serialize
from minidl.config.types import Config, Options, State

_MISSING = object()
_RECORDS = ("_arguments", "_as_made", "_passes_on", "_left_out")


@functools.cache  # read when a class is first used, not at import
def signature(function: Callable[..., object]) -> inspect.Signature:
    """Its signature. A function of this module, so that cloudpickle finds it by name for classes made in a notebook."""
    return inspect.signature(function)


def _remember_arguments(make: Callable[..., object]) -> Callable[..., None]:
    """Wrap a constructor so that it records its arguments, also those that reach a parent's constructor through `**kwargs`."""

    @functools.wraps(make)
    def __init__(self: "Configurable", *args: object, **kwargs: Any) -> None:
        if type(self).__init__ is not __init__:  # a parent's constructor, called by its child's
            _add_defaults_of_parent(self, make, args, kwargs)
            make(self, *args, **kwargs)
            return
        kwargs = self.accept_older_arguments(kwargs)
        try:
            bound = signature(make).bind(self, *args, **kwargs)
            bound.apply_defaults()
            arguments = dict(list(bound.arguments.items())[1:])
            self._passes_on, self._left_out = False, getattr(make, "left_out", ())
            for parameter in bound.signature.parameters.values():
                if parameter.kind is parameter.VAR_KEYWORD:
                    self._passes_on = True
                    arguments.update(arguments.pop(parameter.name))
            self._arguments = arguments
            make(self, *args, **kwargs)
        except TypeError as error:
            raise _explained(error, type(self), kwargs) from None
        self._as_made = {name: _attribute(self, name) for name in self._arguments}

    return __init__


def _attribute(item: object, name: str) -> object:
    """An attribute, or `_MISSING`, without the search for similar names that an error message needs.

    A method of the object is no attribute: kept, it would refer back to the object.
    """
    value = getattr(item, name, _MISSING) if name in item.__dict__ or hasattr(type(item), name) else _MISSING
    return _MISSING if isinstance(value, MethodType) and value.__self__ is item else value


def _add_defaults_of_parent(made: "Configurable", make: object, args: tuple[object, ...], kwargs: Options) -> None:
    """Add a parent's arguments with their defaults; those that the child sets itself are not arguments of the child."""
    if not made.__dict__.get("_passes_on", False):
        return
    parameters = list(signature(make).parameters.values())[1:]
    for parameter in parameters[len(args) :]:
        given = parameter.name in kwargs or parameter.name in made._left_out
        if parameter.default is not parameter.empty and not given:
            made._arguments.setdefault(parameter.name, parameter.default)
    made._passes_on = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def defining_class(kind: type, *names: str) -> type:
    """The class that defines one of these methods for a class: itself, a parent, or a mixin, which may have no base class."""
    return next(one for one in kind.__mro__ if any(name in vars(one) for name in names))


class Configurable(HasConfig):
    """Base class of objects that can be rebuilt from their constructor arguments, without code in each class.

    The value of an argument is the one that was passed, or the attribute of the same name if that was changed since
    (`layer.rate = 0.3`). `get_config`, `from_config`, `repr`, cloning and saving are all based on this.

    Example:
        >>> class Scale(Configurable):
        ...     def __init__(self, factor, offset=0.0):
        ...         self.factor, self.offset = factor, offset
        >>> Scale(2.0)
        Scale(factor=2.0)
        >>> Scale.from_config(Scale(2.0, offset=1.0).get_config()).get_config()
        {'factor': 2.0, 'offset': 1.0}
    """

    _arguments: dict[str, object]
    _as_made: dict[str, object]
    _passes_on: bool  # whether a parent's arguments may be given to the child, by its **kwargs
    _left_out: tuple[str, ...]  # those that `inherit_arguments` excludes

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner = defining_class(cls, "__init__")
        if owner is cls or (owner is not object and not issubclass(owner, Configurable)):
            make = vars(owner)["__init__"]
            cls.__init__ = _remember_arguments(make)  # type: ignore[method-assign]  # recording the arguments is the point

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """The keyword arguments of a constructor, with those of older versions of Keras replaced by their names now."""
        return arguments

    def constructor_arguments(self) -> Options:
        """Every constructor argument by name, with objects unchanged."""
        arguments = {}
        for name, given in self.__dict__.get("_arguments", {}).items():
            now = _attribute(self, name)
            arguments[name] = given if now is _MISSING or _same(now, self._as_made[name]) else now
        return arguments

    def own_attributes(self) -> State:
        """Every attribute by name, except the constructor's arguments that did not change since."""
        as_made = self.__dict__.get("_as_made", {})
        constant = {name for name, value in as_made.items() if _same(_attribute(self, name), value)}
        return {name: value for name, value in vars(self).items() if name not in _RECORDS and name not in constant}

    def get_config(self) -> Config:
        """Every constructor argument by name, defaults included, as plain JSON values, from which `from_config` rebuilds it."""
        config = {}
        for name, value in self.constructor_arguments().items():
            config[name] = serialize(as_list(_resolved(value, _attribute(self, name))))
            if name.endswith("activation"):
                config[name] = activation_name(config[name])
        return config

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make an object from the result of `get_config`; values may also be objects."""
        return cls.construct(deserialize_arguments(config))

    @classmethod
    def construct(cls, arguments: Options) -> Self:
        """An object from the arguments of its constructor by name; those of `*args` are a list."""
        if defining_class(cls, "__init__") is object:  # reading the signature of a builtin takes milliseconds
            return cls(**arguments)
        parameters = list(signature(cls.__init__).parameters.values())[1:]
        several = next((number for number, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL), None)
        if several is None or parameters[several].name not in arguments:
            return cls(**arguments)
        named = dict(arguments)
        first = [named.pop(parameter.name) for parameter in parameters[:several]]
        return cls(*first, *named.pop(parameters[several].name), **named)

    def with_arguments(self, **changes: object) -> Self:
        """A new object with the same constructor arguments except the given ones; objects among them are shared."""
        return type(self).from_config(self.constructor_arguments() | changes)

    def __repr__(self) -> str:
        defaults = {"name": default_name(type(self))} | {k: v for k, v in _defaults(type(self)).items() if v is not None}
        values = self.constructor_arguments()
        recorded = Configurable.constructor_arguments(self)  # names and dtypes that were not given are None in it
        given = {name: (recorded if name in ("name", "dtype") else values)[name] for name in recorded if name in values}
        shown = [
            name
            for name, value in given.items()
            if value is not None and not _same(as_list(value), as_list(defaults.get(name, _MISSING)))
        ]
        inside = ", ".join(f"{name}={given[name]!r}" for name in shown)
        return f"{type(self).__name__}({inside})"


def named_parts(item: Any) -> dict[str, list[Any]]:
    """Every class and function in an object's arguments, by name; two with the same name are both listed."""
    if isinstance(item, Configurable):
        inner, own = list(item.constructor_arguments().values()), type(item)
    elif isinstance(item, dict):
        inner, own = list(item.values()), None
    elif isinstance(item, (list, tuple)):
        inner, own = list(item), None
    else:
        inner, own = [], item if callable(item) and hasattr(item, "__name__") else None
    parts = {} if own is None else {own.__name__: [own]}
    for value in inner:
        for name, found in named_parts(value).items():
            known = parts.setdefault(name, [])
            known += [part for part in found if not any(part is other for other in known)]
    return parts


def _defaults(kind: type) -> dict[str, object]:
    """The default of each constructor argument, the parents' included."""
    made: dict[str, object] = {}
    for parent in reversed(kind.__mro__[:-1]):
        if "__init__" in vars(parent):
            made |= {name: parameter.default for name, parameter in signature(vars(parent)["__init__"]).parameters.items()}
    return made


def _accepted(made: type) -> set[str]:
    """The arguments that a constructor takes: its own and, if it passes `**kwargs` on, those of its parents."""
    found: set[str] = set()
    for kind in made.__mro__[:-1]:
        if "__init__" in vars(kind):
            parameters = list(signature(vars(kind)["__init__"]).parameters.values())[1:]
            found |= {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
            if all(p.kind is not p.VAR_KEYWORD for p in parameters):
                break
    return found


def _explained(error: TypeError, made: type, given: Options) -> TypeError:
    """The same error; one about a missing or an unknown argument names the class and the nearest argument."""
    missing = re.fullmatch(r"missing a required argument: '(\w+)'", str(error))
    if missing or re.fullmatch(r"(.*\.__init__\(\) )?got an unexpected keyword argument .*", str(error)):
        known = _accepted(made)
        unknown = [name for name in given if name not in known]
        if unknown:
            return TypeError(unknown_argument(made.__name__, unknown[0], known))
    if str(error) == "too many positional arguments":
        names = ", ".join(name for name in signature(made).parameters if name != "kwargs")
        return TypeError(f"{made.__name__} got too many arguments; it takes {names}")
    return TypeError(f"{made.__name__} needs the argument {missing[1]!r}") if missing else error


def _resolved(given: object, now: object) -> Any:
    """The object made from a name ("zeros"), or the default used for `None`; otherwise the argument itself."""
    if isinstance(given, HasConfig):
        return given
    if isinstance(now, HasConfig) or activation_name(now) is not now or (given is None and isinstance(now, str)):
        return now
    return given


def _same(one: object, other: object) -> bool:
    """True for the same object or equal plain values (arrays are compared by identity)."""
    plain = isinstance(
        one, (bool, int, float, complex, str, tuple, list, dict, MethodType)
    )  # bound methods are created at each access
    return one is other or (plain and type(one) is type(other) and bool(one == other))

"""The base class of every object that can be rebuilt from the arguments it was made with."""

import functools
import inspect
import re
from typing import Any, Self

from minidl.config.naming import did_you_mean

_MISSING = object()


_signature = functools.cache(inspect.signature)  # read when a class is first used, not when it is imported


def _remember_arguments(make: Any) -> Any:
    """Wrap a constructor so that the outermost call notes what it was given."""

    @functools.wraps(make)
    def __init__(self: "Configurable", *args: Any, **kwargs: Any) -> None:
        if type(self).__init__ is not __init__:  # a parent's constructor, called by its child's
            make(self, *args, **kwargs)
            return
        try:
            bound = _signature(make).bind(self, *args, **kwargs)
            make(self, *args, **kwargs)
        except TypeError as error:
            raise _explained(error, type(self)) from None
        bound.apply_defaults()
        arguments = dict(list(bound.arguments.items())[1:])
        for parameter in bound.signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(parameter.name))
        self._arguments = arguments
        self._as_made = {name: getattr(self, name, _MISSING) for name in arguments}

    return __init__


class Configurable:
    """Rebuilds an object from its constructor arguments, with nothing written in its class.

    `get_config` gives every argument as it was passed, or the attribute of the same name where that was changed since
    (`layer.rate = 0.3`). `from_config`, `repr`, cloning, saving and the string shortcuts all follow from it.

    Example:
        >>> class Scale(Configurable):
        ...     def __init__(self, factor, offset=0.0):
        ...         self.factor, self.offset = factor, offset
        >>> Scale(2.0)
        Scale(factor=2.0)
        >>> Scale.from_config(Scale(2.0, offset=1.0).get_config()).get_config()
        {'factor': 2.0, 'offset': 1.0}
    """

    _arguments: dict[str, Any]
    _as_made: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        make = cls.__dict__.get("__init__")
        if make is not None:
            cls.__init__ = _remember_arguments(make)  # type: ignore[method-assign]  # noting the arguments is the point

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument by name: what rebuilds an equal object."""
        arguments = self.__dict__.get("_arguments", {})
        config = {}
        for name, given in arguments.items():
            now = getattr(self, name, _MISSING)
            config[name] = given if now is _MISSING or _same(now, self._as_made[name]) else now
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make an object from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}
        kept = self.get_config()
        own = Configurable.get_config(self)  # in it a name and dtype that were found, not given, are None
        given = {name: (own if name in ("name", "dtype") else kept)[name] for name in own if name in kept}
        told = [name for name, value in given.items() if value is not None and not _same(value, defaults.get(name, _MISSING))]
        inside = ", ".join(f"{name}={given[name]!r}" for name in told)
        return f"{type(self).__name__}({inside})"


def _explained(error: TypeError, made: type) -> TypeError:
    """The same error; one about an argument that a constructor lacks, or does not know, names the class and the nearest."""
    unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    known = {name for parent in made.__mro__ for name in inspect.signature(parent.__init__).parameters}  # type: ignore[misc]  # of classes
    if unknown and unknown[1] not in known:
        return TypeError(f"{made.__name__} has no argument {unknown[1]!r}: {did_you_mean(unknown[1], known - {'self'})}")
    missing = re.fullmatch(r"missing a required argument: '(\w+)'", str(error))
    return TypeError(f"{made.__name__} needs the argument {missing[1]!r}") if missing else error


def _same(one: Any, other: Any) -> bool:
    """Whether two arguments are one object or equal plain values (arrays are compared by identity alone)."""
    plain = isinstance(one, (bool, int, float, complex, str, tuple, list, dict))
    return one is other or (plain and type(one) is type(other) and bool(one == other))

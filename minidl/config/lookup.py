"""`Lookup`: convert the user's argument for a loss, metric, initializer, ... to an object of that kind."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from minidl.config import registry
from minidl.config.checks import shown
from minidl.config.types import CustomObjects, MaybeNone

Kind = TypeVar("Kind")  # of the objects


def no_conversion(item: object) -> None:
    """Convert nothing: other objects are not accepted."""


class Lookup(Generic[Kind]):
    """Implements the functions `get` and `deserialize` of one package.

    Args:
        package: "losses", "optimizers", ...
        expected: start of the error message, "a loss is a name or ...".
        accepts: True for an object of this kind.
        convert: turns another object, such as a function, into one of this kind; returns `None` if it cannot.
        aliases: further names, such as `{"mse": "MeanSquaredError"}`.
        hint: end of the error message, after the object that was received.
    Example:
        >>> numbers = Lookup("losses", "a number is an int", lambda item: isinstance(item, int))
        >>> numbers.get(3)
        3
        >>> numbers.get(3.5)
        Traceback (most recent call last):
        ValueError: a number is an int, got 3.5
    """

    def __init__(
        self,
        package: str,
        expected: str,
        accepts: Callable[[object], bool],
        convert: Callable[[object], Kind | None] = no_conversion,
        aliases: Mapping[str, str] | None = None,
        hint: str = "",
    ) -> None:
        self.package, self.expected, self.hint = package, expected, hint
        self.accepts, self.convert = accepts, convert
        self.aliases: Mapping[str, str] = aliases or {}

    def get(self, identifier: object) -> Kind | MaybeNone:
        """The object for a name, a class, a config or an object; `None` stays `None`.

        Raises:
            ValueError: the name is unknown, and the message names the nearest one; or the object is of another kind.
        """
        found = registry.shortcut(identifier, self.package, self.aliases)
        if found is None or self.accepts(found):
            return found
        converted = self.convert(found)
        if converted is None:
            raise ValueError(f"{self.expected}, got {shown(found)}{self.hint}")
        return converted

    def check(self, identifier: object) -> None:
        """Raise the errors of `get`; no object is made of a name, so that no automatic name is used up."""
        if isinstance(identifier, str):
            registry.named(identifier, self.package, self.aliases)
        else:
            self.get(identifier)

    def deserialize(self, config: object, custom_objects: CustomObjects | None = None) -> Kind | MaybeNone:
        """The object for the result of `serialize`, or for a name."""
        return self.get(registry.deserialize_from(self.package, config, custom_objects, self.aliases))

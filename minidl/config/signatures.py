"""`inherit_arguments`: subclasses inherit constructor arguments from a base class."""

import functools
import inspect
from collections.abc import Callable


def inherit_arguments(
    *parents: type, without: tuple[str, ...] = (), last: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that replaces a constructor's `**kwargs` by the named arguments of its parents' constructors.

    `inspect.signature`, `help` and `get_config` then see every argument with its default, and all of them may be passed by
    position. The constructor itself receives every argument by name.

    Args:
        parents: classes whose constructors' arguments follow its own, in this order.
        without: names of arguments that this class does not have.
        last: names of arguments that are moved to the end, in this order.
    Raises:
        TypeError: a name in `without` or `last` is not an argument.
    Example:
        >>> class Shape:
        ...     def __init__(self, color="red", width=1): self.color, self.width = color, width
        >>> class Circle(Shape):
        ...     @inherit_arguments(Shape, without=("width",))
        ...     def __init__(self, radius, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.radius = radius
        >>> inspect.signature(Circle), Circle(2.0, "blue").color
        (<Signature (radius, color='red')>, 'blue')
    """

    def decorate(constructor: Callable[..., None]) -> Callable[..., None]:
        signature = _joined(constructor, parents, without, last)

        @functools.wraps(constructor)
        def bound_constructor(*args: object, **kwargs: object) -> None:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{constructor.__qualname__}() {error}") from None
            bound.apply_defaults()
            itself, *given = bound.arguments.items()
            arguments = dict(given)
            constructor(itself[1], **arguments | arguments.pop("kwargs", {}))

        bound_constructor.__signature__ = signature  # type: ignore[attr-defined]  # where inspect.signature looks for it
        bound_constructor.left_out = without  # type: ignore[attr-defined]  # not part of a config, unless given
        return bound_constructor

    return decorate


def _joined(
    constructor: Callable[..., None], parents: tuple[type, ...], without: tuple[str, ...], last: tuple[str, ...]
) -> inspect.Signature:
    """The constructor's signature with the parents' parameters before its `**kwargs`, or instead of it if no parent has one."""
    parameters: dict[str, inspect.Parameter] = {}
    rest = None
    for function in (constructor, *(parent.__init__ for parent in parents)):  # type: ignore[misc]  # of classes, not objects
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                rest = parameter.replace(name="kwargs") if function is not constructor else None
            else:
                parameters.setdefault(name, parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD))
    unknown = [name for name in (*without, *last) if name not in parameters]
    if unknown:
        raise TypeError(f"no parent of {constructor.__qualname__} takes {unknown[0]!r}")
    ordered = [name for name in parameters if name not in (*without, *last)] + list(last)
    return inspect.Signature([parameters[name] for name in ordered] + ([] if rest is None else [rest]))

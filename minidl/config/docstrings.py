"""Docstrings of functions that are made from others, and functions that are made from the classes of losses and metrics."""

import inspect
from collections.abc import Callable
from typing import TypeVar

from minidl.config.naming import snake_case
from minidl.config.types import Array, ArrayLike

Made = TypeVar("Made")


def with_example(doc: str, example: str) -> str:
    """A docstring with an example that is written "call -> printed result"."""
    call, _, result = example.partition(" -> ")
    return f"{doc}\n\nExample:\n    >>> print({call})\n    {result}"


def function_of(
    kind: Callable[..., Made],
    compute: Callable[[Made, ArrayLike, ArrayLike], Array],
    module: str,
    doc: str,
    arguments: str,
    **fixed: object,
) -> Callable[..., Array]:
    """`f(y_true, y_pred)`: what an object of a loss or metric computes of both; it has the class's name in snake case.

    Args:
        kind: the class, whose arguments, without `name` and `dtype`, follow `y_true` and `y_pred`.
        compute: `compute(object, y_true, y_pred)`.
        module: that defines the function.
        doc: first line of its docstring.
        arguments: of an example, written "arguments -> printed result", which is rounded to two decimals.
        **fixed: arguments of the class that the function does not have.
    """
    both = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("y_true", "y_pred")]
    own = [one for name, one in inspect.signature(kind).parameters.items() if name not in ("name", "dtype", *fixed)]
    signature, name = inspect.Signature([*both, *own]), snake_case(kind.__name__)

    def function(*args: object, **kwargs: object) -> Array:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        y_true, y_pred = given.pop("y_true"), given.pop("y_pred")
        return compute(kind(**given, **fixed), y_true, y_pred)

    given, _, result = arguments.partition(" -> ")
    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = module, with_example(doc, f"{name}({given}).round(2) -> {result}")
    function.__signature__ = signature  # type: ignore[attr-defined]  # where inspect.signature looks for it
    return function

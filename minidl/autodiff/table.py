"""The tables of operations, and of NumPy functions recorded as operations; `minidl.ops` fills both.

`minidl.ops` is imported when the first operation is looked up: a network of built-in layers predicts without it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minidl.config.registry import public

if TYPE_CHECKING:
    from minidl.autodiff.operation import Operation


class Operations(dict[str, "Operation"]):
    """The operations by name; saved graphs may only refer to these."""

    def __missing__(self, name: str) -> "Operation":
        load_operations()
        if name not in self:
            raise KeyError(name)
        return self[name]


TABLE = Operations()
# NumPy function -> the operation, or a function that calls some; SciPy functions by name, as SciPy is not imported.
NUMPY: dict[Callable[..., object] | str, Callable[..., object]] = {}


def load_operations() -> None:
    """Fill the tables, unless they are filled."""
    public("ops", "TABLE")


def find(function: Any) -> Callable[..., Any] | None:
    """The operation as which a NumPy function is recorded, or `None`."""
    if function not in NUMPY:
        load_operations()
    return NUMPY.get(function) or NUMPY.get(function.__name__)

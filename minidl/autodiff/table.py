"""The tables of operations, and of NumPy functions recorded as operations; `minidl.ops` fills both."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minidl.autodiff.operation import Operation

TABLE: "dict[str, Operation]" = {}  # name -> operation; saved graphs may only refer to these
# NumPy function -> the operation, or a function that calls some; SciPy functions by name, as SciPy is not imported.
NUMPY: dict[Callable[..., Any] | str, Callable[..., Any]] = {}


def find(function: Any) -> Callable[..., Any] | None:
    """The operation as which a NumPy function is recorded, or `None`."""
    return NUMPY.get(function) or NUMPY.get(function.__name__)

"""The table of operations, and which NumPy functions are recorded as which of them; `minidl.ops` fills both."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minidl.autodiff.operation import Operation

TABLE: "dict[str, Operation]" = {}  # name -> operation; a saved graph may name these and nothing else
# NumPy function -> the operation, or a function that calls some; functions of SciPy by their name, as SciPy is not loaded.
NUMPY: dict[Callable[..., Any] | str, Callable[..., Any]] = {}


def find(function: Any) -> Callable[..., Any] | None:
    """What a NumPy function is recorded as, if anything."""
    return NUMPY.get(function) or NUMPY.get(function.__name__)

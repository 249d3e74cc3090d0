"""The table of compiled kernels: which function of minidl has which drop-in version. Importing it imports Numba."""

from collections.abc import Callable
from typing import Any

from minidl.kernels.compiled import optimizers


def drop_ins() -> dict[str, Callable[..., Any]]:
    """The reference's module and name, and the drop-in version with the same signature."""
    return {
        "optimizers.adam.Adam.update_vector": optimizers.adam,
    }

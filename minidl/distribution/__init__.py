"""Data-parallel training: many processes, on one or many machines, train one model together over MPI."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.distribution.data_parallel import DataParallel, distribution, set_distribution

__all__ = ["DataParallel", "distribution", "set_distribution"]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)

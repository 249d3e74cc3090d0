"""Keras's older names for dtype policies. Half precision itself is not supported: it is not faster on a CPU."""

from typing import TYPE_CHECKING

from minidl.config.dtype_policy import DTypePolicy, dtype_policy, set_dtype_policy
from minidl.config.missing_names import attribute_error

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = ["DTypePolicy", "Policy", "dtype_policy", "global_policy", "set_dtype_policy", "set_global_policy"]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)

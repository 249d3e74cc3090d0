"""Variables: named arrays with gradients, kept together in contiguous buffers."""

from minidl.variable.buffer import ParameterBuffer
from minidl.variable.slices import ParameterSlice, allocate, find_slices
from minidl.variable.variable import Variable
from minidl.variable.view import variable_of

__all__ = ["ParameterBuffer", "ParameterSlice", "Variable", "allocate", "find_slices", "variable_of"]

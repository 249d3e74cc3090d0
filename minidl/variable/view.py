"""`variable_of`: a variable that shares the memory of an array."""

from minidl.config.types import Array
from minidl.variable.buffer import ParameterBuffer
from minidl.variable.variable import Variable


def variable_of(array: Array, name: str) -> Variable:
    """A variable, not trainable, whose value is this contiguous array itself: assigning to it writes into the array."""
    made = Variable(array, dtype=array.dtype, trainable=False, name=name)
    shared = ParameterBuffer(0, array.dtype)
    shared.value, shared.grad = array.reshape(-1), made.grad.reshape(-1)
    made._move_to(shared, 0, array.size)
    return made

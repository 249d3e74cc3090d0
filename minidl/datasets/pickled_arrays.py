"""NumPy arrays in a pickle: the three names that describe them, and their parts."""

from dataclasses import dataclass, field

import numpy as np

from minidl.config.types import Array

RECONSTRUCT, NDARRAY, DTYPE = "_reconstruct", "ndarray", "dtype"
NAMES = {
    ("numpy", "ndarray"): NDARRAY,
    ("numpy", "dtype"): DTYPE,
    ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
}
DTYPES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}


@dataclass
class Name:
    """One of the three NumPy names."""

    name: str


@dataclass
class TypeOfArray:
    """A NumPy dtype: its code, such as "u1" or "O8", and "<" or ">"."""

    code: str
    order: str = "<"


@dataclass
class ArrayParts:
    """An array: its shape and its values, a NumPy array of numbers or a list of objects."""

    shape: tuple[int, ...] = ()
    values: object = field(default_factory=list)


def named(module: str, name: str) -> Name:
    """One of the three NumPy names; raises ValueError for any other."""
    if (module, name) not in NAMES:
        raise ValueError(f"the pickle asks for {module[:80]!r}, {name[:80]!r}, which no known data set needs; nothing was run")
    return Name(NAMES[module, name])


def begun(function: object, arguments: object) -> "ArrayParts | TypeOfArray":
    """An array or a dtype to fill, the only calls that there are."""
    if not isinstance(function, Name) or type(arguments) is not tuple:
        raise ValueError("the pickle calls something that is not a NumPy array")
    if function.name == RECONSTRUCT and len(arguments) == 3 and arguments[0] == Name(NDARRAY):
        return ArrayParts()
    if function.name == DTYPE and arguments:
        return TypeOfArray(as_text(arguments[0]))
    raise ValueError("the pickle calls something that is not a NumPy array")


def fill(target: object, state: object) -> None:
    """Fill an array or a dtype that was begun."""
    if type(state) is not tuple:
        raise ValueError("the pickle fills something that is not a NumPy array")
    if isinstance(target, TypeOfArray):
        target.order = as_text(state[1])
    elif isinstance(target, ArrayParts):
        _, shape, kind, in_fortran_order, values = state
        if type(shape) is not tuple or not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 8:
            raise ValueError("the pickle is damaged: the shape of an array is not a few sizes")
        target.shape, target.values = shape, _array_values(shape, kind, bool(in_fortran_order), values)
    else:
        raise ValueError("the pickle fills something that is not a NumPy array")


def _array_values(shape: tuple[int, ...], kind: object, in_fortran_order: bool, values: object) -> Array | list[object]:
    """The values in the pickle, after a check that they are as many as the shape claims."""
    size = 1
    for length in shape:
        size *= length
    if not isinstance(kind, TypeOfArray):
        raise ValueError("the pickle is damaged: an array has no dtype")
    if kind.code in ("O", "O4", "O8") and type(values) is list and len(values) == size and len(shape) == 1:
        return values
    if kind.code not in DTYPES or type(values) is not bytes or kind.order not in ("<", ">", "|"):
        raise ValueError("the pickle holds an array that is neither numbers nor a list of objects")
    dtype = np.dtype(kind.code).newbyteorder(">" if kind.order == ">" else "<")
    if len(values) != size * dtype.itemsize:
        raise ValueError("the pickle is damaged: an array claims another size than its bytes have")
    array = np.frombuffer(values, dtype).reshape(shape, order="F" if in_fortran_order else "C")
    return array.astype(dtype.newbyteorder("="))


def as_text(value: object) -> str:
    """A name as text."""
    if isinstance(value, bytes):
        return value.decode()
    if type(value) is not str:
        raise ValueError("the pickle is damaged: a name is not a string")
    return value

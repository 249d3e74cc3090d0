"""Read the pickles of known data sets without `pickle`: only numbers, text, lists, tuples, dicts and NumPy arrays.

A pickle is a program for a stack machine that may call any function of any module. This reader knows only the
instructions that the archives need, and no function: the three NumPy names that describe an array become plain markers.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from minidl.config.types import Array

Stack: TypeAlias = list[Any]

RECONSTRUCT, NDARRAY, DTYPE = "_reconstruct", "ndarray", "dtype"
NAMES = {
    ("numpy", "ndarray"): NDARRAY,
    ("numpy", "dtype"): DTYPE,
    ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
}
DTYPES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}
MARK = object()


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
    values: Any = field(default_factory=list)


def read_pickle(data: bytes) -> Any:
    r"""The object in a pickle, with arrays of numbers as NumPy arrays and arrays of objects as lists.

    Args:
        data: the pickle, of protocol 2 or later.
    Raises:
        ValueError: the pickle holds anything else, is damaged, or claims more than its bytes can hold.
    Example:
        >>> read_pickle(b"\x80\x02}U\x06labels](K\x03K\x05es.")
        {b'labels': [3, 5]}
    """
    try:
        return _as_plain(_Reader(data).run())
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"the pickle is damaged ({type(error).__name__})") from None


class _Reader:
    """The stack machine: instructions take values from the stack and push one."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0
        self.stack: Stack = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        data, stack, end = self.data, self.stack, len(self.data)
        while self.place < end:
            code = data[self.place]
            if code == 0x4B:  # BININT1: most bytes of the archives are such numbers
                stack.append(data[self.place + 1])
                self.place += 2
            elif code == 0x4D:  # BININT2
                stack.append(data[self.place + 1] | data[self.place + 2] << 8)
                self.place += 3
            elif code == 0x2E:  # STOP
                if len(stack) != 1:
                    raise ValueError("the pickle is damaged: it leaves several values")
                return stack.pop()
            else:
                self.place += 1
                if code not in INSTRUCTIONS:
                    raise ValueError(f"the pickle holds the instruction {bytes([code])!r}, which no known data set needs")
                INSTRUCTIONS[code](self)
        raise ValueError("the pickle is damaged: it ends too early")

    def take(self, count: int) -> bytes:
        """The next bytes of the file."""
        if not 0 <= count <= len(self.data) - self.place:
            raise ValueError("the pickle is damaged: it claims more bytes than there are")
        self.place += count
        return self.data[self.place - count : self.place]

    def number(self, form: str) -> int:
        """The next number of the file, as `struct` reads it."""
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def line(self) -> str:
        end = self.data.index(b"\n", self.place) if b"\n" in self.data[self.place : self.place + 200] else -1
        if end < 0:
            raise ValueError("the pickle is damaged: a name does not end")
        line = self.take(end - self.place)
        self.place += 1
        return line.decode()

    def after_mark(self) -> Stack:
        """Take the values above the last mark, and the mark."""
        stack = self.stack
        place = len(stack) - 1
        while stack[place] is not MARK:
            place -= 1
            if place < 0:
                raise ValueError("the pickle is damaged: a mark is missing")
        values = stack[place + 1 :]
        del stack[place:]
        return values

    def last(self, kind: type) -> Any:
        """The value on top of the stack, which must be a list, dict or array."""
        if type(self.stack[-1]) is not kind:
            raise ValueError("the pickle is damaged: it fills something that is no list, dict or array")
        return self.stack[-1]


def _push(make: Callable[[_Reader], Any]) -> Callable[[_Reader], None]:
    return lambda reader: reader.stack.append(make(reader))


def _skip(count: int) -> Callable[[_Reader], None]:
    def run(reader: _Reader) -> None:
        reader.take(count)

    return run


def _tuple(count: int) -> Callable[[_Reader], None]:
    def run(reader: _Reader) -> None:
        values = tuple(reader.stack[len(reader.stack) - count :])
        if len(values) != count:
            raise ValueError("the pickle is damaged: a tuple lacks values")
        del reader.stack[len(reader.stack) - count :]
        reader.stack.append(values)

    return run


def _long(reader: _Reader) -> int:
    length = reader.number("<B")
    if length > 8:
        raise ValueError("the pickle holds a number of more than 64 bits")
    return int.from_bytes(reader.take(length), "little", signed=True)


def _append(reader: _Reader) -> None:
    value = reader.stack.pop()
    reader.last(list).append(value)


def _extend(reader: _Reader) -> None:
    values = reader.after_mark()
    reader.last(list).extend(values)


def _set_items(reader: _Reader) -> None:
    values = reader.after_mark()
    _update(reader.last(dict), values)


def _set_item(reader: _Reader) -> None:
    values = [reader.stack.pop(), reader.stack.pop()][::-1]
    _update(reader.last(dict), values)


def _update(target: dict[Any, Any], values: Stack) -> None:
    if len(values) % 2 or not all(isinstance(key, (str, bytes)) for key in values[::2]):
        raise ValueError("the pickle is damaged: a dict has a key that is no text")
    target.update(zip(values[::2], values[1::2], strict=True))


def _named(module: str, name: str) -> Name:
    if (module, name) not in NAMES:
        raise ValueError(f"the pickle asks for {module[:80]!r}, {name[:80]!r}, which no known data set needs; nothing was run")
    return Name(NAMES[module, name])


def _call(reader: _Reader) -> None:
    """REDUCE: begin an array or a dtype, the only calls there are."""
    arguments, function = reader.stack.pop(), reader.stack.pop()
    if not isinstance(function, Name) or type(arguments) is not tuple:
        raise ValueError("the pickle calls something that is no NumPy array")
    made: ArrayParts | TypeOfArray
    if function.name == RECONSTRUCT and len(arguments) == 3 and arguments[0] == Name(NDARRAY):
        made = ArrayParts()
    elif function.name == DTYPE and arguments:
        made = TypeOfArray(_text(arguments[0]))
    else:
        raise ValueError("the pickle calls something that is no NumPy array")
    reader.stack.append(made)


def _build(reader: _Reader) -> None:
    """BUILD: fill the array or dtype that was begun."""
    state, target = reader.stack.pop(), reader.stack[-1]
    if type(state) is not tuple:
        raise ValueError("the pickle fills something that is no NumPy array")
    if isinstance(target, TypeOfArray):
        target.order = _text(state[1])
    elif isinstance(target, ArrayParts):
        _, shape, kind, in_fortran_order, values = state
        if type(shape) is not tuple or not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 8:
            raise ValueError("the pickle is damaged: the shape of an array is not a few sizes")
        target.shape, target.values = shape, _array_values(shape, kind, bool(in_fortran_order), values)
    else:
        raise ValueError("the pickle fills something that is no NumPy array")


def _array_values(shape: tuple[int, ...], kind: Any, in_fortran_order: bool, values: Any) -> Array | list[Any]:
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


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if type(value) is not str:
        raise ValueError("the pickle is damaged: a name is no text")
    return value


def _memoize(reader: _Reader) -> None:
    reader.memo[len(reader.memo)] = reader.stack[-1]


def _put(form: str) -> Callable[[_Reader], None]:
    def run(reader: _Reader) -> None:
        reader.memo[reader.number(form)] = reader.stack[-1]

    return run


def _as_plain(value: Any) -> Any:
    """Arrays instead of their parts, in the value itself and in the values of a dict; deeper ones are refused."""
    if isinstance(value, ArrayParts):
        return value.values
    if type(value) is dict:
        return {key: item.values if isinstance(item, ArrayParts) else item for key, item in value.items()}
    if value is MARK or isinstance(value, (Name, TypeOfArray)):
        raise ValueError("the pickle is damaged: it holds no value")
    return value


INSTRUCTIONS: dict[int, Callable[[_Reader], None]] = {
    code[0]: run
    for code, run in {
        b"\x80": _skip(1),  # PROTO, the version
        b"\x95": _skip(8),  # FRAME, the length of what follows
        b"(": _push(lambda reader: MARK),
        b"N": _push(lambda reader: None),
        b"\x88": _push(lambda reader: True),
        b"\x89": _push(lambda reader: False),
        b"J": _push(lambda reader: reader.number("<i")),
        b"\x8a": _push(_long),
        b"U": _push(lambda reader: reader.take(reader.number("<B"))),  # SHORT_BINSTRING, Python 2
        b"T": _push(lambda reader: reader.take(reader.number("<i"))),  # BINSTRING, Python 2
        b"C": _push(lambda reader: reader.take(reader.number("<B"))),
        b"B": _push(lambda reader: reader.take(reader.number("<I"))),
        b"\x8e": _push(lambda reader: reader.take(reader.number("<Q"))),
        b"X": _push(lambda reader: reader.take(reader.number("<I")).decode()),
        b"\x8c": _push(lambda reader: reader.take(reader.number("<B")).decode()),
        b"]": _push(lambda reader: []),
        b"}": _push(lambda reader: {}),
        b")": _push(lambda reader: ()),
        b"\x85": _tuple(1),
        b"\x86": _tuple(2),
        b"\x87": _tuple(3),
        b"t": _push(lambda reader: tuple(reader.after_mark())),
        b"l": _push(lambda reader: reader.after_mark()),
        b"a": _append,
        b"e": _extend,
        b"s": _set_item,
        b"u": _set_items,
        b"q": _put("<B"),
        b"r": _put("<I"),
        b"\x94": _memoize,
        b"h": _push(lambda reader: reader.memo[reader.number("<B")]),
        b"j": _push(lambda reader: reader.memo[reader.number("<I")]),
        b"c": _push(lambda reader: _named(reader.line(), reader.line())),
        b"\x93": lambda reader: reader.stack.append(_named(*[_text(reader.stack.pop()) for _ in range(2)][::-1])),
        b"R": _call,
        b"b": _build,
    }.items()
}

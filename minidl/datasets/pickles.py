"""Read the pickles of known data sets without `pickle`: only numbers, text, lists, tuples, dicts and NumPy arrays.

A pickle is a program for a stack machine that may call any function of any module. This reader knows only the
instructions that the archives need, and no function: the three NumPy names that describe an array become plain markers.
"""

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from minidl.datasets.pickled_arrays import ArrayParts, Name, TypeOfArray, as_text, begun, fill, named

Stack: TypeAlias = list[Any]

MARK = object()


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
        self.memo: dict[int, object] = {}

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
            raise ValueError("the pickle is damaged: it fills something that is not a list, dict or array")
        return self.stack[-1]


def _push(make: Callable[[_Reader], object]) -> Callable[[_Reader], None]:
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


def _update(target: dict[object, object], values: Stack) -> None:
    if len(values) % 2 or not all(isinstance(key, (str, bytes)) for key in values[::2]):
        raise ValueError("the pickle is damaged: a key of a dict is not a string")
    target.update(zip(values[::2], values[1::2], strict=True))


def _call(reader: _Reader) -> None:
    """REDUCE: begin an array or a dtype."""
    arguments, function = reader.stack.pop(), reader.stack.pop()
    reader.stack.append(begun(function, arguments))


def _build(reader: _Reader) -> None:
    """BUILD: fill the array or dtype that was begun."""
    state = reader.stack.pop()
    fill(reader.stack[-1], state)


def _memoize(reader: _Reader) -> None:
    reader.memo[len(reader.memo)] = reader.stack[-1]


def _put(form: str) -> Callable[[_Reader], None]:
    def run(reader: _Reader) -> None:
        reader.memo[reader.number(form)] = reader.stack[-1]

    return run


def _as_plain(value: object) -> Any:
    """Arrays instead of their parts, in the value itself and in the values of a dict; deeper ones raise an error."""
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
        b"c": _push(lambda reader: named(reader.line(), reader.line())),
        b"\x93": lambda reader: reader.stack.append(named(*[as_text(reader.stack.pop()) for _ in range(2)][::-1])),
        b"R": _call,
        b"b": _build,
    }.items()
}

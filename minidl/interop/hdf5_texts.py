"""Texts in HDF5 files that claim to be longer than the file: HDF5 takes memory for them before it notices."""

import math
from collections.abc import Collection, Iterator

import numpy as np

# A block of texts begins with this; an attribute holds a text's length (4 bytes), the block's place (8), the text's number (4).
_BLOCK = b"GCOL\x01\x00\x00\x00"
_ALL_TEXTS = 1 << 24  # bytes that the texts of every file may have together
_UNDEFINED = 0xFFFFFFFF  # half of a place that is not defined, and no length
_FEW = 8  # blocks, which are searched one by one
_MOST_NAMES = 256  # of attributes, which are searched one by one
_ANY_LENGTH = 9  # the class of types of texts that are stored in blocks


def check_texts(content: bytes, names: Collection[str], title: str) -> None:
    """Raise ValueError if a text in an HDF5 file, or all of them, are longer than the file.

    Everything is searched, also the numbers of arrays, since a malicious file can hide an attribute there.

    Args:
        content: of the file.
        names: of the attributes that hold texts.
        title: of the file in errors.
    """
    if len(names) > _MOST_NAMES:
        raise ValueError(f"{title} is not loaded: its attributes have {len(names)} names, those of Keras have a few")
    for name in names:
        _check_attribute(content, name, title)
    held, total = _blocks(content, title), 0
    for at in _references(content, list(held)):
        length, place, text = (_number(content, at + shift, size) for shift, size in ((-4, 4), (0, 8), (8, 4)))
        if length < _UNDEFINED and text in held[place]:
            total += length
            if length > len(content) or total > max(len(content), _ALL_TEXTS):  # many attributes may share one text
                claimed = (
                    f"a text in it claims to have {length}" if length > len(content) else f"its texts have more than {total}"
                )
                raise ValueError(f"{title} is damaged: it has {len(content)} bytes, and {claimed}")


def _check_attribute(content: bytes, name: str, title: str) -> None:
    """Raise ValueError if a text of an attribute of this name is longer than the file, in whatever block it claims to be.

    An attribute is stored as its version (1 byte), flags (1), the sizes of its name, type and shape (2 each), in version 3 the
    encoding of the name (1), then the name, type, shape and texts themselves; in version 1 each part is padded to 8 bytes.
    """
    stored, found, left = name.encode() + b"\0", False, len(content) // 16  # texts, each of 16 bytes
    for at in _places(content, stored):
        for version, start in ((1, at - 8), (2, at - 8), (3, at - 9)):
            if start < 0 or content[start] != version or _number(content, start + 2, 2) != len(stored):
                continue
            found, unit = True, 8 if version == 1 else 1
            sizes = [-(-_number(content, start + place, 2) // unit) * unit for place in (2, 4, 6)]
            kind, shape, texts = at + sizes[0], at + sum(sizes[:2]), at + sum(sizes)
            if _number(content, kind, 1) % 16 == _ANY_LENGTH or content[start + 1] % 2:  # odd flags: the type is elsewhere
                count = min(_elements(content, shape), (len(content) - texts) // 16)
                left -= count
                if left < 0:
                    raise ValueError(f"{title} is damaged: its attributes {name!r} overlap")
                for text in range(texts, texts + 16 * count, 16):
                    if (length := _number(content, text, 4)) > len(content):
                        raise ValueError(
                            f"{title} is damaged: it has {len(content)} bytes, and a text in it claims to have {length}"
                        )
    if not found:
        raise ValueError(f"{title} is not loaded: its attribute {name!r} is not stored as Keras does it")


def _elements(content: bytes, shape: int) -> int:
    """The number of elements of a stored shape: its version and number of axes, six (version 1) or two bytes, and the axes."""
    axes = shape + (8 if _number(content, shape, 1) == 1 else 4)
    return math.prod(_number(content, axes + 8 * axis, 8) for axis in range(_number(content, shape + 1, 1)))


def _blocks(content: bytes, title: str) -> dict[int, set[int]]:
    """The numbers of the texts in each block: each begins with its number (2 bytes), 6 other bytes, and its length (8)."""
    found: dict[int, set[int]] = {}
    left = len(content) // 8  # steps, twice as many as fit into the file
    for block in _places(content, _BLOCK):
        found[block], place = set(), block + 16
        end = min(block + _number(content, block + 8, 8), len(content))
        while place + 16 <= end and (number := _number(content, place, 2)):  # after number 0 the rest is free
            found[block].add(number)
            place += 16 + -(-_number(content, place + 8, 8) // 8) * 8
            left -= 1
            if left < 0:
                raise ValueError(f"{title} is damaged: its blocks of texts overlap")
    return found


def _references(content: bytes, blocks: list[int]) -> Iterator[int]:
    """Where the place of a block is written."""
    if len(blocks) <= _FEW:
        for block in blocks:
            yield from _places(content, block.to_bytes(8, "little"))
        return
    for shift in range(8):
        words = np.frombuffer(content, "<u8", (len(content) - shift) // 8, shift)
        near = np.flatnonzero((words >= blocks[0]) & (words <= blocks[-1]))  # few are, and isin sorts them
        yield from (shift + 8 * near[np.isin(words[near], np.array(blocks, "u8"))]).tolist()


def _places(content: bytes, part: bytes) -> Iterator[int]:
    place = content.find(part)
    while place >= 0:
        yield place
        place = content.find(part, place + 1)


def _number(content: bytes, place: int, size: int) -> int:
    return int.from_bytes(content[max(0, place) : place + size], "little")

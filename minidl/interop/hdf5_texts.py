"""Texts in HDF5 files that claim to be longer than the file: HDF5 takes memory for them before it notices."""

from collections.abc import Iterator

import numpy as np

# A block of texts begins with this; an attribute holds a text's length (4 bytes), the block's place (8), the text's number (4).
_BLOCK = b"GCOL\x01\x00\x00\x00"
_ALL_TEXTS = 1 << 24  # bytes that the texts of every file may have together
_UNDEFINED = 0xFFFFFFFF  # half of a place that is not defined, and no length
_FEW = 8  # blocks, which are searched one by one


def check_texts(content: bytes, title: str) -> None:
    """Raise ValueError if a text in an HDF5 file, or all of them, are longer than the file.

    Everything is searched, also the numbers of arrays, since a malicious file can hide an attribute there.
    """
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

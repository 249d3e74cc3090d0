"""Texts in HDF5 files that claim to be longer than the file: HDF5 takes memory for them before it notices."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

_COLLECTION = b"GCOL"  # begins a block of texts; an attribute holds a text's length (4 bytes), the block's place (8), a number
_GAP = b"\xff" * 16  # between pieces: no place and no length
_BESIDE = 1 << 26  # bytes that every file may have besides its arrays
_ALL_TEXTS = 1 << 24  # bytes that the texts of every file may have together
_UNDEFINED = 0xFFFFFFFF  # half of a place that is not defined, and no length


def check_texts(content: "bytes | Path", extents: list[tuple[int | None, int]], title: str) -> None:
    """Raise ValueError if a text, or all of them, are longer than the file, or most of it is neither text nor array.

    Args:
        content: the file.
        extents: place and length of each of its arrays, whose numbers are left out.
        title: of the file, for the message.
    """
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    stored = sum(length for _, length in extents)
    if size > _BESIDE + 2 * stored:
        raise ValueError(f"{title} is damaged: of its {size} bytes only {stored} belong to arrays")
    pieces = list(_between(content, extents, size))
    held = {start + place: _numbers(piece, place) for start, piece in pieces for place in _found(piece)}
    places = np.array(sorted(held), "u8")
    whole, total = _GAP.join(piece for _, piece in pieces) if held else b"", 0
    for shift in range(min(8, max(0, len(whole) - 8))):
        words = np.frombuffer(whole, "<u8", (len(whole) - shift) // 8, shift)
        numbers = np.flatnonzero((words >= places[0]) & (words <= places[-1]))  # few are, and isin sorts them
        for number in numbers[np.isin(words[numbers], places)]:
            at = shift + 8 * int(number)
            length, text = (int.from_bytes(whole[max(0, place) : place + 4], "little") for place in (at - 4, at + 8))
            if length < _UNDEFINED and text in held[int(words[number])]:
                total += length
                if length > size or total > max(size, _ALL_TEXTS):  # many attributes may share one text
                    claimed = f"a text in it claims to have {length}" if length > size else f"its texts have more than {total}"
                    raise ValueError(f"{title} is damaged: it has {size} bytes, and {claimed}")


def _between(content: "bytes | Path", extents: list[tuple[int | None, int]], size: int) -> Iterator[tuple[int, bytes]]:
    """The pieces of the file without the numbers of its arrays, each with its place."""
    start = 0
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        for place, length in [*sorted((place, length) for place, length in extents if place is not None), (size, 0)]:
            if place > start:
                file.seek(start)
                yield start, file.read(place - start)
            start = max(start, place + length)


def _numbers(piece: bytes, place: int) -> set[int]:
    """The numbers of the texts in a block: each begins with its number (2 bytes), 6 other bytes, and its length (8)."""
    end, found = place + int.from_bytes(piece[place + 8 : place + 16], "little"), set()
    place += 16
    while place + 16 <= min(end, len(piece)):
        number, length = (
            int.from_bytes(piece[place : place + 2], "little"),
            int.from_bytes(piece[place + 8 : place + 16], "little"),
        )
        if number == 0:  # the rest is free
            break
        found.add(number)
        place += 16 + -(-length // 8) * 8
    return found


def _found(piece: bytes) -> Iterator[int]:
    place = piece.find(_COLLECTION)
    while place >= 0:
        yield place
        place = piece.find(_COLLECTION, place + 1)

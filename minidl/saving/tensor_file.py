"""Read a safetensors file: its metadata and its tensors, checked against the bytes that are there.

The file is read, not mapped: a mapped file that another process writes in place kills Python.
"""

import json
import math
import os

import numpy as np

from minidl.config.types import Array, Config

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"}
_DTYPES |= {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}
_LONGEST = 100_000_000  # bytes of a header, as for safetensors itself


def read_tensor_file(path: str) -> tuple[dict[str, str], dict[str, Array]]:
    """The metadata and the tensors by name; all tensors are read-only views of one block of memory.

    Raises:
        ValueError: the file is truncated, or its header is not that of a safetensors file with these bytes.
    """
    try:
        with open(path, "rb") as file:  # the tensors are read only if the header fits the size of the file
            size, start = os.fstat(file.fileno()).st_size, 8 + int.from_bytes(file.read(8), "little")
            if size < 8 or start > min(size, _LONGEST):
                raise ValueError(f"its header has {start - 8} bytes, and the file {size}")
            head = json.loads(file.read(start - 8), object_pairs_hook=_without_repeated)
            if not isinstance(head, dict):
                raise ValueError("its header is not a dict")
            metadata = head.pop("__metadata__", {})
            if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
                raise ValueError("its metadata are not strings by name")
            places = _places(head, size - start)
            data = memoryview(file.read())
        if len(data) != size - start:
            raise ValueError("another program changes it while it is read")
        tensors = {name: np.frombuffer(data[part], kind).reshape(shape) for name, part, kind, shape in places}
        return metadata, tensors
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, truncated, or not a safetensors file ({error})") from error


def _places(head: Config, size: int) -> list[tuple[str, slice, str, list[int]]]:
    """Name, bytes, type and shape of each tensor; they must fill the bytes one after another, without gaps."""
    found: list[tuple[str, slice, str, list[int]]] = []
    end = 0
    for name, entry in sorted(head.items(), key=lambda item: _offsets(*item)):
        shape, (first, last) = entry.get("shape"), _offsets(name, entry)
        if not isinstance(shape, list) or not all(type(one) is int and one >= 0 for one in shape):
            raise ValueError(f"the shape of {name!r} is {shape!r}")
        if (kind := _DTYPES.get(str(entry.get("dtype")))) is None:
            raise ValueError(f"{name!r} has the type {entry.get('dtype')!r}, expected one of {', '.join(_DTYPES)}")
        if first != end or last > size or last - first != math.prod(shape) * np.dtype(kind).itemsize:
            raise ValueError(f"{name!r} of shape {shape} has the bytes {first} to {last} of {size}")
        found.append((name, slice(first, last), kind, shape))
        end = last
    if end != size:
        raise ValueError(f"{size - end} bytes belong to no tensor")
    return found


def _offsets(name: str, entry: object) -> tuple[int, int]:
    places = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(places, list) or len(places) != 2 or not all(type(place) is int for place in places):
        raise ValueError(f"the place of {name!r} is {places!r}")
    return places[0], places[1]


def _without_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is in it twice")
    return found

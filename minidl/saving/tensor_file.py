"""Read a safetensors file: its metadata and its tensors, checked against the bytes that are there.

The file is read, not mapped: a mapped file that another process writes in place kills Python.
"""

import json
import math
from typing import Any

import numpy as np

from minidl.config.types import Array, Config

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"}
_DTYPES |= {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}


def read_tensor_file(path: str) -> tuple[dict[str, str], dict[str, Array]]:
    """The metadata and the tensors by name; all tensors are read-only views of one block of memory.

    Raises:
        ValueError: the file is truncated, or its header is not that of a safetensors file with these bytes.
    """
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + int.from_bytes(content[:8], "little")
    try:
        if len(content) < 8 or start > len(content):
            raise ValueError(f"its header has {start - 8} bytes, and the file {len(content)}")
        head = json.loads(content[8:start], object_pairs_hook=_without_repeated)
        if not isinstance(head, dict):
            raise ValueError("its header is not a dict")
        metadata = head.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("its metadata are not strings by name")
        return metadata, _tensors(head, memoryview(content)[start:])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, truncated, or not a safetensors file ({error})") from error


def _tensors(head: Config, data: memoryview) -> dict[str, Array]:
    """The tensors, which must fill the bytes one after another, without gaps."""
    found: dict[str, Array] = {}
    end = 0
    for name, entry in sorted(head.items(), key=lambda item: _offsets(*item)):
        shape, (first, last) = entry.get("shape"), _offsets(name, entry)
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"the shape of {name!r} is {shape!r}")
        if (kind := _DTYPES.get(str(entry.get("dtype")))) is None:
            raise ValueError(f"{name!r} has the type {entry.get('dtype')!r}, expected one of {', '.join(_DTYPES)}")
        if first != end or last > len(data) or last - first != math.prod(shape) * np.dtype(kind).itemsize:
            raise ValueError(f"{name!r} of shape {shape} has the bytes {first} to {last} of {len(data)}")
        found[name] = np.frombuffer(data[first:last], kind).reshape(shape)
        end = last
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes belong to no tensor")
    return found


def _offsets(name: str, entry: object) -> tuple[int, int]:
    places = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(places, list) or len(places) != 2 or not all(type(place) is int for place in places):
        raise ValueError(f"the place of {name!r} is {places!r}")
    return places[0], places[1]


def _without_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is in it twice")
    return found

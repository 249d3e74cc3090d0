"""The checksum of a file's description and tensors, which shows a flipped byte."""

import json
import zlib
from collections.abc import Mapping

import numpy as np

from minidl.config.types import Array, Config


def checksum(head: Config, tensors: Mapping[str, Array]) -> str:
    """CRC-32 of the description, and of every tensor's name, type, shape and bytes, whatever their order in the file.

    Example:
        >>> zeros = checksum({}, {"w": np.zeros(3)})
        >>> zeros == checksum({}, {"w": np.zeros(3)}), zeros == checksum({}, {"w": np.zeros(4)})
        (True, False)
    """
    total = zlib.crc32(json.dumps(head).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total = zlib.crc32(f"{name} {tensor.dtype.name} {tensor.shape}".encode(), total)
        total = zlib.crc32(np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data, total)
    return f"{total:08x}"

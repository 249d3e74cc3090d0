"""Read a safetensors file that another framework wrote, with its types of half width."""

import math
from os import PathLike
from pathlib import Path

import numpy as np

from minidl.config.checks import shown
from minidl.config.types import Array, Config

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "?"}
_DTYPES |= {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}


def read_tensors(filepath: object) -> dict[str, Array]:
    """The tensors of a safetensors file by name; bfloat16 becomes float32.

    Raises:
        TypeError: `filepath` is not a path.
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, of another kind, or was written by minidl.
    """
    from safetensors import SafetensorError, deserialize

    if not isinstance(filepath, (str, PathLike)):
        raise TypeError(f"expected a dict of tensors or the path of a safetensors file, got {shown(filepath)}")
    path = Path(filepath)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is a folder, not a file" if path.is_dir() else f"there is no file {path}")
    content = path.read_bytes()
    try:
        tensors: list[tuple[str, dict[str, object]]] = deserialize(content)  # type: ignore[no-untyped-call]  # it has no types
    except SafetensorError as error:
        if content.startswith(b"PK\x03\x04") and b"config.json" in content:
            raise ValueError(f"{path} is a model of Keras: use minidl.load_model") from None
        if content.startswith(b"\x89HDF"):
            raise ValueError(f"{path} is an HDF5 file, such as Keras writes: use load_model or model.load_weights") from None
        if content.startswith((b"PK\x03\x04", b"\x80")):
            raise ValueError(
                f"{path} is a pickle of torch.save, which can run code when it is read; with PyTorch, write a safetensors "
                f"file: safetensors.torch.save_file(module.state_dict(), path)"
            ) from None
        raise ValueError(f"{path} is damaged, truncated, or not a safetensors file ({error})") from error
    if b'"__metadata__":{"minidl":' in content[:100]:
        raise ValueError(f"{path} was written by minidl: use load_model or model.load_weights")
    return {name: _as_array(name, tensor) for name, tensor in tensors}


def _as_array(name: str, tensor: Config) -> Array:
    kind = tensor["dtype"]
    if kind not in _DTYPES:
        raise ValueError(f"the tensor {name!r} has the type {kind}, expected one of {', '.join(_DTYPES)}")
    shape = tensor["shape"]
    values = np.frombuffer(bytes(tensor["data"]), _DTYPES[kind], math.prod(shape)).reshape(shape)
    return (values.astype("<u4") << 16).view("<f4") if kind == "BF16" else values  # the upper half of a float32

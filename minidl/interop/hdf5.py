"""HDF5 files: their arrays by path, read without following links out of the file, and written."""

import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.interop.hdf5_texts import check_texts

_DEPTH = 64  # groups inside each other
_FILTERS = (1, 2, 3, 32000)  # deflate, shuffle, checksum, and lzf: HDF5 would load a library for others
_ATTRIBUTE = 1 << 20  # bytes of an attribute; longer texts are stored outside, with 16 bytes in it
_FREE, _EXPANSION = 1 << 25, 4  # bytes that any file may unpack to, and how many for each of its own


def hdf5_module() -> Any:
    """The module h5py.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError("Keras files need h5py: pip install h5py") from error
    return h5py


@contextmanager
def opened(content: "bytes | Path", title: str) -> Iterator[Any]:
    """Context with an HDF5 file that is read.

    Raises:
        ValueError: the file is truncated, or not an HDF5 file.
    """
    h5py = hdf5_module()
    try:
        file = h5py.File(io.BytesIO(content) if isinstance(content, bytes) else content, "r")
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{title} is damaged, truncated, or not an HDF5 file ({error})") from error
    with file:
        arrays = list(datasets(file, title).values())  # raises an error for links anywhere before anything is read
        whole = sum(array.size * array.dtype.itemsize for array in arrays)
        stored = len(content) if isinstance(content, bytes) else content.stat().st_size
        if whole > most_expanded(stored):
            raise ValueError(f"{title} is not loaded: it has {stored} bytes, and its arrays would have {whole}")
        check_texts(content, arrays, title)
        yield file


def most_expanded(stored: int) -> int:
    """The bytes that a file of this size may unpack to."""
    return _FREE + _EXPANSION * stored


def datasets(group: Any, title: str) -> dict[str, Any]:
    """Every array of a group by its path, not read yet; numbers in names are in no order.

    Raises:
        ValueError: a link leads to another place, an array's data are outside the file, or less than its size says.
    """
    h5py, found, seen = hdf5_module(), {}, set()

    def visit(holder: Any, path: str, depth: int) -> None:
        if depth > _DEPTH:
            raise ValueError(f"{title} is damaged: its groups are nested too deeply at {path}")
        for name in holder:
            inner = f"{path}/{name}".lstrip("/")
            if not isinstance(holder.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{title} is not loaded: {inner} is a link, and links are never followed")
            item = holder[name]
            if isinstance(item, h5py.Group):
                address = h5py.h5o.get_info(item.id).addr
                if address in seen:
                    raise ValueError(f"{title} is not loaded: it holds the group {inner} twice")
                seen.add(address)
                visit(item, inner, depth + 1)
            elif isinstance(item, h5py.Dataset):
                _check_inside(item, inner, title)
                found[inner] = item

    try:
        visit(group, "", 0)
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{title} is damaged or truncated ({error})") from error
    return found


def array_bytes(group: Any, title: str) -> int:
    """Bytes of all arrays of a group."""
    return sum(dataset.size * dataset.dtype.itemsize for dataset in datasets(group, title).values())


def _check_inside(dataset: Any, path: str, title: str) -> None:
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{title} is not loaded: the values of {path} are in another file, which is never opened")
    properties = dataset.id.get_create_plist()
    if unknown := {properties.get_filter(number)[0] for number in range(properties.get_nfilters())} - set(_FILTERS):
        raise ValueError(
            f"{title} is not loaded: {path} is compressed with the HDF5 filter {min(unknown)}, which h5py does not include"
        )
    stored, declared = dataset.id.get_storage_size(), dataset.size * dataset.dtype.itemsize
    if declared > max(stored, 4096) and (dataset.chunks is None or stored == 0):
        raise ValueError(f"{title} is damaged: {path} has the size {declared} bytes, but only {stored} bytes are stored")


def attribute(holder: Any, name: str, title: str, default: Any = None) -> Any:
    """An attribute of a group, an array or the file; `default` if it does not exist.

    Raises:
        ValueError: it claims more values than an attribute may have, or cannot be read.
    """
    try:
        if name not in holder.attrs:
            return default
        stored = holder.attrs.get_id(name)
        if math.prod(stored.shape) * stored.dtype.itemsize > _ATTRIBUTE:
            raise ValueError(f"{title} is damaged: the attribute {name!r} claims to have more than {_ATTRIBUTE} bytes")
        return holder.attrs[name]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{title} is damaged: its attribute {name!r} cannot be read ({error})") from error


def numbers(dataset: Any, path: str, title: str) -> Array:
    """An array of numbers; bfloat16 becomes float32.

    Raises:
        ValueError: it holds something else, or is truncated.
    """
    try:
        if attribute(dataset, "dtype", title) == "bfloat16":
            raw = np.asarray(dataset[()])
            return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(dataset.shape)
        if dataset.dtype.kind not in "fiub":
            raise ValueError(f"{title} is damaged: {path} does not hold numbers, but {dataset.dtype}")
        return np.asarray(dataset[()])
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{title} is damaged: {path} cannot be read ({error})") from error


def written(arrays: Mapping[str, Array], names: Mapping[str, str]) -> bytes:
    """The bytes of an HDF5 file.

    Args:
        arrays: by path.
        names: attribute `name` of the groups, by path.
    """
    memory = io.BytesIO()
    with hdf5_module().File(memory, "w") as file:
        for path, name in names.items():
            file.require_group(path).attrs["name"] = name
        for path, array in arrays.items():
            file[path] = array
    return memory.getvalue()

"""HDF5 files: their arrays by path, read without following links out of the file, and written."""

import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minidl.config.types import Array
from minidl.interop.hdf5_texts import check_texts

_DEPTH = 64  # groups inside each other
_FILTERS = (1, 2, 3, 32000)  # deflate, shuffle, checksum, and lzf: HDF5 would load a library for others
_ATTRIBUTE = 1 << 20  # bytes of an attribute; longer texts are stored outside, with 16 bytes in it
_FREE, _EXPANSION = 1 << 25, 4  # bytes that any file may unpack to, and how many for each of its own
_BESIDE = 1 << 26  # bytes that every file may have besides its arrays

HDF5Item: TypeAlias = Any  # a file, group or data set of h5py, which has no types


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


class Stored(NamedTuple):
    """An array in a file that is not opened, as thousands of open ones would take much memory.

    Attributes:
        file: that holds it, open.
        path: in the file.
        shape: of the array.
        stored: its bytes in the file.
        size: its bytes, or those of one chunk if that is larger, as HDF5 unpacks whole ones.
    """

    file: HDF5Item
    path: str
    shape: tuple[int, ...]
    stored: int
    size: int


class Contents(NamedTuple):
    """A group of a file, and every array in it by its path; numbers in names are in no order.

    Attributes:
        group: the group.
        arrays: by their paths in it.
        size: bytes of all arrays of the file.
    """

    group: HDF5Item
    arrays: dict[str, Stored]
    size: int

    def __contains__(self, path: object) -> bool:
        return path in self.group

    def inside(self, path: str) -> "Contents":
        """The same of a group inside this one."""
        start = f"{path}/"
        arrays = {name.removeprefix(start): array for name, array in self.arrays.items() if name.startswith(start)}
        return Contents(self.group[path], arrays, self.size)


@contextmanager
def opened(content: "bytes | Path", title: str) -> Iterator[Contents]:
    """Context with the contents of an HDF5 file that is read.

    Raises:
        ValueError: the file is truncated, or not an HDF5 file, or its arrays are in other files or larger than it.
    """
    h5py = hdf5_module()
    try:
        # Not locked: writers replace files, and HDF5 would not open one that its writer is just about to close.
        file = h5py.File(io.BytesIO(content), "r") if isinstance(content, bytes) else h5py.File(content, "r", locking=False)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{title} is damaged, truncated, or not an HDF5 file ({error})") from error
    with file:
        _check_layout(file, title)
        arrays, texts = _arrays(file, title)  # raises an error for links anywhere before anything is read
        contents = Contents(file, arrays, sum(array.size for array in arrays.values()))
        stored = len(content) if isinstance(content, bytes) else content.stat().st_size
        if contents.size > most_expanded(stored):
            raise ValueError(f"{title} is not loaded: it has {stored} bytes, and its arrays would have {contents.size}")
        if stored > _BESIDE + 2 * (held := sum(array.stored for array in arrays.values())):
            raise ValueError(f"{title} is damaged: of its {stored} bytes only {held} belong to arrays")
        if texts:
            check_texts(content if isinstance(content, bytes) else content.read_bytes(), texts, title)
        yield contents


def most_expanded(stored: int) -> int:
    """The bytes that a file of this size may unpack to."""
    return _FREE + _EXPANSION * stored


def _check_layout(file: HDF5Item, title: str) -> None:
    """Raise ValueError if places in the file are not numbers of 8 bytes that count from its beginning."""
    sizes = file.id.get_create_plist().get_sizes()
    if file.userblock_size or sizes != (8, 8):
        raise ValueError(
            f"{title} is not loaded: it begins with {file.userblock_size} bytes of something else, and its places and lengths "
            f"have {sizes} bytes; files of Keras have none of the former and 8 of the latter"
        )


def _arrays(file: HDF5Item, title: str) -> tuple[dict[str, Stored], set[str]]:
    """Every array of a file by its path, and the names of attributes that hold texts and may be read: not "name".

    Raises:
        ValueError: an array is not whole and inside the file.
    """
    h5py = hdf5_module()
    found: dict[str, Stored] = {}
    seen: set[int] = set()
    texts: set[str] = set()

    def note(item: HDF5Item) -> None:
        if h5py.h5a.get_num_attrs(item) > h5py.h5a.exists(item, b"name"):
            for attribute in (h5py.h5a.open(item, index=number) for number in range(h5py.h5a.get_num_attrs(item))):
                kind = attribute.get_type()
                if attribute.name != b"name" and isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str():
                    texts.add(attribute.name.decode(errors="replace"))

    def visit(
        holder: HDF5Item, path: str, depth: int
    ) -> None:  # by HDF5's own identifiers, which are faster than h5py's objects
        if depth > _DEPTH:
            raise ValueError(f"{title} is damaged: its groups are nested too deeply at {path}")
        note(holder)
        for name in holder:
            inner = f"{path}/{name.decode(errors='replace')}".lstrip("/")
            if holder.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                raise ValueError(f"{title} is not loaded: {inner} is a link, and links are never followed")
            item = h5py.h5o.open(holder, name)
            if isinstance(item, h5py.h5g.GroupID):
                address = h5py.h5o.get_info(item).addr
                if address in seen:
                    raise ValueError(f"{title} is not loaded: it holds the group {inner} twice")
                seen.add(address)
                visit(item, inner, depth + 1)
            elif isinstance(item, h5py.h5d.DatasetID):
                found[inner] = _stored(file, item, inner, title)
                note(item)

    try:
        visit(file.id, "", 0)
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{title} is damaged or truncated ({error})") from error
    return found, texts


def _stored(file: HDF5Item, dataset: HDF5Item, path: str, title: str) -> Stored:
    """An array; raises ValueError if its values are not in this file."""
    properties, layouts = dataset.get_create_plist(), hdf5_module().h5d
    layout, shape = properties.get_layout(), dataset.shape
    if layout == layouts.VIRTUAL or properties.get_external_count():
        raise ValueError(f"{title} is not loaded: the values of {path} are in another file, which is never opened")
    if unknown := {properties.get_filter(number)[0] for number in range(properties.get_nfilters())} - set(_FILTERS):
        raise ValueError(
            f"{title} is not loaded: {path} is compressed with the HDF5 filter {min(unknown)}, which h5py does not include"
        )
    if shape is None:
        raise ValueError(f"{title} is damaged: {path} is empty")
    stored, width = dataset.get_storage_size(), dataset.dtype.itemsize
    declared = int(math.prod(shape) * width)
    if declared > max(stored, 4096) and (layout != layouts.CHUNKED or stored == 0):
        raise ValueError(f"{title} is damaged: {path} has the size {declared} bytes, but only {stored} bytes are stored")
    size = max(declared, math.prod(properties.get_chunk()) * width) if layout == layouts.CHUNKED else declared
    return Stored(file, path, shape, stored, size)


def attribute(holder: HDF5Item, name: str, title: str, default: object = None) -> Any:
    """An attribute of a group, an array or the file; `default` if it does not exist.

    Raises:
        ValueError: it holds neither text nor numbers, claims more values than an attribute may have, or cannot be read.
    """
    try:
        if name not in holder.attrs:
            return default
        stored = holder.attrs.get_id(name)
        if stored.dtype.kind not in "fiubS" and hdf5_module().check_string_dtype(stored.dtype) is None:
            # lists of any length, references and so on: damaged ones can end the process
            raise ValueError(f"{title} is damaged: the attribute {name!r} holds neither text nor numbers, but {stored.dtype}")
        if math.prod(stored.shape) * stored.dtype.itemsize > _ATTRIBUTE:
            raise ValueError(f"{title} is damaged: the attribute {name!r} claims to have more than {_ATTRIBUTE} bytes")
        return holder.attrs[name]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{title} is damaged: its attribute {name!r} cannot be read ({error})") from error


def numbers(array: Stored, path: str, title: str) -> Array:
    """The values of an array of numbers; bfloat16 becomes float32.

    Raises:
        ValueError: it holds something else, or is truncated.
    """
    try:
        dataset = array.file[array.path]
        kind = dataset.dtype
        if attribute(dataset, "dtype", title) == "bfloat16" and kind.itemsize == 2 and kind.names is None:
            raw = np.asarray(dataset[()])
            return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(dataset.shape)
        if kind.kind not in "fiub":
            raise ValueError(f"{title} is damaged: {path} does not hold numbers, but {kind}")
        return np.asarray(dataset[()])
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{title} is damaged: {path} cannot be read ({error})") from error


def written(arrays: Mapping[str, Array], attributes: Mapping[str, Mapping[str, object]]) -> bytes:
    """The bytes of an HDF5 file.

    Args:
        arrays: by path.
        attributes: texts, or lists of them, of the file ("") and its groups, by path.
    """
    h5py = hdf5_module()
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for path, texts in attributes.items():
            group = file.require_group(path) if path else file
            for name, text in texts.items():  # stored outside of the attribute, which has at most 64 kB
                group.attrs.create(name, text, dtype=h5py.string_dtype())
        for path, array in arrays.items():
            file[path] = array
    return memory.getvalue()

"""Read the archives of data sets: NumPy's .npz, and files inside .gz and .tar.gz; damaged files raise a ValueError."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from minidl.config.types import Array
from minidl.datasets.pickles import read_pickle

LIMIT = 1 << 30  # bytes of an unpacked file; the largest of the known ones has 155 million


@contextmanager
def reading(file: Path, title: str) -> Iterator[None]:
    """Turn the errors of a damaged archive into one `ValueError` that says what to do."""
    problem = ""
    try:
        yield
    except KeyError as error:
        problem = f"{file} does not hold {title}: {error.args[0]}"
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        OSError,
        EOFError,
        TypeError,
        ValueError,
        NotImplementedError,
    ) as error:
        problem = f"{file} is damaged ({error}); delete it, and the next call downloads it again"
    if problem:
        raise ValueError(problem)


def wrong_content(file: Path, title: str, details: str) -> NoReturn:
    """Raise the error for an archive of something else."""
    raise ValueError(f"{file} does not hold {title}: {details}")


def read_npz(file: Path, title: str, names: Sequence[str]) -> list[Array]:
    """Arrays of numbers in a .npz file, by name."""
    with reading(file, title), file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return [archive[name] for name in names]


def read_sequences(file: Path, title: str, texts: str, labels: str, limit: int = LIMIT) -> tuple[list[list[int]], Array]:
    """Lists of word indices, and their labels, from a .npz file that stores the lists as a pickled array of objects."""
    with reading(file, title), zipfile.ZipFile(file) as archive:
        with archive.open(f"{labels}.npy") as stream:
            found = np.lib.format.read_array(io.BytesIO(_whole(stream, limit)), allow_pickle=False)
        with archive.open(f"{texts}.npy") as stream:
            data = _whole(stream, limit)
    with reading(file, title):
        lists = read_pickle(_after_header(data))
        known = type(lists) is list and all(type(item) is list for item in lists)
        if not known or sum(map(len, lists)) > len(data):
            raise ValueError(f"{texts} is not a list of lists of numbers")
        if not all(set(map(type, item)) <= {int} for item in lists):
            raise ValueError(f"{texts} holds something other than whole numbers")
    if found.ndim != 1 or found.dtype.kind not in "iu" or len(found) != len(lists):
        wrong_content(file, title, f"expected one whole number in {labels} for each text in {texts}")
    return lists, found


def read_gzip(file: Path, title: str, limit: int = LIMIT) -> bytes:
    """The content of a .gz file."""
    with reading(file, title), gzip.open(file) as stream:
        return _whole(stream, limit)


def read_tar(file: Path, title: str, names: Sequence[str], limit: int = LIMIT) -> list[bytes]:
    """The content of some files inside a .tar.gz file, without writing them to disk."""
    found: dict[str, bytes] = {}
    with reading(file, title), tarfile.open(file, "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isreg() and member.name in names else None
            if stream is not None:
                found[member.name] = _whole(stream, limit)
    if missing := [name for name in names if name not in found]:
        wrong_content(file, title, f"there is no {missing[0]} in it")
    return [found[name] for name in names]


def _whole(stream: IO[bytes] | gzip.GzipFile, limit: int) -> bytes:
    data: bytes = stream.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it unpacks to more than {limit} bytes")
    return data


def _after_header(data: bytes) -> bytes:
    """The pickle in a .npy file of objects."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if not dtype.hasobject or len(shape) != 1:
        raise ValueError("expected a row of lists")
    return data[stream.tell() :]

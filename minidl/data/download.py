"""Download files once, verify them, and cache them."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.request import urlopen

from minidl.config.progress_bar import progress_bar
from minidl.data.atomic_file import replacing

BLOCK = 1 << 20  # bytes read at a time


def home() -> Path:
    """Directory of downloaded files: `$MINIDL_HOME`, or `~/.cache/minidl` by default."""
    return Path(os.environ.get("MINIDL_HOME") or "~/.cache/minidl").expanduser()


def fetch(path: "str | os.PathLike[str]", url: str, digest: str) -> Path:
    """Path of the file, downloaded if it does not exist yet.

    Args:
        path: path of the file, relative to `home()` unless absolute.
        url: URL to download it from.
        digest: hexadecimal SHA-256 or MD5 digest of the download. An existing file is not checked.
    Raises:
        OSError: the URL cannot be reached, or the file cannot be written.
        ValueError: the download has another digest; it is deleted.
    """
    target = home() / Path(path).expanduser()
    return target if target.exists() else download(url, target, digest)


def download(url: str, target: Path, digest: str | None = None, algorithm: str = "auto") -> Path:
    """Download to `target`, which appears only when it is complete and verified.

    Args:
        url: URL to download from.
        target: path of the file; an existing one is replaced.
        digest: hexadecimal digest of the download; `None` for no check.
        algorithm: "sha256", "md5", or "auto": which of the two follows from the length of `digest`.
    Raises:
        OSError: the URL cannot be reached, or the file cannot be written.
        ValueError: the download has another digest.
    """
    checksum = hasher(algorithm, digest)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as file:
            _receive(url, file, target, checksum)  # any error of it comes without a number
            found = checksum.hexdigest()
            if digest is not None and found != digest.lower():
                raise ValueError(f"{url} did not give the file with digest {digest} but one with {found}; it was deleted")
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(
            error.errno, f"{target} cannot be written ({error.strerror}); set MINIDL_HOME to another folder"
        ) from None
    return target


def hasher(algorithm: str, digest: str | None) -> "hashlib._Hash":
    """A new SHA-256 or MD5 computation."""
    if algorithm == "auto":
        algorithm = "md5" if digest is not None and len(digest) == 32 else "sha256"
    if algorithm not in ("md5", "sha256"):
        raise ValueError(f'hash_algorithm is "auto", "sha256" or "md5", got {algorithm!r}')
    return hashlib.new(algorithm, usedforsecurity=False)


def has_digest(path: Path, digest: str, algorithm: str = "auto") -> bool:
    """Whether the file has this digest."""
    checksum = hasher(algorithm, digest)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            checksum.update(block)
    return checksum.hexdigest() == digest.lower()


def _receive(url: str, file: IO[bytes], target: Path, checksum: "hashlib._Hash") -> None:
    with _receiving(url, target):
        response = urlopen(url, timeout=60)
    with response:
        length = response.headers.get("Content-Length") or ""
        _copy(response, file, checksum, int(length) if length.isdecimal() and len(length) < 20 else None, url, target)


@contextmanager
def _receiving(url: str, target: Path) -> Iterator[None]:
    """Context in which the errors of a connection become one that names the URL, without a number of the system."""
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:  # urllib's URLError is an OSError, its HTTPError an open response
        if isinstance(error, HTTPError):
            error.close()
        raise OSError(f"{url} could not be downloaded ({error}); download the file elsewhere and save it as {target}") from None


def _copy(source: IO[bytes], file: IO[bytes], checksum: "hashlib._Hash", length: int | None, url: str, target: Path) -> None:
    received, shown = 0, sys.stderr.isatty()
    with progress_bar(total=length, desc=target.name, unit="B", unit_scale=True, disable=not shown, leave=False) as bar:
        while True:
            with _receiving(url, target):
                block = source.read(BLOCK)
                if not block and length is not None and received != length:
                    raise OSError(f"the connection ended after {received} of {length} bytes")
            if not block:
                return
            file.write(block)
            checksum.update(block)
            received += len(block)
            bar.update(len(block))

"""Write files atomically: under another name in the same folder, flushed, then renamed; a crash never leaves half a file."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, which does not delete open files, so that no lock is needed
    _HAS_LOCKS = False
else:
    _HAS_LOCKS = True

PREFIX, SUFFIX = ".minidl-", ".tmp"  # of temporary files; their names are short, whatever the length of the file's name


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Context with an open file that replaces `path` at its end; after an error `path` is unchanged.

    An existing file keeps its permissions and owner. A symbolic link stays, and its target is replaced. A device is written to.

    Raises:
        OSError: the folder is read-only, the disk is full, and so on; the temporary file is removed.
    Example:
        >>> with replacing(Path("notes.txt")) as file:
        ...     _ = file.write(b"complete")
        >>> Path("notes.txt").read_bytes(), len(list(Path().iterdir()))
        (b'complete', 1)
    """
    target = Path(os.path.realpath(path))
    try:
        before = target.stat() if target.exists() else None
        if before is not None and not stat.S_ISREG(before.st_mode):
            with open(target, "wb") as device:
                yield device
            return
        remove_leftovers(target.parent)
        temporary, file = _created(target.parent, 0o666 if before is None else 0o600)
        try:
            with file:
                yield file
                file.flush()
                if before is not None:
                    _copy_permissions(before, temporary)
                os.fsync(file.fileno())
                if _HAS_LOCKS:  # Windows does not rename open files
                    os.replace(temporary, target)
            if not _HAS_LOCKS:
                os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        _flush_folder(target.parent)
    except OSError as error:
        if error.errno is None:  # not of the file system
            raise
        raise OSError(error.errno, f"{path} was not written, an older file there is unchanged: {error.strerror}") from error


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of writers that were killed; those of running ones are locked, and stay."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX):
                with suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    if not _HAS_LOCKS:
        os.unlink(path)
        return
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(handle)


def _created(folder: Path, mode: int) -> tuple[Path, IO[bytes]]:
    """A new temporary file, locked as long as it is open."""
    while True:
        path = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)  # minus the umask
        if not _HAS_LOCKS:
            return path, os.fdopen(handle, "wb")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():  # otherwise another process took it for a leftover before it was locked
            return path, os.fdopen(handle, "wb")
        os.close(handle)


def _copy_permissions(before: os.stat_result, temporary: Path) -> None:
    with suppress(OSError, AttributeError):  # another user's file; Windows has no chown
        os.chown(temporary, before.st_uid, before.st_gid)
    os.chmod(temporary, stat.S_IMODE(before.st_mode))


def _flush_folder(folder: Path) -> None:
    """Write the new name to the disk, where folders can be flushed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""Write files atomically: under another name in the same folder, flushed, then renamed; a crash never leaves half a file."""

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
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
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Context with an open file that replaces `path` at its end; after an error `path` is unchanged.

    An existing file keeps its permissions and owner; a read-only one stays as it is. A symbolic link stays, and its target is
    replaced. A device is written to.

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
        if target.is_symlink():  # links that lead back to themselves
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        before = None
        with suppress(FileNotFoundError):
            before = target.stat()
        if before is not None and not os.access(target, os.W_OK) and target.exists():  # nobody has just moved it
            raise PermissionError(errno.EACCES, "the file is read-only")
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


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Context with a new empty folder that takes the name `path` at its end, unless another process was faster.

    Raises:
        OSError: the folder cannot be written; the new one is removed.
    """
    remove_leftovers(path.parent)
    made, handle = _created_folder(path.parent)
    try:
        yield made
        made.chmod(0o755)
        while made.exists():
            try:
                os.replace(made, path)
            except OSError as error:
                if path.is_dir():
                    break
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # those if it was moved away since
                    raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _created_folder(parent: Path) -> tuple[Path, int | None]:
    """A new temporary folder, with a handle that locks it."""
    while True:
        made, handle = Path(tempfile.mkdtemp(SUFFIX, PREFIX, parent)), None
        with suppress(FileNotFoundError):  # another process took it for a leftover before it was locked
            handle = _locked(made)
        if made.exists():
            return made, handle
        if handle is not None:
            os.close(handle)


def append_whole(file: IO[bytes], content: bytes) -> None:
    """Append to an open file without a buffer, by one call of the system: all of it or, after an error, nothing.

    Raises:
        OSError: the disk is full, and so on.
    """
    before = os.fstat(file.fileno()).st_size
    left = memoryview(content)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        with suppress(OSError):
            file.truncate(before)
        raise OSError(error.errno, f"{file.name} was not written, and ends where it ended before: {error.strerror}") from error


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files and folders of writers that were killed; those of running ones are locked, and stay."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX):
                with suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    handle = _locked(Path(path), wait=False)
    try:
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    finally:
        if handle is not None:
            os.close(handle)


def _locked(path: Path, wait: bool = True) -> int | None:
    """A handle that locks a temporary file or folder; `None` where there are no locks.

    Raises:
        OSError: another process has locked it, and this one does not `wait`.
    """
    if not _HAS_LOCKS:
        return None
    handle = os.open(path, (os.O_RDONLY if path.is_dir() else os.O_RDWR) | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException as error:
        os.close(handle)
        if wait and isinstance(error, OSError):
            return None  # a file system without locks
        raise
    return handle


def _created(folder: Path, mode: int) -> tuple[Path, IO[bytes]]:
    """A new temporary file, locked as long as it is open."""
    while True:
        path = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
        # Mode minus the umask. No number of an open file is held here: after Ctrl-C it would stay open, and the file locked.
        file = open(path, "xb", opener=partial(os.open, mode=mode))  # noqa: SIM115  # closed by the caller
        if not _HAS_LOCKS:
            return path, file
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():  # otherwise another process took it for a leftover before it was locked
            return path, file
        file.close()


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

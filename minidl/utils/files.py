"""`get_file`: download a file once, verify it, and unpack it."""

import os
import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from minidl.data.atomic_file import replacing_folder
from minidl.data.download import download, has_digest, home


def get_file(
    fname: "str | os.PathLike[str] | None" = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: "str | list[str] | tuple[str, ...] | None" = "auto",
    cache_dir: "str | os.PathLike[str] | None" = None,
    force_download: bool = False,
) -> str:
    """Path of a file, downloaded if it does not exist yet, or of the folder that an archive was unpacked to.

    Files and folders appear only when they are complete.

    Args:
        fname: name of the file; the last part of `origin` by default.
        origin: URL to download from.
        untar: whether to unpack a tar archive; `extract` replaces it.
        md5_hash: MD5 digest; `file_hash` replaces it.
        file_hash: SHA-256 or MD5 digest; an existing file with another one is downloaded again.
        cache_subdir: folder inside the cache.
        hash_algorithm: "auto", "sha256" or "md5".
        extract: whether to unpack the file.
        archive_format: "auto", "tar", "zip", or a list of them.
        cache_dir: the cache, `$MINIDL_HOME` or `~/.cache/minidl` by default.
        force_download: whether to download even if the file exists.
    Returns:
        The path, a string.
    Raises:
        OSError: the URL cannot be reached, or the file cannot be written.
        ValueError: the download has another digest, is not an archive, or contains a path outside its folder.
    Example:
        >>> size = Path("words.txt").write_text("yes no")
        >>> path = get_file("copy.txt", origin=Path("words.txt").resolve().as_uri(), cache_dir="cache")
        >>> Path(path).read_text()
        'yes no'
    """
    if not origin or not isinstance(origin, str):
        raise ValueError(f'get_file expects origin to be the URL to download from, such as "https://...", got {origin!r}')
    given = None if fname is None else os.fspath(fname)
    name = given or PurePosixPath(urlsplit(origin).path).name
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(f"fname is the name of a file without folders, which cache_dir and cache_subdir choose; got {name!r}")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = (home() if cache_dir is None else Path(cache_dir).expanduser()) / cache_subdir
    unpacks = extract or untar
    target, unpacked = folder / name, folder / name
    if unpacks and given and "." in given:
        unpacked = folder / f"{given[: given.find('.')]}_extracted"
    elif unpacks:
        target = folder / f"{name}_archive"
    if force_download or not target.exists() or (file_hash and not has_digest(target, file_hash, hash_algorithm)):
        download(origin, target, file_hash, hash_algorithm)
        if unpacks and unpacked.exists():
            shutil.rmtree(unpacked)
    if not unpacks:
        return str(target)
    if not unpacked.exists():
        unpack(target, unpacked, "tar" if untar else archive_format)
    return str(unpacked)


def unpack(archive: Path, folder: Path, archive_format: "str | list[str] | tuple[str, ...] | None" = "auto") -> None:
    """Unpack a tar or zip file to a new folder, which appears only when it is complete.

    Raises:
        ValueError: the file is not such an archive, is damaged, or contains a path or link to outside the folder.
    """
    formats = ("tar", "zip") if archive_format in (None, "auto") else archive_format
    formats = (formats,) if isinstance(formats, str) else tuple(formats or ())
    if unknown := [one for one in formats if one not in ("tar", "zip")]:
        raise ValueError(f'archive_format is "auto", "tar", "zip" or a list of them, got {unknown[0]!r}')
    try:
        with replacing_folder(folder) as made:
            if "tar" in formats and tarfile.is_tarfile(archive):
                with tarfile.open(archive) as tar:
                    tar.extractall(
                        made, filter="data"
                    )  # raises an error for paths and links to outside, devices, and set-user-id bits
            elif "zip" in formats and zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as zipped:
                    _check_paths(zipped)
                    zipped.extractall(made)
            else:
                raise ValueError(f"it is no {' or '.join(formats)} archive")
    except Exception as error:  # of many kinds: each compression has its own for damage, some are an OSError without a number
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, f"{archive} was not unpacked to {folder}: {error.strerror}") from error
        raise ValueError(f"{archive} was not unpacked: {error}") from None


def _check_paths(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        path = PurePosixPath(name.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise zipfile.BadZipFile(f"{name!r} is a path outside the folder")

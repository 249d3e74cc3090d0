"""The `.keras` archive: a zip file with `metadata.json`, `config.json`, `model.weights.h5` and, rarely, files of layers."""

import io
import json
import stat
import time
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from minidl.config.types import Config
from minidl.config.user_warnings import warn_user
from minidl.interop.hdf5 import most_expanded

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
KERAS_VERSION = "3.15.0"  # whose files these are


# What zipfile and json raise for damaged files.
_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, UnicodeDecodeError, json.JSONDecodeError, zlib.error)


class Archive(NamedTuple):
    """The members of an archive.

    Attributes:
        config: of the model.
        weights: an HDF5 file.
        assets: the content of each file that layers keep, by its path, as in "layers/string_lookup/vocabulary.txt".
        version: of the Keras that wrote it, "" if the file does not say.
    """

    config: Config
    weights: bytes
    assets: dict[str, bytes]
    version: str


def read_archive(path: Path) -> Archive:
    """The members of a `.keras` file.

    Raises:
        ValueError: the file is damaged or truncated, or of another kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for problem in map(_problem, archive.infolist()):
                if problem:
                    raise ValueError(f"{path} is not loaded: {problem}")
            if len({name.replace("\\", "/").rstrip("/") for name in names}) != len(names):
                raise ValueError(f"{path} is not loaded: it holds a member twice")
            _check_expansion(archive, path)
            if missing := [name for name in (CONFIG, WEIGHTS) if name not in names]:
                npz = "; weights in .npz are not read, save them as .h5" if "model.weights.npz" in names else ""
                raise ValueError(f"{path} is not a model of Keras 3: {', '.join(missing)} is missing from the archive{npz}")
            config = json.loads(_content(archive, CONFIG))
            found = [name for name in names if name.startswith("assets/") and not name.endswith("/")]
            assets = {name.removeprefix("assets/"): _content(archive, name) for name in found}
            weights = _content(archive, WEIGHTS)
            metadata = json.loads(_content(archive, METADATA)) if METADATA in names else {}
    except _DAMAGE as error:
        raise ValueError(f"{path} is damaged, truncated, or not a .keras file ({error})") from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"{path} is damaged: {CONFIG} does not describe a model")
    version = metadata.get("keras_version", "") if isinstance(metadata, dict) else ""
    return Archive(config, weights, assets, str(version))


def warn_of_newer_keras(version: str, path: Path) -> None:
    """Warn if a later Keras than the third wrote a file: what it means by the same names may differ."""
    major = version.split(".")[0]
    if major.isdecimal() and int(major) > int(KERAS_VERSION.split(".")[0]):
        warn_user(
            f"{path} was written by Keras {version}, and this minidl knows the files of Keras 2 and 3, up to {KERAS_VERSION}; "
            f"compare its predictions with those of Keras",
        )


def _problem(member: zipfile.ZipInfo) -> str:
    """What is wrong with a member, which is read but never extracted to the disk."""
    place = PurePosixPath(member.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0] if place.parts else True:
        return f"its member {member.filename!r} is a path outside of the archive"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"its member {member.filename!r} is a link or a device"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks others without a limit
        return f"its member {member.filename!r} is compressed in another way than deflate"
    return f"its member {member.filename!r} is encrypted" if member.flag_bits & 1 else ""


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member, unpacked to the size that the archive says and no further; a longer one raises an error as damaged."""
    with archive.open(name) as member:
        return member.read(archive.getinfo(name).file_size)


def _check_expansion(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise ValueError if the members are much larger than the file: weights are not that regular."""
    whole, stored = sum(member.file_size for member in archive.infolist()), path.stat().st_size
    if whole > most_expanded(stored):
        raise ValueError(f"{path} is not loaded: it has {stored} bytes, and unpacked it would have {whole}")


def archive_bytes(config: Config, weights: bytes, assets: dict[str, bytes]) -> bytes:
    """The bytes of a `.keras` file."""
    metadata = {"keras_version": KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(config))
        archive.writestr(WEIGHTS, weights)
        for name, content in assets.items():
            archive.writestr(f"assets/{name}", content)
    return memory.getvalue()

"""The `.keras` archive: a zip file with `metadata.json`, `config.json`, `model.weights.h5` and, rarely, files of layers."""

import io
import json
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
KERAS_VERSION = "3.15.0"  # whose files these are
_EXPANSION, _SMALL = 1000, 1 << 20


class Archive(NamedTuple):
    """The members of an archive.

    Attributes:
        config: of the model.
        weights: an HDF5 file.
        assets: the content of each file that layers keep, by its path, as in "layers/string_lookup/vocabulary.txt".
    """

    config: dict[str, Any]
    weights: bytes
    assets: dict[str, bytes]


def read_archive(path: Path) -> Archive:
    """The members of a `.keras` file.

    Raises:
        ValueError: the file is damaged or truncated, or of another kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise ValueError(f"{path} is refused: a member is in it twice")
            if missing := [name for name in (CONFIG, WEIGHTS) if name not in names]:
                npz = "; weights in .npz are not read, save them as .h5" if "model.weights.npz" in names else ""
                raise ValueError(f"{path} is not a model of Keras 3: {', '.join(missing)} is missing from the archive{npz}")
            config = json.loads(_member(archive, CONFIG, path))
            found = [name for name in names if name.startswith("assets/") and not name.endswith("/")]
            assets = {name.removeprefix("assets/"): _member(archive, name, path) for name in found}
            weights = _member(archive, WEIGHTS, path)
    except (zipfile.BadZipFile, EOFError, OSError, json.JSONDecodeError, zlib.error) as error:
        raise ValueError(f"{path} is damaged, truncated, or not a .keras file ({error})") from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"{path} is damaged: {CONFIG} does not describe a model")
    return Archive(config, weights, assets)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > max(_SMALL, _EXPANSION * info.compress_size):
        raise ValueError(f"{path} is refused: {name} has {info.file_size} bytes, from {info.compress_size} compressed ones")
    return archive.read(name)


def archive_bytes(config: dict[str, Any], weights: bytes, assets: dict[str, bytes]) -> bytes:
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

"""Files of models: the ending decides the format, and a file is complete or not there at all."""

from os import PathLike
from pathlib import Path

from minidl.config.checks import shown
from minidl.config.processes import prints_and_writes, wait_for_file
from minidl.data.atomic_file import replacing

FilePath = str | PathLike[str]

MODEL_ENDINGS = (".safetensors", ".keras")
WEIGHTS_ENDINGS = (".safetensors", ".weights.h5")
READ_MODEL_ENDINGS = (*MODEL_ENDINGS, ".h5", ".hdf5")
READ_WEIGHTS_ENDINGS = (".safetensors", ".keras", ".weights.h5", ".h5", ".hdf5")


def as_path(filepath: object) -> Path:
    """The argument as a path.

    Raises:
        TypeError: it is neither a string nor a path.
    """
    if not isinstance(filepath, (str, PathLike)):
        raise TypeError(f'expected a file name, such as "model.safetensors", got {shown(filepath)}')
    return Path(filepath)


def ending_of(filepath: object, endings: tuple[str, ...], purpose: str) -> str:
    """The ending of a file name, which decides the format.

    Args:
        filepath: the file name.
        endings: those that are possible.
        purpose: what they are for, such as "save a model".
    Raises:
        ValueError: another ending; the message lists the possible ones.
    Example:
        >>> ending_of("net.keras", (".safetensors", ".keras"), "save a model")
        '.keras'
    """
    path = as_path(filepath)
    if path.is_dir():
        return endings[0]  # opening the folder raises an error
    name = path.name
    found = [ending for ending in endings if name.lower().endswith(ending)]
    if name.lower().endswith(".weights.h5") and ".weights.h5" not in endings:
        found = []
    if not found:
        raise ValueError(
            f"the ending decides the format: to {purpose}, use one of {', '.join(endings)}; got {str(filepath)!r}"
            + _advice(name.lower())
        )
    return max(found, key=len)


def _advice(name: str) -> str:
    if name.endswith(".weights.h5"):
        return "; .weights.h5 is for save_weights and load_weights, which leave the architecture out"
    if name.endswith((".h5", ".hdf5")):
        return "; whole models in .h5 are an older format of Keras, which can only be read"
    return "; .keras is for save, which writes the whole model" if name.endswith(".keras") else ""


def check_target(filepath: object, overwrite: bool) -> Path:
    """The path to write to.

    Raises:
        IsADirectoryError, FileExistsError, FileNotFoundError: it cannot be written there.
    """
    path = as_path(filepath)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give a file name, such as {path / 'model.safetensors'}")
    if path.exists() and not overwrite and prints_and_writes():
        raise FileExistsError(f"{path} already exists; pass overwrite=True to replace it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    return path


def existing(filepath: object) -> Path:
    """The path of a file to read.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = as_path(filepath)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is a folder, not a file" if path.is_dir() else f"there is no file {path}")
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a crash or a full disk leaves the old one or the new one, never half a file.

    Of several processes that train together the first writes, and the others wait for it.
    """
    if prints_and_writes():
        with replacing(path) as file:
            file.write(content)
    wait_for_file()


def first_bytes(path: Path) -> str:
    """The format that a file begins with: "zip" (.keras), "hdf5", or "" for others."""
    with path.open("rb") as file:
        start = file.read(8)
    return "zip" if start.startswith(b"PK\x03\x04") else "hdf5" if start == b"\x89HDF\r\n\x1a\n" else ""

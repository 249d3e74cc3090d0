"""Files of models: the ending decides the format, and a file is complete or not there at all."""

import os
from os import PathLike

from minidl.config.checks import shown
from minidl.config.processes import prints_and_writes, wait_for_file

FilePath = str | PathLike[str]

MODEL_ENDINGS = READ_MODEL_ENDINGS = (".safetensors", ".keras", ".h5", ".hdf5")
WEIGHTS_ENDINGS = (".safetensors", ".weights.h5")
READ_WEIGHTS_ENDINGS = (".safetensors", ".keras", ".weights.h5", ".h5", ".hdf5")


def as_path(filepath: object) -> str:
    """The argument as a path: a string, since importing `pathlib` would be a tenth of the time to a first prediction.

    Raises:
        TypeError: it is neither a string nor a path.
    """
    if not isinstance(filepath, (str, PathLike)):
        raise TypeError(f'expected a file name, such as "model.safetensors", got {shown(filepath)}')
    return os.fsdecode(filepath)


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
    if os.path.isdir(path):
        return endings[0]  # opening the folder raises an error
    name = os.path.basename(path)
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
    ending = next((ending for ending in MODEL_ENDINGS if name.endswith(ending)), None)
    return f"; {ending} is for save, which writes the whole model" if ending else ""


def check_target(filepath: object, overwrite: bool) -> str:
    """The path to write to.

    Raises:
        IsADirectoryError, FileExistsError, FileNotFoundError: it cannot be written there.
    """
    path = as_path(filepath)
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        example = os.path.join(path, "model" + (os.path.splitext(name)[1] or ".safetensors"))
        raise IsADirectoryError(f"{path} is a folder; give a file name, such as {example}")
    if os.path.exists(path) and not overwrite and prints_and_writes():
        raise FileExistsError(f"{path} already exists; pass overwrite=True to replace it")
    if not os.path.isdir(folder or os.curdir):
        raise FileNotFoundError(f"there is no folder {folder} to write {name} into")
    return path


def existing(filepath: object) -> str:
    """The path of a file to read.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = as_path(filepath)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path} is a folder, not a file" if os.path.isdir(path) else f"there is no file {path}")
    return path


def write_atomically(path: str, content: bytes) -> None:
    """Write a file so that a crash or a full disk leaves the old one or the new one, never half a file.

    Of several processes that train together the first writes, and the others wait for it.
    """
    from minidl.data.atomic_file import replacing  # with modules that reading a file does not need

    if prints_and_writes():
        with replacing(path) as file:
            file.write(content)
    wait_for_file()


def first_bytes(path: FilePath) -> str:
    """The format that a file begins with: "zip" (.keras), "hdf5", or "" for others."""
    with open(path, "rb") as file:
        start = file.read(8)
    return "zip" if start.startswith(b"PK\x03\x04") else "hdf5" if start == b"\x89HDF\r\n\x1a\n" else ""

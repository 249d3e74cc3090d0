"""A safetensors file with tensors, and a description of them as JSON in its metadata.

Files are written under another name in the same folder and then moved into place, so that a crash never leaves half a file.
"""

import json
from collections.abc import Mapping

import numpy as np

from minidl.config.types import Array, Config, State
from minidl.saving.checksum import checksum
from minidl.saving.description import check_older, check_types
from minidl.saving.files import FilePath, check_target, existing, first_bytes, write_atomically
from minidl.saving.tensor_file import read_tensor_file

FORMAT = 2
_KEY = "minidl"  # the one metadata key; its value is a JSON string


def write_model_file(filepath: FilePath, tensors: Mapping[str, Array], head: Config, overwrite: bool) -> None:
    """Write tensors and their description."""
    from safetensors.numpy import save

    path = check_target(filepath, overwrite)
    contiguous = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}  # safetensors issue 825
    head = json.loads(json.dumps(head))  # as it will be read
    write_atomically(path, save(contiguous, metadata={_KEY: json.dumps(head | {"checksum": checksum(head, contiguous)})}))


def _check_not_keras(path: str) -> None:
    """Raise an error for a file that Keras wrote: a zip archive or an HDF5 file."""
    if kind := first_bytes(path):
        ending = ".keras" if kind == "zip" else ".weights.h5, or .h5 for a whole model"
        raise ValueError(f"{path} was written by Keras, not by safetensors; rename it to end in {ending}, and load it again")


def read_model_file(filepath: FilePath) -> tuple[State, dict[str, Array]]:
    """The description and the tensors of a file.

    Raises:
        ValueError: the file is damaged, or neither this nor an older minidl wrote it.
    """
    path = existing(filepath)
    _check_not_keras(path)
    metadata, tensors = read_tensor_file(path)
    if _KEY not in metadata:
        raise ValueError(f"{path} is a safetensors file, but minidl did not write it: its metadata has no {_KEY!r}")
    try:
        head = json.loads(metadata[_KEY])
        check_types(head)
        missing = [name for name in head["weights"] if name not in tensors]
        newer, older = head["format"] > FORMAT, head["format"] < FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: its description of the model cannot be read ({error!r})") from error
    if newer:
        raise ValueError(f"{path} has format {head['format']}, this minidl reads up to {FORMAT}: install a newer one")
    if older and head.get("kind") != "weights":
        raise ValueError(f"{path} has format {head['format']}, which this minidl no longer reads: it reads {FORMAT}")
    if missing:
        raise ValueError(f"{path} is damaged: the weights {missing} are missing")
    expected = head.pop("checksum", None)  # older files have none
    if expected is None:
        check_older(head)
    elif expected != checksum(head, tensors):
        raise ValueError(f"{path} is damaged: its content does not match its checksum; use another copy of the file")
    return head, tensors

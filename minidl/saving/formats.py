"""Save and load models and weights: the ending of the file name decides the format."""

from contextvars import copy_context

from minidl.config.layer_like import ModelLike
from minidl.config.registry import public
from minidl.config.types import CustomObjects
from minidl.saving import checkpoint
from minidl.saving.errors import reading
from minidl.saving.files import (
    MODEL_ENDINGS,
    READ_MODEL_ENDINGS,
    READ_WEIGHTS_ENDINGS,
    WEIGHTS_ENDINGS,
    FilePath,
    check_target,
    ending_of,
    existing,
    first_bytes,
    write_atomically,
)


def save_model(model: object, filepath: FilePath, overwrite: bool = True) -> None:
    """Save a built model: architecture, weights, compile settings, optimizer and, in ".safetensors", random states.

    Args:
        model: a `Model` or `Sequential`.
        filepath: the path. ".safetensors" is minidl's own format; ".keras" that of Keras 3, and ".h5" its older one, which
            need h5py.
        overwrite: whether an existing file may be replaced.
    Raises:
        ValueError: another ending, the model is not built yet, it holds a lambda, or, for files of Keras, something that
            Keras does not have; for ".h5" also if the model is code with `call`.
        FileExistsError: the file exists and `overwrite` is false.
        ImportError: h5py is not installed.
    Example:
        >>> from minidl import Sequential, layers
        >>> model = Sequential([layers.Input((3,)), layers.Dense(2)])
        >>> save_model(model, "model.safetensors")
        >>> load_model("model.safetensors").output_shape
        (None, 2)
    """
    if (ending := ending_of(filepath, MODEL_ENDINGS, "save a model")) == ".safetensors":
        checkpoint.save_model(model, filepath, overwrite)
        return
    path = check_target(filepath, overwrite)
    checkpoint.check_built(model)
    write_atomically(path, public("interop.keras", "save_keras" if ending == ".keras" else "save_h5")(model))


def save_weights(model: object, filepath: FilePath, overwrite: bool = True) -> None:
    """Save only the weights of a built model, in ".safetensors" or in Keras's ".weights.h5".

    Example:
        >>> from minidl import Sequential, layers
        >>> model = Sequential([layers.Input((3,)), layers.Dense(2)])
        >>> save_weights(model, "model.weights.safetensors")
        >>> load_weights(model, "model.weights.safetensors")
    """
    if ending_of(filepath, WEIGHTS_ENDINGS, "save weights") == ".safetensors":
        checkpoint.save_weights(model, filepath, overwrite)
        return
    path = check_target(filepath, overwrite)
    checkpoint.check_built(model)
    write_atomically(path, public("interop.keras", "save_keras_weights")(model))


def load_model(
    filepath: FilePath, custom_objects: CustomObjects | None = None, compile: bool = True, safe_mode: bool = True
) -> ModelLike:
    """Load a model that `save` wrote, here or in Keras; predictions and further training are the same as with the original.

    Args:
        filepath: the file: ".safetensors", ".keras", or the older ".h5" of Keras 2 and 3.
        custom_objects: your own classes and functions by name, unless they are registered.
        compile: whether to compile it like the original.
        safe_mode: accepted for compatibility with Keras; code in a file is never executed.
    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another ending.
        ModelFileError: the file is damaged, of another kind or a newer format, or names an unknown class.
        ImportError: h5py is not installed, which Keras's files need.
    Example:
        >>> from minidl import Sequential, layers
        >>> model = Sequential([layers.Input((3,)), layers.Dense(2)])
        >>> model.save("model.safetensors")
        >>> load_model("model.safetensors").output_shape
        (None, 2)
    """
    ending = ending_of(filepath, READ_MODEL_ENDINGS, "load a model")
    path = existing(filepath)
    with reading(path):  # in a copy of the context, so that no limit of loading outlives a Ctrl-C
        if ending == ".safetensors":
            return copy_context().run(checkpoint.load_model, path, custom_objects, compile)
        _check_start(path, "zip" if ending == ".keras" else "hdf5", ending)
        load = public("interop.keras", "load_keras" if ending == ".keras" else "load_h5")
        return copy_context().run(load, path, custom_objects, compile)


def load_weights(model: object, filepath: FilePath, skip_mismatch: bool = False) -> None:
    """Load weights into a built model of the same architecture; nothing changes unless all of them fit.

    The file may be ".safetensors", or Keras's ".weights.h5", ".keras" or ".h5". With `skip_mismatch` layers whose weights do
    not fit are skipped with a warning.

    Raises:
        ModelFileError: the file is damaged, of another kind, or does not fit the model.
    Example:
        >>> from minidl import Sequential, layers
        >>> model, other = (Sequential([layers.Input((3,)), layers.Dense(2)]) for _ in range(2))
        >>> model.save_weights("model.weights.safetensors")
        >>> load_weights(other, "model.weights.safetensors")
        >>> bool(np.array_equal(model.get_weights()[0], other.get_weights()[0]))
        True
    """
    ending = ending_of(filepath, READ_WEIGHTS_ENDINGS, "load weights")
    checkpoint.check_built(model)
    path = existing(filepath)
    with reading(path):
        if ending == ".safetensors":
            checkpoint.load_weights(model, path, skip_mismatch)
        else:
            _check_start(path, "zip" if ending == ".keras" else "hdf5", ending)
            public("interop.keras", "load_keras_weights")(model, path, skip_mismatch)


def _check_start(path: str, kind: str, ending: str) -> None:
    """Raise ValueError if the first bytes are not those of the format that the ending names."""
    if first_bytes(path) != kind:
        name = "a .keras file" if kind == "zip" else "an HDF5 file"
        raise ValueError(f"{path} ends in {ending}, but does not begin like {name}: it is damaged, or of another format")

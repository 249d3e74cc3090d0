"""`ModelFileError`: the one error of every file that is damaged, of another kind, or asks for something that no file may."""

from collections.abc import Iterator
from contextlib import contextmanager

from minidl.config.layer_like import ModelLike

_LENGTH = 2000  # characters of a message


class ModelFileError(ValueError):
    """A file cannot be loaded: it is damaged, truncated, of another kind, unsafe, or does not fit the model.

    Raised by `load_model`, `load_weights` and `BackupAndRestore` for files of every format, with a message of bounded length.
    A file that does not exist or must not be read raises an `OSError`, a missing package an `ImportError`.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("model.safetensors").write_bytes(b"not a model")
        >>> try:
        ...     minidl.load_model("model.safetensors")
        ... except ModelFileError as error:
        ...     print(str(error)[:44])
        model.safetensors is damaged, truncated, or
    """


@contextmanager
def reading(filepath: object) -> Iterator[None]:
    """Context in which every error about a file's content becomes a `ModelFileError`, also those of deeper levels.

    Raises:
        ModelFileError: a `ValueError`, `TypeError`, `KeyError`, `RecursionError` and so on was raised inside.
    """
    try:
        yield
    except (ModelFileError, ImportError, FileNotFoundError, PermissionError, Warning):
        raise
    except Exception as error:
        text = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        if isinstance(error, RecursionError):
            text = "its values or layers are nested too deeply"
        named = text if str(filepath) in text else f"{filepath} cannot be loaded: {text}"
        failed = ModelFileError(_bounded(named))
        for note in getattr(error, "__notes__", ()):
            failed.add_note(_bounded(note))
        raise failed from (error if len(text) <= _LENGTH else None)


@contextmanager
def unchanged_on_error(model: ModelLike) -> Iterator[None]:
    """Context at whose end, after an error, the model has the weights, random states and optimizer of its beginning."""
    optimizer = model.optimizer
    rates = (
        [] if optimizer is None or not optimizer.built else [one for one in optimizer.variables if one.name == "learning_rate"]
    )
    weights = [(variable, variable.numpy()) for variable in [*model.weights, *rates]]
    states = [(generator, generator.bit_generator.state) for generator in model.generators]
    before = {} if optimizer is None else {"batches": optimizer.batches, "scalars": dict(optimizer.scalars)}
    try:
        yield
    except BaseException:
        for variable, value in weights:
            variable.assign(value)
        for generator, state in states:
            generator.bit_generator.state = state
        for name, value in before.items():
            setattr(optimizer, name, value)
        raise


def _bounded(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 500]} ... {text[-400:]}"

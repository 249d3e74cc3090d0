"""Functions of `keras.config` for settings that are fixed here: they accept the value in use and raise an error for others."""

from typing import NoReturn


def backend() -> str:
    """Name of the library that computes: "numpy".

    Example:
        >>> backend()
        'numpy'
    """
    return "numpy"


def set_backend(backend: str) -> None:
    """Accept "numpy".

    Raises:
        ValueError: another name.
    Example:
        >>> set_backend("numpy")
    """
    if backend != "numpy":
        raise ValueError(f"minidl computes with NumPy alone: its backend is 'numpy', got {backend!r}")


def enable_traceback_filtering() -> None:
    """Do nothing: tracebacks are never shortened.

    Example:
        >>> enable_traceback_filtering()
        >>> is_traceback_filtering_enabled()
        False
    """


def disable_traceback_filtering() -> None:
    """Do nothing: tracebacks are never shortened.

    Example:
        >>> disable_traceback_filtering()
        >>> is_traceback_filtering_enabled()
        False
    """


def is_traceback_filtering_enabled() -> bool:
    """False: tracebacks are never shortened.

    Example:
        >>> is_traceback_filtering_enabled()
        False
    """
    return False


def enable_flash_attention() -> NoReturn:
    """Raise ValueError: there is no flash attention for NumPy.

    Raises:
        ValueError: always.
    Example:
        >>> enable_flash_attention()
        Traceback (most recent call last):
        ValueError: minidl has no flash attention, which needs a GPU; ...
    """
    raise ValueError("minidl has no flash attention, which needs a GPU; attention layers compute the same result without it")


def disable_flash_attention() -> None:
    """Do nothing: attention is never computed that way.

    Example:
        >>> disable_flash_attention()
        >>> is_flash_attention_enabled()
        False
    """


def is_flash_attention_enabled() -> bool:
    """False: attention is never computed that way.

    Example:
        >>> is_flash_attention_enabled()
        False
    """
    return False


def is_nnx_enabled() -> bool:
    """False: NNX belongs to JAX.

    Example:
        >>> is_nnx_enabled()
        False
    """
    return False


def enable_unsafe_deserialization() -> NoReturn:
    """Raise ValueError: nothing in a file is ever executed.

    Raises:
        ValueError: always.
    Example:
        >>> enable_unsafe_deserialization()
        Traceback (most recent call last):
        ValueError: minidl never executes code from a file; ...
    """
    raise ValueError(
        "minidl never executes code from a file; pass custom_objects to load_model, or decorate your classes and functions "
        "with @minidl.saving.register_keras_serializable()"
    )

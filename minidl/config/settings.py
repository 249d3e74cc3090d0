"""Process-wide settings: the default float type, epsilon and data format, and whether progress is shown as a bar."""

from typing import Any

_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
}


def floatx() -> str:
    """Name of the default float type of layers: "float32" unless changed.

    Example:
        >>> floatx()
        'float32'
    """
    return str(_settings["floatx"])


def set_floatx(value: str) -> None:
    """Set the float type of layers made from now on.

    Args:
        value: "float32" or "float64".
    Raises:
        ValueError: another name.
    Example:
        >>> set_floatx("float64")
        >>> minidl.layers.Dense(2)(np.ones((1, 3))).dtype
        dtype('float64')
        >>> set_floatx("float32")
    """
    if value not in ("float32", "float64"):
        raise ValueError(f"floatx is 'float32' or 'float64', got {value!r}")
    _settings["floatx"] = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite: 1e-7 unless changed.

    Example:
        >>> epsilon()
        1e-07
    """
    return float(_settings["epsilon"])


def set_epsilon(value: float) -> None:
    """Set epsilon, a positive number.

    Example:
        >>> set_epsilon(1e-5)
        >>> epsilon()
        1e-05
        >>> set_epsilon(1e-7)
    """
    if not value > 0:
        raise ValueError(f"epsilon is a positive number, got {value!r}")
    _settings["epsilon"] = float(value)


def image_data_format() -> str:
    """The data format of layers made without one: "channels_last" unless changed.

    Example:
        >>> image_data_format()
        'channels_last'
    """
    return str(_settings["image_data_format"])


def set_image_data_format(data_format: str) -> None:
    """Set the data format of layers made from now on without one.

    Args:
        data_format: "channels_last", (batch, height, width, channels), or "channels_first", (batch, channels, height, width).
    Raises:
        ValueError: another name.
    Example:
        >>> set_image_data_format("channels_first")
        >>> image_data_format()
        'channels_first'
        >>> set_image_data_format("channels_last")
    """
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"the image data format is 'channels_last' or 'channels_first', got {data_format!r}")
    _settings["image_data_format"] = data_format


def is_interactive_logging_enabled() -> bool:
    """Whether `verbose="auto"` may show a bar: True unless changed.

    Example:
        >>> is_interactive_logging_enabled()
        True
    """
    return bool(_settings["interactive_logging"])


def enable_interactive_logging() -> None:
    """Let `verbose="auto"` show a bar on a terminal and in a notebook (the default).

    Example:
        >>> enable_interactive_logging()
        >>> is_interactive_logging_enabled()
        True
    """
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Let `verbose="auto"` print one line per epoch everywhere.

    Example:
        >>> disable_interactive_logging()
        >>> is_interactive_logging_enabled()
        False
        >>> enable_interactive_logging()
    """
    _settings["interactive_logging"] = False

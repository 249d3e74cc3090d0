"""Process-wide settings: the default float type and epsilon."""

_settings: dict[str, str | float] = {"floatx": "float32", "epsilon": 1e-7}


def floatx() -> str:
    """Name of the default float type of layers: "float32" unless changed."""
    return str(_settings["floatx"])


def set_floatx(value: str) -> None:
    """Set the float type of layers made from now on.

    Args:
        value: "float32" or "float64".
    Raises:
        ValueError: another name.
    """
    if value not in ("float32", "float64"):
        raise ValueError(f"floatx is 'float32' or 'float64', got {value!r}")
    _settings["floatx"] = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite: 1e-7 unless changed."""
    return float(_settings["epsilon"])


def set_epsilon(value: float) -> None:
    """Set epsilon, a positive number."""
    if not value > 0:
        raise ValueError(f"epsilon is a positive number, got {value!r}")
    _settings["epsilon"] = float(value)

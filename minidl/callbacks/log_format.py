"""Format the values of the logs for printing and plotting: numbers, and the arrays that some metrics return."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_MOST = 6  # elements of an array that are shown


def format_value(value: Any) -> str:
    """A value with four digits; of a long array the first few elements.

    Example:
        >>> format_value(0.97123), format_value(9.51e-05), format_value([0.5, 1.0])
        ('0.9712', '9.5100e-05', '[0.5000, 1.0000]')
    """
    if np.ndim(value) == 0:
        number = float(value)
        return f"{number:.4f}" if abs(number) > 1e-3 or number == 0 else f"{number:.4e}"
    numbers = [float(number) for number in np.ravel(value)]
    shown = ", ".join(f"{number:.4f}" for number in numbers[:_MOST])
    return f"[{shown}]" if len(numbers) <= _MOST else f"[{shown}, ... {len(numbers)} in all]"


def curves(name: str, value: Any) -> dict[str, float]:
    """A dict of curve names and values: an array becomes one entry per element.

    Example:
        >>> curves("loss", 0.5), curves("f1_score", [0.5, 1.0])
        ({'loss': 0.5}, {'f1_score_0': 0.5, 'f1_score_1': 1.0})
    """
    if np.ndim(value) == 0:
        return {name: value}
    return {f"{name}_{number}": one for number, one in enumerate(np.ravel(value).tolist())}


def describe(logs: Mapping[str, object] | None) -> str:
    """The logs in one line, validation last.

    Example:
        >>> describe({"val_loss": 0.5, "loss": 9.51e-05})
        'loss: 9.5100e-05 - val_loss: 0.5000'
    """
    values = sorted((logs or {}).items(), key=lambda item: (item[0].startswith("val_"), item[0]))
    return " - ".join(f"{key}: {format_value(value)}" for key, value in values)

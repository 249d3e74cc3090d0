"""Arguments of layers from older versions of Keras, which Keras 3 accepts with a warning."""

import warnings
from collections.abc import Mapping
from typing import Any


def warn_of_input_shape(owner: str) -> None:
    """Warn that a layer was given `input_shape` or `input_dim`."""
    warnings.warn(
        f"{owner} was given input_shape or input_dim; begin the model with Input(shape) instead", UserWarning, stacklevel=5
    )


def replace_arguments(owner: str, arguments: dict[str, Any], replaced: Mapping[str, tuple[str | None, str]]) -> dict[str, Any]:
    """The arguments with older names replaced, with a warning for each.

    Args:
        owner: the class.
        arguments: the keyword arguments of its constructor.
        replaced: older name -> (the name now, or `None` for an argument that is ignored; what to write).
    """
    found = {name: replaced[name] for name in arguments if name in replaced}
    for name, (_, advice) in found.items():
        warnings.warn(f"{owner}({name}=...) is the way of older versions of Keras: {advice}", UserWarning, stacklevel=5)
    kept = {name: value for name, value in arguments.items() if name not in found}
    return kept | {now: arguments[name] for name, (now, _) in found.items() if now is not None}

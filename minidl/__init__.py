"""minidl: an object-oriented deep-learning framework in Python, NumPy and SciPy, with Keras's names.

This module only exports names; each is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from minidl import (
        activations,
        callbacks,
        constraints,
        datasets,
        diagnostics,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        random,
        regularizers,
        saving,
        testing,
        utils,
    )
    from minidl.layers import Input, Layer
    from minidl.models import Model, Sequential
    from minidl.saving import load_model
    from minidl.variable import Variable

_MODULES = (
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "diagnostics",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "testing",
    "utils",
)
_NAMES = {
    "Input": "minidl.layers",
    "Layer": "minidl.layers",
    "Model": "minidl.models",
    "Sequential": "minidl.models",
    "Variable": "minidl.variable",
    "load_model": "minidl.saving",
}

__all__ = [
    "Input",
    "Layer",
    "Model",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "diagnostics",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "testing",
    "utils",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"minidl.{name}")
    from minidl.config.missing_names import missing_name  # importing minidl loads nothing

    raise AttributeError(missing_name("minidl", name, __all__))


def __dir__() -> list[str]:
    return __all__

"""minidl: an object-oriented deep-learning framework in Python, NumPy and SciPy, with Keras's names.

This module only exports names; each is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from minidl import (
        activations,
        applications,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        diagnostics,
        distillation,
        distribution,
        dtype_policies,
        initializers,
        interop,
        layers,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        preprocessing,
        random,
        regularizers,
        saving,
        testing,
        tree,
        utils,
        wrappers,
    )
    from minidl.config.dtype_policy import DTypePolicy
    from minidl.config.dtype_policy import DTypePolicy as FloatDTypePolicy
    from minidl.config.scopes import device, name_scope, remat
    from minidl.graph import SymbolicTensor as KerasTensor
    from minidl.initializers import Initializer
    from minidl.layers import Input, InputSpec, Layer
    from minidl.losses import Loss
    from minidl.metrics import Metric
    from minidl.models import Function, Model, Sequential
    from minidl.optimizers import Optimizer
    from minidl.regularizers import Regularizer
    from minidl.saving import load_model
    from minidl.variable import Variable

_NAMES = {
    "DTypePolicy": "config.dtype_policy.DTypePolicy",
    "FloatDTypePolicy": "config.dtype_policy.DTypePolicy",
    "Function": "models.Function",
    "Initializer": "initializers.Initializer",
    "Input": "layers.Input",
    "InputSpec": "layers.InputSpec",
    "KerasTensor": "graph.SymbolicTensor",
    "Layer": "layers.Layer",
    "Loss": "losses.Loss",
    "Metric": "metrics.Metric",
    "Model": "models.Model",
    "Optimizer": "optimizers.Optimizer",
    "Regularizer": "regularizers.Regularizer",
    "Sequential": "models.Sequential",
    "Variable": "variable.Variable",
    "device": "config.scopes.device",
    "load_model": "saving.load_model",
    "name_scope": "config.scopes.name_scope",
    "remat": "config.scopes.remat",
}

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "device",
    "diagnostics",
    "distillation",
    "distribution",
    "dtype_policies",
    "initializers",
    "interop",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "remat",
    "saving",
    "testing",
    "tree",
    "utils",
    "version",
    "wrappers",
]


def version() -> str:
    """The version of minidl.

    Example:
        >>> version() == __version__
        True
    """
    return __version__


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        module, _, attribute = _NAMES[name].rpartition(".")
        return getattr(importlib.import_module(f"minidl.{module}"), attribute)
    if name in __all__:  # the others are modules
        return importlib.import_module(f"minidl.{name}")
    from minidl.config.missing_names import missing_name  # importing minidl loads nothing

    raise AttributeError(missing_name("minidl", name, __all__))


def __dir__() -> list[str]:
    return __all__

"""Checks of the arguments of `MLPClassifier` and `MLPRegressor`, when `fit` is called, as scikit-learn requires."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from minidl.config.checks import is_integer, is_number
from minidl.layers import Layer

if TYPE_CHECKING:
    from minidl.wrappers.mlp_base import BaseMLP

_CHOICES = {
    "activation": ("identity", "logistic", "tanh", "relu"),
    "solver": ("lbfgs", "sgd", "adam"),
    "learning_rate": ("constant", "invscaling", "adaptive"),
    "loss": ("squared_error", "poisson", "log_loss"),
}
_POSITIVE_INTEGERS = ("max_iter", "max_fun")
# lowest and highest value, and whether these are allowed themselves
_RANGES = {
    "alpha": (0, np.inf, True, False),
    "learning_rate_init": (0, np.inf, False, False),
    "power_t": (0, np.inf, True, False),
    "tol": (0, np.inf, True, False),
    "momentum": (0, 1, True, True),
    "validation_fraction": (0, 1, True, False),
    "beta_1": (0, 1, True, False),
    "beta_2": (0, 1, True, False),
    "epsilon": (0, np.inf, False, False),
}
_FLAGS = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")


def check_parameters(mlp: BaseMLP) -> None:
    """Raise ValueError for the first argument of an estimator that does not fit."""
    for name, choices in _CHOICES.items():
        if hasattr(mlp, name) and getattr(mlp, name) not in choices:
            _raise(mlp, name, f"one of {', '.join(map(repr, choices))}")
    for name in _POSITIVE_INTEGERS:
        value = getattr(mlp, name)
        if not is_integer(value, least=1):
            _raise(mlp, name, "an integer of at least 1")
    for name, (low, high, with_low, with_high) in _RANGES.items():
        value = getattr(mlp, name)
        fits = is_number(value) and low <= value <= high
        if not fits or (value == low and not with_low) or (value == high and not with_high):
            _raise(mlp, name, f"a number in {'[' if with_low else '('}{low}, {high}{']' if with_high else ')'}")
    for name in _FLAGS:
        if not isinstance(getattr(mlp, name), (bool, np.bool_)):
            _raise(mlp, name, "True or False")
    no_change, size = mlp.n_iter_no_change, mlp.batch_size
    if no_change != np.inf and not is_integer(no_change, least=1):
        _raise(mlp, "n_iter_no_change", "an integer of at least 1, or infinity")
    if size != "auto" and not is_integer(size, least=1):
        _raise(mlp, "batch_size", "'auto' or an integer of at least 1")
    if mlp.hidden_layers is not None:
        if not all(isinstance(layer, Layer) for layer in mlp.hidden_layers):
            _raise(mlp, "hidden_layers", "None or a list of minidl layers")
    else:
        hidden_sizes(mlp)


def _raise(mlp: object, name: str, expected: str) -> None:
    raise ValueError(f"The {name!r} parameter of {type(mlp).__name__} must be {expected}. Got {getattr(mlp, name)!r} instead.")


def hidden_sizes(mlp: BaseMLP) -> list[int]:
    """`hidden_layer_sizes` as a list of integers."""
    sizes = mlp.hidden_layer_sizes
    sizes = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if not all(is_integer(size, least=1) for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]

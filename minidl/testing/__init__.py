"""Checks for built-in and custom layers and losses: the layer protocol, and gradients against numerical ones."""

import importlib
from typing import Any

from minidl.config.missing_names import missing_name
from minidl.testing.check_layer import check_layer
from minidl.testing.check_loss import check_loss
from minidl.testing.numeric import check_gradient

__all__ = ["check_gradient", "check_layer", "check_loss", "strategies"]


def __getattr__(name: str) -> Any:
    if name == "strategies":  # needs hypothesis, unlike the checks themselves
        return importlib.import_module("minidl.testing.strategies")
    raise AttributeError(missing_name("minidl.testing", name, __all__))

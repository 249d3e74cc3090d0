"""Checks for layers and losses, yours and ours: every promise of the protocol, and every gradient against numeric ones."""

import importlib
from typing import Any

from minidl.config.missing_names import missing_name
from minidl.testing.check_layer import check_layer
from minidl.testing.check_loss import check_loss
from minidl.testing.numeric import check_gradient

__all__ = ["check_gradient", "check_layer", "check_loss", "strategies"]


def __getattr__(name: str) -> Any:
    if name == "strategies":  # needs hypothesis, which the checks themselves do not
        return importlib.import_module("minidl.testing.strategies")
    raise AttributeError(missing_name("minidl.testing", name, __all__))

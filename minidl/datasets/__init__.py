"""Data sets: `digits` is inside the package, `mnist` is downloaded once."""

import importlib
from types import ModuleType

__all__ = ["digits", "mnist"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"minidl.datasets.{name}")
    raise AttributeError(f"module 'minidl.datasets' has no attribute {name!r}; it has {', '.join(__all__)}")

"""Data sets with Keras's names, downloaded once; `digits` is inside the package."""

import importlib
from types import ModuleType

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"minidl.datasets.{name}")
    raise AttributeError(f"module 'minidl.datasets' has no attribute {name!r}; it has {', '.join(__all__)}")

"""`show_config`: what minidl computes with on this machine."""

import platform
from importlib import metadata
from typing import Any

import numpy as np

from minidl.kernels.compiled import what_is_in_use
from minidl.kernels.threads import threads

_PACKAGES = ("minidl", "numpy", "scipy", "threadpoolctl", "numba")


def show_config() -> None:
    """Print NumPy's BLAS library, the number of threads, whether compiled kernels are used, and the versions.

    Example:
        >>> show_config()
        Python            ...
        BLAS              ...
        threads           ...
        compiled kernels  ...
        versions          minidl ..., numpy ..., scipy ..., threadpoolctl ..., numba ...
    """
    build: Any = np.show_config(mode="dicts")
    blas = build["Build Dependencies"]["blas"]
    rows = {
        "Python": f"{platform.python_version()}, {platform.system()}, {platform.machine()}",
        "BLAS": f"{blas.get('name', 'unknown')} {blas.get('version', '')}",
        "threads": threads(),
        "compiled kernels": what_is_in_use(),
        "versions": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }
    for title, text in rows.items():
        print(f"{title:17} {text}")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"

"""Keras's own warnings, under NumPy 2, are not ours: everything else remains an error."""

from pathlib import Path

import pytest

KERAS_OWN = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"

JAX_OWN = "ignore:Explicitly requested dtype int64:UserWarning"  # Keras asks for it; JAX has int32


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings(KERAS_OWN))
            item.add_marker(pytest.mark.filterwarnings(JAX_OWN))

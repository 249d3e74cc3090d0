"""Every row of the table names a function of minidl, whose arguments its compiled version takes."""

import importlib
import inspect
from functools import reduce

import pytest

from minidl.kernels.in_use import in_use, is_compiled, name_of
from tests.kernels.compiled.both import switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)


def reference_of(name):
    """The function that a row names: "module.function" or "module.Class.method"."""
    parts = name.split(".")
    at = next(n for n, part in enumerate(parts) if part[0].isupper()) if any(p[0].isupper() for p in parts) else len(parts) - 1
    return reduce(getattr, parts[at:], importlib.import_module(f"minidl.{'.'.join(parts[:at])}"))


def test_every_row_names_a_function_and_takes_its_arguments():
    from minidl.kernels.compiled.table import compiled_functions

    assert is_compiled()
    for name, compiled in compiled_functions().items():
        reference = reference_of(name)
        assert name_of(reference) == name
        parameters = inspect.signature(reference).parameters
        inspect.signature(compiled).bind(*parameters)
        assert in_use[reference] is not reference


def test_a_function_without_a_row_is_used_itself():
    assert in_use[reference_of] is reference_of

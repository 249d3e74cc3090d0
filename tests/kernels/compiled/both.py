"""What the tests of compiled kernels share: the switch, and arrays of odd sizes with NaN and infinity."""

import os

import numpy as np
import pytest

from minidl.kernels.compiled import set_compiled
from minidl.kernels.in_use import name_of

SIZES = (0, 1, 7, 1023)


def switched_on():
    """Compiled kernels are in use for the tests of a module."""
    pytest.importorskip("numba")  # the extra `test` installs it
    set_compiled(True)
    yield
    set_compiled(os.environ["MINIDL_COMPILED"] == "1")  # as before, for fixtures of the next module too


def dtypes():
    """float32; in `.ci/thorough` float64 too, which takes as long to compile again."""
    return ["float32", pytest.param("float64", marks=pytest.mark.thorough)]


def compiled_version(reference):
    """The drop-in version of a function, without the return to the plain version when compiling fails."""
    from minidl.kernels.compiled.table import compiled_functions

    return compiled_functions()[name_of(reference)]


def strange(random, shape, dtype):
    """Normal numbers; among many of them zeros of both signs, NaN, infinities, and the smallest and largest numbers."""
    array = random.normal(size=shape).astype(dtype)
    limits = np.finfo(dtype)
    rare = np.array([0, -0.0, np.nan, np.inf, -np.inf, limits.tiny, limits.max], dtype)
    if array.size > 100:
        array.reshape(-1)[random.permutation(array.size)[: len(rare)]] = rare
    return array


def assert_close(fast, plain):
    """Equal within 1e-6 of the larger of the value and 1, in float32; NaN and infinity at the same places."""
    tolerance = 1e-6 if plain.dtype == np.float32 else 1e-13
    np.testing.assert_allclose(fast, plain, rtol=tolerance, atol=tolerance)

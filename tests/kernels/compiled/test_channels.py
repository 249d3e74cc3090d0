"""Compiled arithmetic along channels agrees with the reference, also where long sums would lose digits in float32."""

import numpy as np
import pytest

from minidl.kernels.channels import (
    channel_products,
    combine_channels,
    multiply_channels,
    scale_channels,
    subtract_channels,
)
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

pytestmark = [pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning")]
compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
SHAPES = [(3, 64, 4), (2, 67, 3), (1, 128, 1), (4, 1, 5), (0, 6, 2), (2, 0, 2), (2, 32_768, 8), (1, 1, 1)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("shared", [False, True], ids=["a vector for each part", "one for all"])
def test_elementwise_passes_agree_with_the_reference(shape, dtype, shared, rng):
    a, b = (strange(rng, shape, dtype) for _ in range(2))
    f, g, h = (rng.normal(size=(1 if shared else shape[0], shape[2])).astype(dtype) for _ in range(3))
    calls = {subtract_channels: (a, f), multiply_channels: (a, f), scale_channels: (a, f, g), combine_channels: (a, f, b, g, h)}
    for function, args in calls.items():
        assert_close(compiled_version(function)(*args), function(*args))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_sums_agree_with_float64(shape, dtype, rng):
    a, b = (rng.normal(3, 1, size=shape).astype(dtype) for _ in range(2))
    wide = a.astype("float64")
    for found, expected in zip(compiled_version(channel_products)(a, b), (wide, wide * b), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected.sum(axis=1), rtol=1e-6 if dtype == "float32" else 1e-13)


def test_only_the_channel_with_a_nan_has_sums_of_nan(rng):
    a = rng.normal(size=(2, 64, 4)).astype("float32")
    a[1, 5, 2] = np.nan
    for sums in compiled_version(channel_products)(a, a):
        np.testing.assert_array_equal(np.argwhere(np.isnan(sums)), [[1, 2]])

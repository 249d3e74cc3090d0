"""Compiled pooling has the bits of the reference."""

import numpy as np
import pytest

from minidl.kernels.geometry import window_geometry
from minidl.kernels.pooling import max_pool, max_pool_backward, max_pool_rows_backward
from tests.kernels.compiled.both import compiled_version, dtypes, strange, switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
WINDOWS = [((2, 2), (2, 2), "valid"), ((3, 2), (1, 2), "same"), ((3, 3), (2, 1), "same"), ((1, 1), (1, 1), "valid")]


@pytest.mark.parametrize(("size", "strides", "padding"), WINDOWS, ids=str)
@pytest.mark.parametrize("shape", [(2, 7, 6, 8), (1, 3, 3, 19), (0, 4, 4, 8), (1, 4, 5, 2)], ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_the_gradient_of_maxima_has_the_bits_of_the_reference(size, strides, padding, shape, dtype):
    random = np.random.default_rng(0)
    geometry = window_geometry(shape[1:3], size, strides, padding, (1, 1))
    x = strange(random, shape, dtype)
    x[..., : shape[-1] // 2] = np.round(x[..., : shape[-1] // 2])  # several maxima
    y = max_pool(x, geometry)
    dy, dx = random.integers(-9, 9, y.shape).astype(dtype), np.empty_like(x)
    compiled_version(max_pool_rows_backward)(dy, x, y, dx, geometry)
    np.testing.assert_array_equal(dx, max_pool_backward(dy, x, y, geometry))

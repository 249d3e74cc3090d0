"""Compiled loops over windows have the bits of the reference, or with products agree with it."""

import numpy as np
import pytest

from minidl.kernels.compiled import set_compiled
from minidl.kernels.convolution import add_windows, convolve_backward_input
from minidl.kernels.geometry import window_geometry
from minidl.kernels.pooling import max_pool_backward, max_pool_rows, max_pool_rows_backward
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
WINDOWS = [((2, 2), (2, 2), "valid"), ((3, 2), (1, 2), "same"), ((3, 3), (2, 1), "same"), ((1, 1), (1, 1), "valid")]


@pytest.mark.parametrize(("size", "strides", "padding"), WINDOWS, ids=str)
@pytest.mark.parametrize("shape", [(2, 7, 6, 8), (1, 3, 3, 19), (0, 4, 4, 8), (1, 4, 5, 2)], ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_maxima_and_their_gradient_have_the_bits_of_the_reference(size, strides, padding, shape, dtype):
    random = np.random.default_rng(0)
    geometry = window_geometry(shape[1:3], size, strides, padding, (1, 1))
    x = strange(random, shape, dtype)
    x[..., : shape[-1] // 2] = np.round(x[..., : shape[-1] // 2])  # several maxima
    y = np.empty((len(x), *geometry.outputs, shape[-1]), dtype)
    max_pool_rows(x, geometry, y)
    fast = np.empty_like(y)
    compiled_version(max_pool_rows)(x, geometry, fast)
    np.testing.assert_array_equal(fast, y)
    dy, dx = random.integers(-9, 9, y.shape).astype(dtype), np.empty_like(x)
    compiled_version(max_pool_rows_backward)(dy, x, y, dx, geometry)
    np.testing.assert_array_equal(dx, max_pool_backward(dy, x, y, geometry))


@pytest.mark.parametrize(("strides", "dilation"), [((1, 1), (1, 1)), ((2, 1), (1, 1)), ((1, 1), (2, 3))], ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_the_gradient_of_a_convolutions_input_agrees_with_the_reference(strides, dilation, dtype):
    random = np.random.default_rng(0)
    geometry = window_geometry((9, 8), (2, 3), strides, "valid", dilation)
    windows = 2 * geometry.outputs[0] * geometry.outputs[1]
    dy, kernel = (random.normal(size=size).astype(dtype) for size in ((windows, 6), (2, 3, 6, 5)))
    plain, fast = (np.ones((2, 9, 8, 5), dtype) for _ in range(2))
    add_windows(dy, kernel, plain, geometry)
    compiled_version(add_windows)(dy, kernel, fast, geometry)
    np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("rank", "groups"), [(1, 1), (2, 3), (3, 1)])
def test_other_convolutions_use_the_reference(rank, groups):
    random = np.random.default_rng(0)
    sizes = (6,) * rank
    geometry = window_geometry(sizes, (2,) * rank, (2,) * rank, "valid", (1,) * rank)
    dy = random.normal(size=(2, *geometry.outputs, 6)).astype("float32")
    kernel = random.normal(size=(*(2,) * rank, 3, 6)).astype("float32")
    fast = convolve_backward_input(dy, kernel, sizes, geometry, groups)
    set_compiled(False)
    assert_close(fast, convolve_backward_input(dy, kernel, sizes, geometry, groups))
    set_compiled(True)

"""Compiled depthwise convolutions have the bits of the reference, and gradients that agree with it."""

import numpy as np
import pytest

from minidl.kernels.depthwise import correlate, correlate_backward
from minidl.kernels.geometry import window_geometry
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
SHAPES = [  # of x, kernel, strides, dilation
    ((3, 8, 9, 5), (3, 3), (1, 1), (1, 1)),
    ((3, 8, 9, 5), (3, 3), (2, 3), (1, 1)),
    ((3, 8, 9, 5), (3, 3), (2, 1), (1, 1)),
    ((2, 8, 9, 16), (2, 3), (1, 1), (3, 2)),
    ((2, 4, 700, 7), (2, 3), (1, 1), (1, 1)),
    ((1, 3, 3, 5000), (2, 2), (1, 1), (1, 1)),
    ((3, 30, 5), (4,), (1,), (2,)),
    ((3, 31, 5), (4,), (3,), (1,)),
    ((2, 1200, 4), (3,), (1,), (1,)),
    ((2, 5, 4, 3, 4), (2, 3, 2), (1, 1, 1), (1, 1, 1)),  # three axes are left to the reference
    ((0, 8, 9, 5), (3, 3), (1, 1), (1, 1)),
]


@pytest.mark.parametrize("make", [strange, lambda random, shape, dtype: random.normal(size=shape).astype(dtype)])
@pytest.mark.parametrize("case", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_convolutions_and_gradients_agree_with_the_reference(case, dtype, make):
    shape, size, strides, dilation = case
    random = np.random.default_rng(0)
    geometry = window_geometry(shape[1:-1], size, strides, "valid", dilation)
    dy_shape = (shape[0], *geometry.outputs, shape[-1])
    x, kernel, dy = (make(random, one, dtype) for one in (shape, (*size, shape[-1]), dy_shape))
    plain, fast = np.empty_like(dy), np.empty_like(dy)
    with np.errstate(all="ignore"):
        correlate(x, kernel, geometry, plain)
        compiled_version(correlate)(x, kernel, geometry, fast)
        np.testing.assert_array_equal(fast, plain)
        plain, fast = (one(dy, x, geometry) for one in (correlate_backward, compiled_version(correlate_backward)))
        scale = correlate_backward(abs(dy), abs(x), geometry) + 1  # the sums are rounded in another order
    assert (fast.dtype, fast.shape) == (dtype, kernel.shape)
    some = np.isfinite(scale)
    np.testing.assert_array_equal(fast[~some], plain[~some])
    assert_close(fast[some] / scale[some], plain[some] / scale[some])

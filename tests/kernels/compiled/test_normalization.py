"""Compiled normalization agrees with the reference, also over long rows, whose sums would lose digits in float32."""

import numpy as np
import pytest

from minidl.kernels.normalization import (
    normalize,
    normalize_backward,
    scale_and_center,
    scale_and_center_backward,
)
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

pytestmark = [pytest.mark.filterwarnings("ignore:(invalid value|overflow|Mean of empty|divide by zero):RuntimeWarning")]
compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
SHAPES = [((2, 3, 5), (2,)), ((4, 2, 3), (1, 2)), ((3, 4), (0,)), ((1, 1), (1,)), ((0, 4), (1,)), ((2, 70_001), (1,))]


@pytest.mark.parametrize(("shape", "axes"), SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_normalization_agrees_with_the_reference(shape, axes, dtype):
    random = np.random.default_rng(0)
    x, dx_hat = (random.normal(3, 1, shape).astype(dtype) for _ in range(2))
    x_hat, inverse = normalize(x, axes, 1e-3)
    fast_x_hat, fast_inverse = compiled_version(normalize)(x, axes, 1e-3)
    assert fast_inverse.shape == inverse.shape
    np.testing.assert_allclose(fast_x_hat, x_hat, rtol=1e-5, atol=1e-5)  # the mean's own rounding is 3 * 6e-8
    np.testing.assert_allclose(fast_inverse, inverse, rtol=1e-5)
    dx = normalize_backward(dx_hat, x_hat, inverse, axes)
    np.testing.assert_allclose(compiled_version(normalize_backward)(dx_hat, x_hat, inverse, axes), dx, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_with_nan_or_infinity_is_nan_as_in_the_reference(value):
    x = np.ones((3, 4), "float32")
    x[1, 2] = value
    np.testing.assert_array_equal(compiled_version(normalize)(x, (1,), 1e-3)[0], normalize(x, (1,), 1e-3)[0])


@pytest.mark.parametrize(("shape", "axis"), [((2, 3, 5), 2), ((4, 3), 0), ((1, 1), 1), ((0, 3), 1), ((1000, 7), 1)], ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_scale_and_center_agree_with_the_formulas(shape, axis, dtype):
    random = np.random.default_rng(0)
    dy, x_hat = (strange(random, shape, dtype) if shape[0] < 5 else random.normal(size=shape).astype(dtype) for _ in range(2))
    along = [size if at == axis else 1 for at, size in enumerate(shape)]
    gamma, beta = (random.normal(size=along).astype(dtype) for _ in range(2))
    assert_close(compiled_version(scale_and_center)(x_hat, gamma, beta), x_hat * gamma + beta)
    others = tuple(at for at in range(len(shape)) if at != axis)
    formulas = dy * gamma, (dy * x_hat).sum(axis=others), dy.sum(axis=others)
    for one, other in zip(compiled_version(scale_and_center_backward)(dy, x_hat, gamma, others), formulas, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4 if dtype == "float32" else 1e-12)

"""The positive part, in pieces and at once, compared with `np.maximum`."""

import numpy as np
import pytest

from minidl.kernels.activations.relu import activate, linear, negative_part, positive_part, relu
from minidl.kernels.chunks import CHUNK

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 5), (60, 100), (CHUNK,), (CHUNK + 1,), (2, 3, CHUNK)])
def test_negative_numbers_become_zero_and_x_stays(shape, dtype):
    x = RNG.normal(size=shape).astype(dtype)
    before = x.copy()
    y = positive_part(x)
    assert y.dtype == dtype
    assert y is not x
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("count", [10, 5000, CHUNK + 3])
def test_the_result_may_overwrite_x(count):
    x = RNG.normal(size=count)
    expected = np.maximum(x, 0)
    assert positive_part(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_strides_do_not_matter():
    x = RNG.normal(size=(200, 300)).T
    np.testing.assert_array_equal(positive_part(x), np.maximum(x, 0))
    np.testing.assert_array_equal(negative_part(x), np.minimum(x, 0))
    out = np.empty((300, 400))[:, ::2]
    assert positive_part(x, out=out) is out
    np.testing.assert_array_equal(out, np.maximum(x, 0))


def test_nan_stays_nan():
    x = RNG.normal(size=10_000)
    x[[3, 5000]] = np.nan
    assert np.flatnonzero(np.isnan(positive_part(x))).tolist() == [3, 5000]


@pytest.mark.parametrize("function", [linear, relu])
@pytest.mark.parametrize("shape", [(5, 3), (2, 4, 3), (2, 0, 3), (1, 2, 5, 3), (1, 3), (3, 1), (1, 1), (2, CHUNK // 2, 3)])
def test_the_bias_is_added_along_the_last_axis_in_place(shape, function):
    bias = RNG.normal(size=shape[-1])
    for z in (RNG.normal(size=shape), RNG.normal(size=(*shape[:-2], shape[-1], shape[-2])).swapaxes(-1, -2)):
        expected = function(z + bias)
        assert activate(z, bias, function) is z
        np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("function", [linear, relu])
@pytest.mark.parametrize("size", [1, 3])
def test_the_bias_is_added_to_a_vector_in_place(size, function):
    z, bias = RNG.normal(size=size), RNG.normal(size=size)
    expected = function(z + bias)
    assert activate(z, bias, function) is z
    np.testing.assert_array_equal(z, expected)

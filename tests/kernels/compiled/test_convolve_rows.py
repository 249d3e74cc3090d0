"""Winograd's algorithm, with and without pooling, agrees with the reference, which gets NaN, infinity and overflows."""

import numpy as np
import pytest

from minidl.kernels.compiled import set_compiled
from minidl.kernels.convolution import convolve_backward_input, convolve_rows, is_faster_flipped
from minidl.kernels.geometry import window_geometry
from tests.kernels.compiled.both import compiled_version, dtypes, switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
SHAPES = [(45, 13, 13, 8, 9), (4, 10, 12, 17, 8), (70, 4, 4, 8, 16), (2, 40, 5, 16, 8), (65, 4, 3, 8, 8), (0, 9, 9, 8, 8)]


def convolved(function, x, kernel, geometry, epilogue=None, pool=None):
    geometry = geometry if pool is None else geometry._replace(outputs=pool.needed)
    y = np.full((len(x), *(pool or geometry).outputs, kernel.shape[-1]), 7, x.dtype)
    with np.errstate(all="ignore"):
        function(x, kernel, geometry, 1, epilogue, pool, slice(0, len(x)), y)
    return y


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("pool_strides", [None, (2, 2), (1, 3)])
@pytest.mark.parametrize("dtype", dtypes())
def test_convolutions_agree_with_the_reference(shape, padding, pool_strides, dtype):
    rows, height, width, channels, filters = shape
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, height, width, channels)).astype(dtype)
    kernel = random.normal(size=(3, 3, channels, filters)).astype(dtype)
    geometry = window_geometry((height, width), (3, 3), (1, 1), padding, (1, 1))
    fits = pool_strides is not None and min(geometry.outputs) > 1
    pool = window_geometry(geometry.outputs, (2, 2), pool_strides, "valid", (1, 1)) if fits else None
    plain = convolved(convolve_rows, x, kernel, geometry, lambda y: np.add(y, 1, out=y), pool)
    fast = convolved(compiled_version(convolve_rows), x, kernel, geometry, lambda y: np.add(y, 1, out=y), pool)
    tolerance = 1e-6 * 9 * channels if dtype == "float32" else 1e-12
    np.testing.assert_allclose(fast, plain, rtol=1e-5 if dtype == "float32" else 1e-12, atol=tolerance)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("place", ["x", "kernel"])
def test_nan_infinity_and_overflows_have_the_bits_of_the_reference(value, place):
    random = np.random.default_rng(0)
    given = {"x": random.normal(size=(40, 6, 6, 8)), "kernel": random.normal(size=(3, 3, 8, 8))}
    given = {name: array.astype("float32") for name, array in given.items()}
    given[place].reshape(-1)[77] = value
    geometry = window_geometry((6, 6), (3, 3), (1, 1), "same", (1, 1))
    fast, plain = (convolved(one, **given, geometry=geometry) for one in (compiled_version(convolve_rows), convolve_rows))
    wrong = ~np.isfinite(plain).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(fast[wrong], plain[wrong])
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_the_gradient_of_the_input_is_convolved_too(padding, value):
    random = np.random.default_rng(0)
    geometry = window_geometry((9, 8), (3, 3), (1, 1), padding, (1, 1))
    kernel = random.normal(size=(3, 3, 16, 8)).astype("float32")
    dy = random.normal(size=(20, *geometry.outputs, 8)).astype("float32")
    dy[3, 2, 1, 4] = value
    assert compiled_version(is_faster_flipped)(20, kernel, (9, 8), geometry, 1)
    fast = convolve_backward_input(dy, kernel, (9, 8), geometry)
    set_compiled(False)
    try:
        plain = convolve_backward_input(dy, kernel, (9, 8), geometry)
    finally:
        set_compiled(True)
    np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-4)


def test_rows_of_a_part_are_written_and_no_others():
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(9, 8, 8, 8)).astype("float32"), random.normal(size=(3, 3, 8, 8)).astype("float32")
    geometry = window_geometry((8, 8), (3, 3), (1, 1), "same", (1, 1))
    y = np.full((9, 8, 8, 8), 7, "float32")
    compiled_version(convolve_rows)(x, kernel, geometry, 1, None, None, slice(2, 7), y)
    np.testing.assert_allclose(y[2:7], convolved(convolve_rows, x, kernel, geometry)[2:7], rtol=1e-4, atol=1e-4)
    assert (np.delete(y, slice(2, 7), axis=0) == 7).all()

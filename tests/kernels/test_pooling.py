"""Pooling equals loops over the windows."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np

from minidl.kernels import im2col
from minidl.kernels import pooling as kernels
from minidl.kernels.geometry import window_geometry


def windows(x, geometry):
    """Every window's place, and where in x its elements stand."""
    for window in itertools.product(*map(range, geometry.outputs)):
        at = [w * s - b for w, s, b in zip(window, geometry.strides, geometry.before)]
        yield window, tuple(slice(max(a, 0), a + k) for a, k in zip(at, geometry.kernel))


@hypothesis.given(
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.sampled_from(["valid", "same"]),
)
def test_pooling_equals_its_formula_and_its_backward_pass_is_adjoint(sizes, kernel, strides, padding):
    geometry = window_geometry(sizes, kernel, strides, padding, (1, 1))
    generator = np.random.default_rng(0)
    x = generator.permutation(2 * sizes[0] * sizes[1] * 2).reshape(2, *sizes, 2).astype(float) - 20.0
    y, mean = kernels.max_pool(x, geometry), kernels.average_pool(x, geometry)
    dy = generator.normal(size=y.shape)
    dx, dmean = kernels.max_pool_backward(dy, x, y, geometry), kernels.average_pool_backward(dy, x, geometry)
    expected, spread = np.zeros_like(x), np.zeros_like(x)
    for row, channel in itertools.product(range(2), range(2)):
        for window, place in windows(x, geometry):
            seen = x[(row, *place, channel)]
            assert y[(row, *window, channel)] == seen.max()
            np.testing.assert_allclose(mean[(row, *window, channel)], seen.mean())
            expected[(row, *place, channel)] += dy[(row, *window, channel)] * (seen == seen.max())
            spread[(row, *place, channel)] += dy[(row, *window, channel)] / seen.size
    np.testing.assert_allclose(dx, expected, atol=1e-12)
    np.testing.assert_allclose(dmean, spread, atol=1e-12)


def test_of_equal_values_the_first_gets_the_gradient():
    geometry = window_geometry((2, 2), (2, 2), (2, 2), "valid", (1, 1))
    x = np.ones((1, 2, 2, 1))
    dx = kernels.max_pool_backward(np.ones((1, 1, 1, 1)), x, kernels.max_pool(x, geometry), geometry)
    np.testing.assert_array_equal(dx[0, ..., 0], [[1, 0], [0, 0]])


@hypothesis.given(
    st.tuples(st.integers(2, 7), st.integers(2, 7)), st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(0, 9)
)
def test_of_equal_values_in_a_window_the_first_in_row_major_order_gets_the_gradient(sizes, kernel, seed):
    hypothesis.assume(all(k <= size for k, size in zip(kernel, sizes, strict=True)))
    tiles = window_geometry(sizes, kernel, kernel, "valid", (1, 1))
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 3, (2, *sizes, 2)).astype(float)  # full of equal values
    y = kernels.max_pool(x, tiles)
    dy = generator.normal(size=y.shape)
    expected = np.zeros_like(x)
    for row, channel in itertools.product(range(2), range(2)):
        for window, place in windows(x, tiles):
            seen = x[(row, *place, channel)]
            first = np.unravel_index(seen.argmax(), seen.shape)
            expected[(row, *place, channel)][first] = dy[(row, *window, channel)]
    np.testing.assert_array_equal(kernels.max_pool_backward(dy, x, y, tiles), expected)


def test_a_large_batch_is_pooled_in_chunks_that_do_not_change_the_result():
    geometry = window_geometry((5, 6), (2, 2), (2, 2), "valid", (1, 1))
    x = np.random.default_rng(0).normal(size=(14000, 5, 6, 3))
    assert len(im2col.chunks(slice(0, 14000), 90, kernels._CHUNK)) == 3
    y = kernels.max_pool(x, geometry)
    dx = kernels.max_pool_backward(y, x, y, geometry)
    for part in (slice(at, at + 1000) for at in range(0, 14000, 1000)):  # each one chunk
        np.testing.assert_array_equal(kernels.max_pool(x[part], geometry), y[part])
        np.testing.assert_array_equal(kernels.max_pool_backward(y[part], x[part], y[part], geometry), dx[part])

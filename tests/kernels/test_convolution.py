"""The kernels of convolution equal loops over every number, for any geometry."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.signal

from minidl.kernels import convolution as kernels
from minidl.kernels import im2col
from minidl.kernels.geometry import window_geometry
from minidl.kernels.threads import set_threads


def slow(x, kernel, geometry, groups):
    """A convolution as its formula says, number by number."""
    filters, taken = kernel.shape[-1], kernel.shape[-2]
    y = np.zeros((len(x), *geometry.outputs, filters))
    for row, *window in itertools.product(range(len(x)), *map(range, geometry.outputs)):
        for place in itertools.product(*map(range, geometry.kernel)):
            at = [
                w * s + k * d - b for w, s, k, d, b in zip(window, geometry.strides, place, geometry.dilation, geometry.before)
            ]
            if any(i < 0 or i >= size for i, size in zip(at, x.shape[1:-1])):
                continue
            for f in range(filters):
                first = f // (filters // groups) * taken
                y[(row, *window, f)] += x[(row, *at)][first : first + taken] @ kernel[place][:, f]
    return y


@st.composite
def cases(draw):
    rank = draw(st.integers(1, 2))

    def several(least, most):
        return tuple(draw(st.integers(least, most)) for _ in range(rank))

    kernel, strides, dilation = several(1, 3), several(1, 4), several(1, 2)
    sizes = tuple((k - 1) * d + 1 + draw(st.integers(0, 4)) for k, d in zip(kernel, dilation))
    groups = draw(st.integers(1, 2))
    geometry = window_geometry(sizes, kernel, strides, draw(st.sampled_from(["valid", "same", "causal"])), dilation)
    return sizes, geometry, groups, groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))


def arrays(case):
    sizes, geometry, groups, channels, filters = case
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2, *sizes, channels))
    kernel = generator.normal(size=(*geometry.kernel, channels // groups, filters))
    return x, kernel, generator.normal(size=(2, *geometry.outputs, filters))


@hypothesis.given(cases())
def test_a_convolution_equals_its_formula(case):
    x, kernel, _ = arrays(case)
    np.testing.assert_allclose(kernels.convolve(x, kernel, case[1], case[2]), slow(x, kernel, case[1], case[2]), atol=1e-12)


@hypothesis.given(cases())
def test_both_gradients_are_adjoint_to_the_forward_pass(case):
    x, kernel, dy = arrays(case)
    _, geometry, groups, *_ = case
    forward = (slow(x, kernel, geometry, groups) * dy).sum()
    dx = kernels.convolve_backward_input(dy, kernel, x.shape[1:-1], geometry, groups)
    dkernel = kernels.convolve_backward_kernel(dy, x, geometry, groups)
    assert dx.shape == x.shape
    assert dkernel.shape == kernel.shape
    np.testing.assert_allclose([(dx * x).sum(), (dkernel * kernel).sum()], forward, atol=1e-10)


@hypothesis.given(cases())
def test_the_gradient_of_a_bias_is_the_sum_over_all_windows(case):
    x, _, dy = arrays(case)
    dkernel, dbias = kernels.convolve_backward_weights(dy, x, case[1], case[2])
    np.testing.assert_allclose(dbias, dy.reshape(-1, dy.shape[-1]).sum(axis=0), atol=1e-12)
    np.testing.assert_array_equal(dkernel, kernels.convolve_backward_kernel(dy, x, case[1], case[2]))


@hypothesis.given(cases())
def test_the_epilogue_sees_each_row_once(case):
    x, kernel, _ = arrays(case)
    y = kernels.convolve(x, kernel, case[1], case[2], epilogue=lambda z: np.add(z, 3.0, out=z))
    np.testing.assert_array_equal(y, kernels.convolve(x, kernel, case[1], case[2]) + 3.0)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_convolving_with_the_flipped_kernel_equals_col2im(groups, padding):
    geometry = window_geometry((6, 5), (3, 2), (1, 1), padding, (2, 1))
    _, kernel, dy = arrays(((6, 5), geometry, groups, 4, 6))
    added = kernels._col2im(dy, kernel, (6, 5), geometry, groups)
    flipped = kernels.convolve(dy, kernels._flipped(kernel, groups), geometry.flipped((6, 5)), groups)
    np.testing.assert_allclose(added, flipped, atol=1e-12)


@pytest.mark.parametrize("filters", [1, 16])  # with one filter the flipped kernel is cheaper, with sixteen col2im
def test_a_large_batch_on_two_threads_equals_its_rows_one_by_one(filters):
    geometry = window_geometry((9, 9), (3, 3), (1, 1), "valid", (1, 1))
    generator = np.random.default_rng(0)
    count = 2600 // filters + 20
    assert count * 49 * 72 * filters >= im2col._PARALLEL_FROM  # multiplications
    x, kernel = generator.normal(size=(count, 9, 9, 8)), generator.normal(size=(3, 3, 8, filters))
    dy = generator.normal(size=(count, 7, 7, filters))
    ones = [slice(row, row + 1) for row in range(0, count, count // 8)]
    set_threads(2)
    try:
        y, dx = kernels.convolve(x, kernel, geometry), kernels.convolve_backward_input(dy, kernel, (9, 9), geometry)
        dkernel = kernels.convolve_backward_kernel(dy, x, geometry)
        np.testing.assert_array_equal(dkernel, kernels.convolve_backward_kernel(dy, x, geometry))
    finally:
        set_threads(None)
    for row in ones:
        np.testing.assert_allclose(y[row], kernels.convolve(x[row], kernel, geometry), atol=1e-12)
        alone = kernels.convolve_backward_input(dy[row], kernel, (9, 9), geometry)
        np.testing.assert_allclose(dx[row], alone, atol=1e-12)
    parts = [kernels.convolve_backward_kernel(dy[at : at + 10], x[at : at + 10], geometry) for at in range(0, count, 10)]
    np.testing.assert_allclose(dkernel, sum(parts), atol=1e-9)


def test_a_large_batch_is_unfolded_in_chunks_that_do_not_change_the_result():
    geometry = window_geometry((6, 5), (3, 2), (1, 1), "same", (1, 1))
    generator = np.random.default_rng(0)
    x, kernel, dy = (generator.normal(size=size) for size in ((4000, 6, 5, 3), (3, 2, 3, 2), (4000, 6, 5, 2)))
    assert len(im2col.chunks(slice(0, 4000), 30 * (18 + 2))) == 3
    whole = kernels.convolve(x, kernel, geometry), kernels.convolve_backward_kernel(dy, x, geometry)
    parts = [slice(at, at + 100) for at in range(0, 4000, 100)]  # each one chunk
    joined = np.concatenate([kernels.convolve(x[part], kernel, geometry) for part in parts])
    np.testing.assert_allclose(whole[0], joined, atol=1e-12)
    added = sum(kernels.convolve_backward_kernel(dy[part], x[part], geometry) for part in parts)
    np.testing.assert_allclose(whole[1], added, atol=1e-10)


@pytest.mark.parametrize("mode", ["valid", "same"])
def test_one_channel_is_scipy_s_correlation(mode):
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(7, 8)), generator.normal(size=(3, 3))
    geometry = window_geometry((7, 8), (3, 3), (1, 1), mode, (1, 1))
    y = kernels.convolve(x[np.newaxis, ..., np.newaxis], kernel[..., np.newaxis, np.newaxis], geometry)
    np.testing.assert_allclose(y[0, ..., 0], scipy.signal.correlate(x, kernel, mode), atol=1e-12)

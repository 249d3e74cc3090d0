"""The kernels of convolution equal loops over every number, for any geometry."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.signal

from minidl.kernels import convolution as kernels


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
    several = lambda least, most: tuple(draw(st.integers(least, most)) for _ in range(rank))  # noqa: E731
    kernel, strides, dilation = several(1, 3), several(1, 4), several(1, 2)
    sizes = tuple((k - 1) * d + 1 + draw(st.integers(0, 4)) for k, d in zip(kernel, dilation))
    groups = draw(st.integers(1, 2))
    geometry = kernels.window_geometry(sizes, kernel, strides, draw(st.sampled_from(["valid", "same", "causal"])), dilation)
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
def test_both_ways_back_are_adjoint_to_the_way_forward(case):
    x, kernel, dy = arrays(case)
    _, geometry, groups, *_ = case
    forward = (slow(x, kernel, geometry, groups) * dy).sum()
    dx = kernels.convolve_backward_input(dy, kernel, x.shape[1:-1], geometry, groups)
    dkernel = kernels.convolve_backward_kernel(dy, x, geometry, groups)
    assert dx.shape == x.shape
    assert dkernel.shape == kernel.shape
    np.testing.assert_allclose([(dx * x).sum(), (dkernel * kernel).sum()], forward, atol=1e-10)


@hypothesis.given(cases())
def test_a_depthwise_convolution_is_one_of_as_many_groups_as_channels(case):
    sizes, geometry, _, channels, _ = case
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(2, *sizes, channels)), generator.normal(size=(*geometry.kernel, channels))
    y = kernels.convolve_depthwise(x, kernel, geometry)
    np.testing.assert_allclose(y, slow(x, kernel[..., np.newaxis, :], geometry, channels), atol=1e-12)
    dy = generator.normal(size=y.shape)
    dx, dkernel = kernels.convolve_depthwise_backward(dy, x, kernel, geometry)
    assert dx.shape == x.shape
    np.testing.assert_allclose([(dx * x).sum(), (dkernel * kernel).sum()], (y * dy).sum(), atol=1e-10)
    nothing, alone = kernels.convolve_depthwise_backward(dy, x, kernel, geometry, needs_dx=False)
    assert nothing is None
    np.testing.assert_array_equal(alone, dkernel)


def test_a_large_batch_is_unfolded_in_chunks_that_do_not_change_the_result(monkeypatch):
    geometry = kernels.window_geometry((6, 5), (3, 2), (1, 1), "same", (1, 1))
    x, kernel, dy = arrays(((6, 5), geometry, 1, 3, 2))
    whole = kernels.convolve(x, kernel, geometry), kernels.convolve_backward_kernel(dy, x, geometry)
    monkeypatch.setattr(kernels, "_CHUNK", 1)
    apart = kernels.convolve(x, kernel, geometry), kernels.convolve_backward_kernel(dy, x, geometry)
    for one, other in zip(whole, apart, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("mode", ["valid", "same"])
def test_one_channel_is_scipy_s_correlation(mode):
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(7, 8)), generator.normal(size=(3, 3))
    geometry = kernels.window_geometry((7, 8), (3, 3), (1, 1), mode, (1, 1))
    y = kernels.convolve(x[np.newaxis, ..., np.newaxis], kernel[..., np.newaxis, np.newaxis], geometry)
    np.testing.assert_allclose(y[0, ..., 0], scipy.signal.correlate(x, kernel, mode), atol=1e-12)

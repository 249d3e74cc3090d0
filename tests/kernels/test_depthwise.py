"""The kernels of depthwise convolution equal a convolution of as many groups as channels, and their sum of products."""

import itertools

import hypothesis
import numpy as np
import pytest

from minidl.kernels import depthwise
from minidl.kernels.geometry import window_geometry
from minidl.kernels.threads import set_threads
from tests.kernels.test_convolution import cases, slow

LAYOUTS = {
    "channels last": np.ascontiguousarray,
    "channels first": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, -1, 1)), 1, -1),
    "every second row": lambda a: np.repeat(a, 2, axis=0)[::2],
    "reversed": lambda a: np.flip(np.flip(a).copy()),
}
SHAPES = [  # of x; kernel, strides, padding, dilation
    ((3, 9, 7, 5), (3, 3), (1, 1), "same", (1, 1)),
    ((3, 9, 8, 5), (3, 2), (2, 3), "same", (1, 1)),
    ((2, 9, 8, 1), (2, 3), (1, 1), "valid", (3, 2)),
    ((2, 8, 9, 4), (3, 5), (2, 4), "valid", (3, 2)),
    ((2, 5, 6, 3), (1, 2), (4, 4), "same", (1, 1)),
    ((2, 3, 2, 20000), (2, 2), (1, 1), "same", (1, 1)),
    ((9, 70, 60, 16), (3, 3), (2, 2), "same", (1, 1)),
    ((2, 9000, 5), (4,), (1,), "causal", (3,)),
    ((3, 50, 7), (3,), (2,), "causal", (1,)),
    ((2, 4, 5, 4, 3), (2, 3, 2), (1, 2, 3), "same", (1, 1, 1)),
    ((2, 1, 12000, 3), (2, 2), (2, 2), "same", (1, 1)),
    ((2, 1, 9, 3), (3, 2), (4, 1), "same", (1, 1)),
    ((2, 1, 1, 3), (3, 2), (4, 3), "causal", (1, 3)),
    ((0, 9, 7, 5), (3, 3), (2, 1), "same", (1, 1)),
]


def sums_of_products(x, kernel, dy, geometry):
    """The convolution and its gradients in float64, as the formula says, for each place of the kernel."""
    x, kernel, dy = (array.astype("float64") for array in (x, kernel, dy))
    reach = [max(b + size, need) for b, size, need in zip(geometry.before, x.shape[1:-1], geometry.needed)]
    inside = (slice(None), *(slice(b, b + size) for b, size in zip(geometry.before, x.shape[1:-1])))
    padded = np.zeros((len(x), *reach, x.shape[-1]))
    padded[inside] = x
    y, dpadded, dkernel = np.zeros(dy.shape), np.zeros_like(padded), np.zeros(kernel.shape)
    for k in itertools.product(*map(range, geometry.kernel)):
        starts = [at * step for at, step in zip(k, geometry.dilation)]
        ends = [at + (out - 1) * step + 1 for at, out, step in zip(starts, geometry.outputs, geometry.strides)]
        seen = (slice(None), *map(slice, starts, ends, geometry.strides))
        y += padded[seen] * kernel[k]
        dpadded[seen] += dy * kernel[k]
        dkernel[k] = (padded[seen] * dy).sum(axis=tuple(range(dy.ndim - 1)))
    return y, dpadded[inside], dkernel


@hypothesis.given(cases())
def test_a_depthwise_convolution_is_one_of_as_many_groups_as_channels(case):
    sizes, geometry, _, channels, _ = case
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(2, *sizes, channels)), generator.normal(size=(*geometry.kernel, channels))
    y = depthwise.convolve_depthwise(x, kernel, geometry)
    np.testing.assert_allclose(y, slow(x, kernel[..., np.newaxis, :], geometry, channels), atol=1e-12)
    dy = generator.normal(size=y.shape)
    dx, dkernel = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry)
    assert dx.shape == x.shape
    np.testing.assert_allclose([(dx * x).sum(), (dkernel * kernel).sum()], (y * dy).sum(), atol=1e-10)
    nothing, alone = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry, needs_dx=False)
    assert nothing is None
    np.testing.assert_array_equal(alone, dkernel)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_convolutions_and_gradients_are_sums_of_products(case, layout, dtype):
    shape, size, strides, padding, dilation = case
    generator = np.random.default_rng(0)
    geometry = window_geometry(shape[1:-1], size, strides, padding, dilation)
    given = (shape, (*size, shape[-1]), (shape[0], *geometry.outputs, shape[-1]))
    x, kernel, dy = (LAYOUTS[layout](generator.normal(size=one).astype(dtype)) for one in given)
    y = depthwise.convolve_depthwise(x, kernel, geometry)
    dx, dkernel = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    for found, expected in zip((y, dx, dkernel), sums_of_products(x, kernel, dy, geometry)):
        assert (found.shape, found.dtype) == (expected.shape, dtype)
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(1, abs(expected).max(initial=0)))


def test_two_threads_compute_the_same_bits_as_one():
    generator = np.random.default_rng(0)
    x, kernel = (generator.normal(size=size).astype("float32") for size in ((40, 32, 32, 16), (3, 3, 16)))
    geometry = window_geometry((32, 32), (3, 3), (1, 1), "same", (1, 1))
    results = []
    try:
        for number in (1, 2):
            set_threads(number)
            gradients = depthwise.convolve_depthwise_backward(x, x, kernel, geometry)
            results.append((depthwise.convolve_depthwise(x, kernel, geometry), *gradients))
    finally:
        set_threads(None)
    for one, two in zip(*results):
        np.testing.assert_array_equal(one, two)


def test_the_epilogue_changes_every_row_once():
    x = np.ones((70, 32, 32, 16), "float32")
    geometry = window_geometry((32, 32), (1, 1), (1, 1), "valid", (1, 1))
    y = depthwise.convolve_depthwise(x, np.ones((1, 1, 16), "float32"), geometry, lambda part: np.add(part, 1, out=part))
    assert (y == 2).all()
    assert (x == 1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("size", "strides"), [(1, 2), (3, 2), (2, 3)])
def test_strange_inputs_affect_the_gradients_of_the_places_that_meet_them_alone(value, size, strides):
    generator = np.random.default_rng(0)
    geometry = window_geometry((11, 9), (size, size), (strides, strides), "valid", (1, 1))
    kernel = generator.normal(size=(size, size, 3)).astype("float32")
    dy = generator.uniform(1, 2, size=(2, *geometry.outputs, 3)).astype("float32")
    for place in np.ndindex(4, 4):
        x = generator.normal(size=(2, 11, 9, 3)).astype("float32")
        x[(1, *place, 1)] = value
        with np.errstate(invalid="ignore"):
            expected = sums_of_products(x, kernel, dy, geometry)[2]
            dkernel = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry)[1]
        np.testing.assert_allclose(dkernel, expected, rtol=1e-4, atol=1e-4)

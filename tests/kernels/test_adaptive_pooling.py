"""Adaptive pooling, which goes axis by axis, against a loop over all windows."""

import numpy as np
import pytest

from minidl.kernels.adaptive_pooling import adaptive_average, adaptive_average_backward, adaptive_max, adaptive_max_backward


def naive(x, output_size, reduce):
    y = np.empty((len(x), *output_size, x.shape[-1]))
    for place in np.ndindex(output_size):
        window = [
            slice(at * size // count, -(-(at + 1) * size // count))
            for at, size, count in zip(place, x.shape[1:-1], output_size, strict=True)
        ]
        y[(slice(None), *place)] = reduce(x[(slice(None), *window)], axis=tuple(range(1, x.ndim - 1)))
    return y


CASES = [((5,), (2,)), ((3,), (7,)), ((6, 5), (4, 2)), ((4, 4), (4, 4)), ((8, 6), (2, 3)), ((5, 4, 3), (2, 4, 1))]


@pytest.mark.parametrize(("sizes", "output_size"), CASES)
@pytest.mark.parametrize("batch", [0, 2])
def test_means_and_maxima_are_those_of_each_window(sizes, output_size, batch):
    x = np.random.default_rng(0).normal(size=(batch, *sizes, 3))
    np.testing.assert_allclose(adaptive_average(x, output_size), naive(x, output_size, np.mean), rtol=1e-12)
    np.testing.assert_array_equal(adaptive_max(x, output_size), naive(x, output_size, np.max))


@pytest.mark.parametrize(("sizes", "output_size"), CASES)
def test_gradients_are_the_derivatives_of_a_weighted_sum_of_the_output(sizes, output_size):
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(1, *sizes, 1)), rng.normal(size=(1, *output_size, 1))
    steps = 1e-6 * np.eye(x.size).reshape(x.size, *x.shape[1:])
    for forward, dx in (
        (adaptive_average, adaptive_average_backward(dy, x.shape)),
        (adaptive_max, adaptive_max_backward(dy, x, adaptive_max(x, output_size))),
    ):
        numeric = [(dy * (forward(x + s[None], output_size) - forward(x - s[None], output_size))).sum() / 2e-6 for s in steps]
        np.testing.assert_allclose(dx.reshape(-1), numeric, rtol=1e-5, atol=1e-8)


def test_nan_and_infinity_affect_only_the_windows_that_contain_them():
    x = np.zeros((1, 4, 6, 2), "float32")
    x[0, 1, 2, 0], x[0, 3, 5, 1] = np.nan, np.inf
    for pool, reduce in ((adaptive_average, np.mean), (adaptive_max, np.max)):
        np.testing.assert_array_equal(pool(x, (2, 3)), naive(x, (2, 3), reduce))

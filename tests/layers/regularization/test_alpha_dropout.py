"""`AlphaDropout`: standardised inputs stay standardised, and what is dropped takes selu's lowest value."""

import numpy as np
import pytest

from minidl import Sequential
from minidl.activations import selu
from minidl.layers import AlphaDropout, Dense

LOWEST = float(selu(np.float64(-1e3)))


def line(rate):
    """Slope and offset of what comes out."""
    a = ((1 - rate) * (1 + rate * LOWEST**2)) ** -0.5
    return a, -a * rate * LOWEST


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mean_zero_and_variance_one_are_kept(rate, dtype, rng):
    x = rng.standard_normal((500, 800)).astype(dtype)
    y = AlphaDropout(rate, seed=1, dtype=dtype)(x, training=True)
    assert y.dtype == dtype
    assert abs(y.mean(dtype="float64")) < 0.01
    assert abs(y.var(dtype="float64") - 1.0) < 0.015


def test_a_deep_self_normalizing_network_keeps_mean_zero_and_variance_one(rng):
    blocks = [[Dense(300, "selu", kernel_initializer="lecun_normal"), AlphaDropout(0.1)] for _ in range(6)]
    y = Sequential([layer for block in blocks for layer in block])(rng.standard_normal((600, 300)), training=True)
    assert abs(y.mean()) < 0.1
    assert abs(y.var() - 1.0) < 0.15


@pytest.mark.parametrize("rate", [0.2, 0.7])
def test_the_stated_fraction_gets_the_lowest_value_and_all_is_scaled_and_shifted(rate, rng):
    x = rng.standard_normal((200, 500))
    y = AlphaDropout(rate, seed=1, dtype="float64")(x, training=True)
    a, b = line(rate)
    dropped = np.isclose(y, a * LOWEST + b, atol=1e-12)
    np.testing.assert_allclose(dropped.mean(), rate, atol=0.01)
    np.testing.assert_allclose(y[~dropped], a * x[~dropped] + b, rtol=1e-12)


def test_inference_and_rate_zero_change_nothing(rng):
    x = rng.standard_normal((3, 4)).astype("float32")
    np.testing.assert_array_equal(AlphaDropout(0.5)(x), x)
    np.testing.assert_array_equal(AlphaDropout(0.0)(x, training=True), x)


def test_the_gradient_passes_only_where_the_input_did(rng, check_gradients):
    layer, x, dy = AlphaDropout(0.4, seed=2, dtype="float64"), rng.standard_normal((5, 6)), rng.standard_normal((5, 6))
    y, cache, _ = layer._forward(x, training=True)
    layer._forward(x, training=True)  # a later draw does not disturb the first
    dx = layer._backward(dy, cache)
    a, b = line(0.4)
    dropped = np.isclose(y, a * LOWEST + b, atol=1e-12)
    assert 0 < dropped.sum() < dropped.size
    np.testing.assert_allclose(dx, np.where(dropped, 0.0, a * dy), rtol=1e-12)
    check_gradients(layer, x)


@pytest.mark.parametrize("noise_shape", [(None, 1, 4), (3, 1, 4), [None, 1, None]])
def test_an_axis_of_size_one_shares_its_draw(noise_shape, check_gradients, rng):
    y = AlphaDropout(0.5, noise_shape, seed=1)(np.ones((3, 5, 4)), training=True)
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2
    check_gradients(AlphaDropout(0.5, noise_shape, seed=1, dtype="float64"), rng.standard_normal((3, 5, 4)))


def test_the_same_seed_draws_the_same():
    x = np.ones((8, 8))
    one, again, other = (AlphaDropout(0.5, seed=seed)(x, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("rate", [-0.1, 1.0, "half", None, float("nan")])
def test_a_rate_outside_zero_to_one_raises_an_error(rate):
    with pytest.raises(ValueError, match=r"AlphaDropout expects rate to be a number in \[0, 1\), got"):
        AlphaDropout(rate)


def test_a_noise_shape_that_does_not_fit_raises_an_error():
    with pytest.raises(ValueError, match="AlphaDropout expects noise_shape to hold positive integers or None, got"):
        AlphaDropout(0.5, (0, 1))
    with pytest.raises(ValueError, match='AlphaDropout "a" has noise_shape .* does not broadcast to its input'):
        AlphaDropout(0.5, (None, 2), name="a")(np.ones((4, 3)), training=True)

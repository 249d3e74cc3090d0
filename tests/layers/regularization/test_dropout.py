"""`Dropout`: the share it drops, its mask in both passes, its draws."""

import copy

import numpy as np
import pytest

from minidl import Input, Model
from minidl.config.randomness import set_random_seed
from minidl.layers import AlphaDropout, Dropout


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_stated_fraction_is_dropped_and_the_mean_is_kept(rate, dtype):
    y = Dropout(rate, seed=1, dtype=dtype)(np.ones((200, 500), dtype), training=True)
    assert y.dtype == dtype
    np.testing.assert_allclose((y == 0).mean(), rate, atol=0.01)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_inference_and_rate_zero_change_nothing(rng):
    x = rng.standard_normal((3, 4)).astype("float32")
    np.testing.assert_array_equal(Dropout(0.5)(x), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, training=True), x)


def test_rate_one_gives_zero_output_and_gradient(rng):
    layer, x = Dropout(1), rng.standard_normal((3, 4))
    y, cache, _ = layer._forward(x, training=True)
    np.testing.assert_array_equal(y, np.zeros((3, 4)))
    np.testing.assert_array_equal(layer._backward(x, cache), np.zeros((3, 4)))


@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_the_mean_is_kept_and_the_variance_follows_the_formula(rate, rng):
    x = 0.5 + 2.0 * rng.standard_normal((600, 700))
    y = Dropout(rate, seed=1, dtype="float64")(x, training=True)
    np.testing.assert_allclose(y.mean(), x.mean(), atol=0.02)
    np.testing.assert_allclose(y.var(), (np.square(x).mean() / (1 - rate)) - x.mean() ** 2, rtol=0.02)


def test_the_gradient_passes_through_the_same_mask(rng, check_gradients):
    layer = Dropout(0.4, seed=2, dtype="float64")
    y, cache, _ = layer._forward(np.ones((5, 6)), training=True)
    layer._forward(np.ones((5, 6)), training=True)  # a later draw does not disturb the first
    dy = rng.standard_normal((5, 6))
    np.testing.assert_array_equal(layer._backward(dy, cache), dy * y)
    check_gradients(layer, rng.standard_normal((5, 6)))


@pytest.mark.parametrize("noise_shape", [(None, 1, 4), (3, 1, 4), [None, 1, None]])
def test_an_axis_of_size_one_shares_its_draw(noise_shape, rng, check_gradients):
    y = Dropout(0.5, noise_shape, seed=1)(np.ones((3, 5, 4)), training=True)
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2
    check_gradients(Dropout(0.5, noise_shape, seed=1, dtype="float64"), rng.standard_normal((3, 5, 4)))


def test_a_seed_repeats_the_draws_and_calls_differ():
    x = np.ones((8, 8))
    one, other = Dropout(0.5, seed=3), Dropout(0.5, seed=3)
    first = one(x, training=True)
    np.testing.assert_array_equal(first, other(x, training=True))
    assert (one(x, training=True) != first).any()


def test_the_process_seed_and_copies_repeat_the_draws():
    x = np.ones((8, 8))
    set_random_seed(5)
    layer = Dropout(0.5)
    copied = copy.deepcopy(layer)
    first = layer(x, training=True)
    np.testing.assert_array_equal(copied(x, training=True), first)
    set_random_seed(5)
    np.testing.assert_array_equal(Dropout(0.5)(x, training=True), first)


@pytest.mark.parametrize("rate", [-0.1, 1.5, "half", None, float("nan"), True])
def test_a_rate_outside_zero_to_one_raises_an_error(rate):
    with pytest.raises(ValueError, match=r"Dropout expects rate to be a number in \[0, 1\], got"):
        Dropout(rate)


@pytest.mark.parametrize("noise_shape", [(0, 1), (1.5,), "ab", (True, 1)])
def test_a_noise_shape_of_anything_but_sizes_raises_an_error(noise_shape):
    with pytest.raises(ValueError, match="Dropout expects noise_shape"):
        Dropout(0.5, noise_shape)


@pytest.mark.parametrize("noise_shape", [(None, 2), (4,), (4, 1, 3)])
def test_a_noise_shape_that_does_not_broadcast_raises_an_error(noise_shape):
    with pytest.raises(ValueError, match="does not broadcast to its input"):
        Dropout(0.5, noise_shape)(np.ones((4, 3)), training=True)


@pytest.mark.parametrize("kind", [Dropout, AlphaDropout])
@pytest.mark.parametrize("noise_shape", [(4,), (1,), (5, 4), (5, 1), (None, 4), (1, 5, 1), ()])
def test_a_noise_shape_of_fewer_axes_belongs_to_the_last_ones(kind, noise_shape):
    x = np.ones((3, 5, 4))
    y = kind(0.5, noise_shape=noise_shape, seed=0)(x, training=True)
    whole = kind(0.5, noise_shape=(1,) * (3 - len(noise_shape)) + noise_shape, seed=0)(x, training=True)
    np.testing.assert_array_equal(y, whole)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:1], y.shape))
    start = Input((5, 4))
    assert Model(start, kind(0.5, noise_shape=noise_shape)(start)).predict(x).shape == x.shape

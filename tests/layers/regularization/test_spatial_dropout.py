"""`SpatialDropout1D`, `2D`, `3D`: whole channels are dropped, the mean stays, and each row has its own draw."""

import numpy as np
import pytest

from minidl import layers

# rank -> an input's shape, channels last
SHAPES = {1: (300, 3, 200), 2: (300, 2, 3, 200), 3: (300, 2, 1, 3, 200)}
FORMS = [(1, None), (2, "channels_last"), (2, "channels_first"), (3, "channels_last"), (3, "channels_first")]
each_form = pytest.mark.parametrize(("rank", "data_format"), FORMS)


def make(rank, data_format=None, rate=0.3, **arguments):
    if data_format is not None:
        arguments["data_format"] = data_format
    return getattr(layers, f"SpatialDropout{rank}D")(rate, **arguments)


def in_format(x, data_format):
    return np.moveaxis(x, -1, 1) if data_format == "channels_first" else x


@each_form
def test_whole_channels_are_dropped_and_the_others_scaled_up(rank, data_format):
    y = make(rank, data_format, seed=1)(in_format(np.ones(SHAPES[rank], "float32"), data_format), training=True)
    assert y.dtype == "float32"
    by_channel = (np.moveaxis(y, 1, -1) if data_format == "channels_first" else y).reshape(300, -1, 200)
    assert (by_channel == by_channel[:, :1]).all()
    kept = by_channel[:, 0]  # (rows, channels)
    np.testing.assert_allclose((kept == 0).mean(), 0.3, atol=0.01)
    np.testing.assert_allclose(kept[kept != 0], 1 / 0.7, rtol=1e-6)
    np.testing.assert_allclose(y.mean(), 1.0, atol=0.01)
    assert (kept != kept[0]).any()  # rows
    np.testing.assert_allclose((kept == 0).mean(axis=0), 0.3, atol=0.15)  # no channel is preferred


@each_form
def test_inference_and_rate_zero_change_nothing_and_rate_one_gives_zeros(rank, data_format, rng):
    x = rng.standard_normal(SHAPES[rank]).astype("float32")
    np.testing.assert_array_equal(make(rank, data_format)(x), x)
    np.testing.assert_array_equal(make(rank, data_format, rate=0.0)(x, training=True), x)
    np.testing.assert_array_equal(make(rank, data_format, rate=1)(x, training=True), np.zeros_like(x))


@each_form
def test_the_gradient_passes_through_the_same_mask(rank, data_format, rng, check_gradients):
    shape = (3, *(2,) * rank, 4)
    layer = make(rank, data_format, seed=2, dtype="float64")
    y, cache, _ = layer._forward(np.ones(shape), training=True)
    layer._forward(np.ones(shape), training=True)  # a later draw does not disturb the first
    dy = rng.standard_normal(shape)
    np.testing.assert_array_equal(layer._backward(dy, cache), dy * y)
    check_gradients(layer, rng.standard_normal(shape))


@pytest.mark.parametrize("rank", SHAPES)
def test_the_same_seed_drops_the_same_channels(rank):
    x = np.ones(SHAPES[rank])
    one, again, other = (make(rank, seed=seed)(x, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("rate", [-0.1, 1.5, "half", None, float("nan")])
def test_a_rate_outside_zero_to_one_raises_an_error(rank, rate):
    with pytest.raises(ValueError, match=rf"SpatialDropout{rank}D expects rate to be a number in \[0, 1\], got"):
        make(rank, rate=rate)


@pytest.mark.parametrize("rank", SHAPES)
def test_another_rank_raises_an_error_with_the_axes_that_are_expected(rank):
    axes = ("steps", "height, width", "depth, height, width")[rank - 1]
    with pytest.raises(ValueError, match=rf'SpatialDropout{rank}D "s" expects inputs of shape \(batch, {axes}, channels\)'):
        make(rank, name="s")(np.ones((2, 3)), training=True)


def test_an_unknown_data_format_raises_an_error():
    with pytest.raises(ValueError, match="SpatialDropout2D expects data_format to be one of"):
        make(2, "last")


@pytest.mark.parametrize("seed", [1.5, "a", -1, True])
def test_every_random_layer_raises_an_error_for_a_seed_that_is_not_an_integer(seed):
    for name in ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D"):
        with pytest.raises(ValueError, match=f"a random seed is an integer of at least 0, got {seed!r}"):
            getattr(layers, name)(0.5, seed=seed)

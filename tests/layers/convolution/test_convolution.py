"""Convolutional layers: what raises an error, sizes that are not known, and pairs of layers that must agree."""

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential
from minidl.layers import Conv1D, Conv2D, Conv2DTranspose, Conv3D, Dense, DepthwiseConv2D, Flatten, SeparableConv2D

IMAGES = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), "filters to be a positive integer, got 0"),
        (lambda: Conv2D(2, (3, 3, 3)), "kernel_size to be an integer, or a tuple of 2, at least 1, got"),
        (lambda: Conv2D(2, 3, padding="causal"), "padding to be one of 'valid', 'same', got 'causal'"),
        (lambda: Conv2D(2, 3, strides=2, dilation_rate=2), "strides or a dilation_rate above 1, not both"),
        (lambda: Conv2D(3, 3, groups=2), "groups to divide its filters, got groups=2 and filters=3"),
        (lambda: Conv2D(2, 3, data_format="nhwc"), "data_format to be one of"),
        (lambda: Conv2DTranspose(2, 3, strides=2, output_padding=2), "output_padding to be smaller than strides"),
        (lambda: DepthwiseConv2D(3, depth_multiplier=0), "depth_multiplier to be a positive integer"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2D(2, 3), (2, 28, 28), r'Conv2D "conv\w*" expects inputs of shape \(batch, height, width, channels\).*newaxis'),
        (Conv2D(2, 7), (2, 5, 6, 3), r"windows of \(7, 7\), larger than its inputs of \(5, 6\).*smaller kernel_size"),
        (Conv1D(2, 3, dilation_rate=3), (2, 6, 3), r"windows of \(7,\), larger than its inputs of \(6,\)"),
        (Conv2D(4, 3, groups=2), (2, 5, 6, 3), "groups to divide its input's 3 channels, got groups=2"),
        (Conv2D(4, 3), (None, 5, 6, None), "needs to know its input's number of channels"),
        *[
            (kind, (2, *[5] * rank, 0), "needs to know its input's number of channels, at least 1, got shape")
            for rank in (1, 2, 3)
            for kind in (getattr(minidl.layers, f"Conv{rank}D{end}")(2, 3) for end in ("", "Transpose"))
        ],
        (SeparableConv2D(4, 3), (2, 5, 6, 0), "number of channels, at least 1"),
        (minidl.layers.DepthwiseConv1D(3), (2, 5, 0), "number of channels, at least 1"),
        (SeparableConv2D(4, 7), (2, 5, 6, 3), "smaller"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build_for(shape)


def test_another_number_of_channels_than_before_raises_an_error():
    layer = Conv2D(2, 3)
    layer(IMAGES)
    with pytest.raises(ValueError, match="expects 3 channels, got 1 in shape"):
        layer(IMAGES[..., :1])


def test_unknown_sizes_stay_unknown():
    assert Conv2D(4, 3, strides=2).compute_output_shape((None, None, 9, 3)) == (None, None, 4, 4)
    assert Conv2DTranspose(4, 3, strides=2).compute_output_shape((None, None, 4, 3)) == (None, None, 9, 4)
    model = Sequential([Input((None, None, 3)), Conv2D(2, 3)])
    assert model.predict(IMAGES).shape == (2, 3, 4, 2)
    assert model.predict(np.ones((1, 9, 9, 3))).shape == (1, 7, 7, 2)


@pytest.mark.parametrize(("layer", "channels"), [(DepthwiseConv2D(3, depth_multiplier=2), 6), (SeparableConv2D(4, 3), 4)])
def test_the_output_shape_is_known_before_the_layer_is_built(layer, channels):
    assert layer.compute_output_shape((None, 5, None, 3)) == (None, 3, None, channels)
    assert not layer.built


def test_channels_first_is_channels_last_with_the_axis_moved():
    last, first = (
        Conv2D(4, 3, strides=2, activation="tanh"),
        Conv2D(4, 3, strides=2, activation="tanh", data_format="channels_first"),
    )
    y = last(IMAGES)
    first.build((2, 3, 5, 6))
    first.set_weights(last.get_weights())
    np.testing.assert_array_equal(first(np.moveaxis(IMAGES, -1, 1)), np.moveaxis(y, -1, 1))


def test_a_kernel_of_size_one_is_a_dense_layer_at_every_position():
    conv, dense = Conv2D(4, 1), Dense(4)
    y = dense(IMAGES)
    conv.build(IMAGES.shape)
    conv.set_weights([dense.kernel.value.reshape(1, 1, 3, 4), dense.bias.value])
    np.testing.assert_allclose(conv(IMAGES), y, rtol=1e-5, atol=1e-6)


def test_a_causal_convolution_sees_nothing_of_the_future():
    layer, x = Conv1D(3, 3, padding="causal", dilation_rate=2), np.random.default_rng(0).normal(size=(1, 9, 2))
    before = layer(x)
    x[:, 5:] += 1.0
    np.testing.assert_array_equal(layer(x)[:, :5], before[:, :5])
    assert np.abs(layer(x)[:, 5:] - before[:, 5:]).min() > 0


def test_a_volume_of_depth_one_is_an_image():
    flat, deep = Conv2D(4, 3), Conv3D(4, (1, 3, 3))
    y = flat(IMAGES)
    deep.build((2, 1, 5, 6, 3))
    deep.set_weights([flat.kernel.value[np.newaxis], flat.bias.value])
    np.testing.assert_allclose(deep(IMAGES[:, np.newaxis])[:, 0], y, rtol=1e-5, atol=1e-6)


def test_a_small_convnet_learns_the_position_of_a_bar():
    generator = np.random.default_rng(0)
    x, y = 0.1 * generator.normal(size=(200, 8, 8, 1)), generator.integers(2, size=200)
    for image, upright in zip(x, y, strict=True):
        at = generator.integers(8)
        image[(slice(None), at) if upright else at] += 1.0
    model = Sequential([Conv2D(8, 3, activation="relu"), Flatten(), Dense(2, "softmax")])
    model.fit(x, y, epochs=25, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.97
